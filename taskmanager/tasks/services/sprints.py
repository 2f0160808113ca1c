"""Creating, editing and deleting sprints; planning tasks into them, and taking them out."""

import datetime
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.errors import DomainError, NotFound
from taskmanager.tasks.models import Activity, Epic, Project, Sprint, SprintMembership, Task
from taskmanager.tasks.permissions import require
from taskmanager.tasks.services.epics import lock_epic
from taskmanager.tasks.services.merging import merge, settled, starting_version
from taskmanager.tasks.services.tasks import create_task, edit_task
from taskmanager.tasks.services.writing import record_plan, write_plan


class EndNotAfterStart(DomainError):
    """The sprint would be over before it began."""

    field = "end_date"
    message = "A sprint ends after the day on which it starts."


class SprintHasEnded(DomainError):
    """It takes no more tasks."""

    field = "sprints"
    message = "This sprint has ended. Plan the task into one that is still open."


class SprintNotActive(DomainError):
    """Tasks are created in a sprint only while it runs."""

    field = "sprints"
    message = "A task can be created in a sprint only while the sprint is active."


class TaskNotInSprint(DomainError):
    """There is nothing to remove."""

    message = "The task isn't in this sprint."


class OtherProject(DomainError):
    """The task belongs on another board."""

    field = "sprints"
    message = "A sprint takes tasks of its own project only."


@transaction.atomic
def create_sprint(
    project: Project,
    *,
    actor: User,
    name: str,
    start_date: datetime.date,
    end_date: datetime.date,
    description: str = "",
    epic: Epic | None = None,
) -> Sprint:
    """Make a sprint of the project. Raises EndNotAfterStart, NotAllowed, NotFound."""
    require(actor, "tasks.add_sprint", project.organization_id)
    lock_epic(epic, project.organization_id)
    if end_date <= start_date:
        raise EndNotAfterStart
    sprint = Sprint.objects.create(
        organization_id=project.organization_id,
        project=project,
        name=name,
        description=description,
        start_date=start_date,
        end_date=end_date,
        epic=epic,
        creator=actor,
    )
    record_plan(sprint, actor, Activity.Verb.CREATED, {})
    return sprint


@transaction.atomic
def edit_sprint(sprint: Sprint, *, actor: User, version: int | None, is_strict: bool = False, **wanted: Any) -> Sprint:
    """Change the fields that `wanted` names: name, description, start_date, end_date, epic.

    Merges and refuses as `edit_task` does.
    Raises EditConflict, OtherVersion, UnknownVersion, EndNotAfterStart, NotAllowed, NotFound.
    """
    require(actor, "tasks.change_sprint", sprint.organization_id)
    sprint = _locked(sprint)
    version = starting_version(sprint, version, is_strict=is_strict)
    lock_epic(wanted.get("epic"), sprint.organization_id)
    changes = settled(sprint, merge(sprint, version, wanted))
    if not changes:
        return sprint
    if changes.get("end_date", sprint.end_date) <= changes.get("start_date", sprint.start_date):
        raise EndNotAfterStart
    write_plan(sprint, changes, actor)
    return sprint


def set_sprint_epic(sprint: Sprint, *, epic: Epic | None, actor: User) -> Sprint:
    """Say which epic the sprint is about, or that it is about none. Raises NotAllowed, NotFound."""
    require(actor, "tasks.change_sprint", sprint.organization_id)
    with transaction.atomic():
        version = _locked(sprint).version
        return edit_sprint(sprint, actor=actor, version=version, epic=epic)


@transaction.atomic
def delete_sprint(sprint: Sprint, *, actor: User) -> None:
    """Delete a sprint for good; its tasks stay. Raises NotAllowed, NotFound."""
    require(actor, "tasks.delete_sprint", sprint.organization_id)
    sprint = _locked(sprint)
    sprint.version += 1
    record_plan(sprint, actor, Activity.Verb.DELETED, {"name": [sprint.name, None]})
    sprint.delete()


def plan_task(task: Task, *, sprint: Sprint, actor: User) -> SprintMembership:
    """Plan a task into a sprint; one that is in it already stays as it is. Raises as `plan_tasks`."""
    plan_tasks(sprint, tasks=[task], actor=actor)
    return SprintMembership.objects.open().get(sprint=sprint, task=task)


@transaction.atomic
def plan_tasks(sprint: Sprint, *, tasks: Collection[Task], actor: User) -> list[Task]:
    """Plan tasks into a sprint, all or none; return those that weren't in it before.

    Raises SprintHasEnded, OtherProject, NotAllowed, NotFound.
    """
    require(actor, "tasks.change_sprint", sprint.organization_id)
    # Whoever plans into this sprint, or deletes it, waits here: so a task can't come in twice.
    sprint = _locked(sprint)
    if sprint.has_ended(timezone.localdate()):
        raise SprintHasEnded
    return _plan(sprint, {task.pk for task in tasks}, actor)


@transaction.atomic
def remove_task_from_sprint(task: Task, *, sprint: Sprint, actor: User) -> SprintMembership:
    """Take a task out of a sprint; that it was in it is kept. Raises TaskNotInSprint, NotAllowed, NotFound."""
    require(actor, "tasks.change_sprint", sprint.organization_id)
    sprint = _locked(sprint)
    [task] = _locked_tasks(sprint, {task.pk})
    membership = SprintMembership.objects.open().filter(sprint=sprint, task=task).first()
    if membership is None:
        raise TaskNotInSprint
    membership.removed_at, membership.removed_by = timezone.now(), actor
    membership.save(update_fields=["removed_at", "removed_by"])
    _tell(sprint, [task], actor, Activity.Verb.REMOVED)
    return membership


@transaction.atomic
def create_task_in_sprint(sprint: Sprint, *, actor: User, **fields: Any) -> Task:
    """Make a task that is in the sprint from the start, or none at all; `fields` are those of `create_task`.

    Raises SprintNotActive, and what `create_task` raises.
    """
    require(actor, "tasks.add_task", sprint.organization_id)
    sprint = _locked(sprint)
    if not sprint.is_active(timezone.localdate()):
        raise SprintNotActive
    task = create_task(sprint.project, actor=actor, **fields)
    [planned] = _plan(sprint, {task.pk}, actor)
    return planned


@transaction.atomic
def create_task_in_sprints(project: Project, *, sprints: Collection[Sprint], actor: User, **fields: Any) -> Task:
    """Make a task that is in each of these active sprints from the start, or none; `fields` are those of `create_task`.

    Raises SprintNotActive, OtherProject, and what `create_task` raises.
    """
    require(actor, "tasks.add_task", project.organization_id)
    held = _held(sprints)
    if not all(sprint.is_active(timezone.localdate()) for sprint in held):
        raise SprintNotActive
    task = create_task(project, actor=actor, **fields)
    for sprint in held:
        [task] = _plan(sprint, {task.pk}, actor)
    return task


@transaction.atomic
def edit_task_and_plan(
    task: Task, *, sprints: Collection[Sprint], actor: User, version: int | None, is_strict: bool = False, **wanted: Any
) -> Task:
    """Change a task as `edit_task` does, and let it be in exactly these sprints: both or neither.

    Raises SprintHasEnded for one that it isn't in already, OtherProject, and what `edit_task` raises.
    """
    there = set(task.sprints.values_list("pk", flat=True))
    held = {sprint.pk: sprint for sprint in _held([*sprints, *Sprint.objects.filter(pk__in=there)])}
    task = edit_task(task, actor=actor, version=version, is_strict=is_strict, **wanted)
    # Asked again under the locks, without which somebody else could plan it meanwhile.
    there = set(task.sprints.values_list("pk", flat=True))
    chosen = {sprint.pk for sprint in sprints}
    for pk in sorted(chosen - there):
        plan_task(task, sprint=held[pk], actor=actor)
    for sprint in Sprint.objects.filter(pk__in=there - chosen).order_by("pk"):
        remove_task_from_sprint(task, sprint=sprint, actor=actor)
    return task


def _held(sprints: Collection[Sprint]) -> list[Sprint]:
    """Return the sprints as they are now, locked in the order of their ids, before any task is. Raises NotFound."""
    return [_locked(sprint) for _pk, sprint in sorted({sprint.pk: sprint for sprint in sprints}.items())]


def _locked(sprint: Sprint) -> Sprint:
    rows = Sprint.objects.filter(pk=sprint.pk, organization_id=sprint.organization_id)
    fresh = rows.select_related("project").select_for_update(of=("self",)).first()
    if fresh is None:
        raise NotFound
    return fresh


def _locked_tasks(sprint: Sprint, pks: Collection[int]) -> list[Task]:
    """Return the tasks, locked in the order of their ids so that two plans can't wait for each other."""
    rows = Task.objects.filter(pk__in=pks, organization_id=sprint.organization_id).select_related("project")
    tasks = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    if len(tasks) != len(pks):
        raise NotFound
    return tasks


def _plan(sprint: Sprint, pks: Collection[int], actor: User) -> list[Task]:
    tasks = _locked_tasks(sprint, pks)
    if any(task.project_id != sprint.project_id for task in tasks):
        raise OtherProject
    there = set(SprintMembership.objects.open().filter(sprint=sprint, task__in=pks).values_list("task", flat=True))
    added = [task for task in tasks if task.pk not in there]
    SprintMembership.objects.bulk_create(
        SprintMembership(organization_id=sprint.organization_id, sprint=sprint, task=task, planned_by=actor)
        for task in added
    )
    _tell(sprint, added, actor, Activity.Verb.PLANNED)
    return added


def _tell(sprint: Sprint, tasks: list[Task], actor: User, verb: Activity.Verb) -> None:
    """Count a version of each task, and write a line that stands in its history and in the sprint's."""
    now = timezone.now()
    for task in tasks:
        task.version += 1
        task.updated_at = now
    Task.objects.bulk_update(tasks, ["version", "updated_at"])
    names = [None, sprint.name] if verb == Activity.Verb.PLANNED else [sprint.name, None]
    Activity.objects.bulk_create(
        Activity(
            organization_id=sprint.organization_id,
            task=task,
            sprint=sprint,
            reference=task.reference,
            actor=actor,
            verb=verb,
            changes={"sprint": names},
            version=task.version,
        )
        for task in tasks
    )
