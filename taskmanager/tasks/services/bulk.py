"""Several edits in one go, each for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from taskmanager.accounts.models import User
from taskmanager.errors import DomainError
from taskmanager.tasks.models import Epic, Sprint, SprintMembership, Task
from taskmanager.tasks.services.sprints import edit_task_and_plan
from taskmanager.tasks.services.tasks import edit_task


@dataclass(frozen=True)
class Edit:
    """What one task is to become: fields as `edit_task` takes them, and `sprints`; from which version on."""

    task: Task
    wanted: dict[str, Any]
    version: int | None = None


@transaction.atomic
def edit_tasks(edits: Sequence[Edit], *, actor: User) -> dict[int, DomainError]:
    """Change each task as `edit_task` does, and `edit_task_and_plan` where sprints are wanted, in the given order.

    Each has a savepoint of its own: one that is refused leaves the others as they are. Return what refused a task, by
    the task's id; those that are missing there were changed.
    """
    _hold(edits)
    refused: dict[int, DomainError] = {}
    for edit in edits:
        try:
            change = edit_task_and_plan if "sprints" in edit.wanted else edit_task
            change(edit.task, actor=actor, version=edit.version, **edit.wanted)
        except DomainError as error:
            refused[edit.task.pk] = error
    return refused


def _hold(edits: Sequence[Edit]) -> None:
    """Lock all that the edits will lock, kind by kind as one edit does, and each kind by its ids.

    Taken one edit after the other, two calls with the same tasks in different orders would wait for each other.
    """
    planned = [edit for edit in edits if "sprints" in edit.wanted]
    sprints = {sprint.pk for edit in planned for sprint in edit.wanted["sprints"]}
    there = SprintMembership.objects.open().filter(task__in=[edit.task.pk for edit in planned])
    sprints |= set(there.values_list("sprint", flat=True))
    epics = {edit.wanted["epic"].pk for edit in edits if edit.wanted.get("epic")}
    tasks = Task.objects.filter(pk__in=[edit.task.pk for edit in edits])
    for rows in (
        Sprint.objects.filter(pk__in=sprints).select_for_update(),
        tasks.select_for_update(no_key=True),
        Epic.objects.filter(pk__in=epics).select_for_update(no_key=True),
    ):
        list(rows.order_by("pk").values_list("pk", flat=True))
