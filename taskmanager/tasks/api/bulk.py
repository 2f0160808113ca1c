"""The call that changes many tasks at once."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from ninja import Field, Schema

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import InvalidInput, Problem, answers, json_answer, refusal
from taskmanager.accounts.api.fields import IdInBody
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.models import User
from taskmanager.errors import DomainError, NotFound
from taskmanager.sqljson import Text
from taskmanager.tasks import services
from taskmanager.tasks.api.documents import TASK, document
from taskmanager.tasks.api.links import linked
from taskmanager.tasks.api.tasks import TaskOut, TaskPatch, router
from taskmanager.tasks.models import Task

# A path belongs to one router: that of the tasks.
__all__ = ["router"]

MOST_TASKS = 100


class TaskPatchOf(TaskPatch):
    """What is to be changed of one task: what is left out stays."""

    id: IdInBody = Field(description="The id of the task")


class TaskPatches(Schema):
    """What is to be changed of which tasks."""

    model_config = {"extra": "forbid"}

    items: list[TaskPatchOf] = Field(min_length=1, max_length=MOST_TASKS, description="Each task once")


class TaskResult(Schema):
    """What became of one of the changes."""

    id: int
    status: int = Field(
        description="What changing this task alone would have answered: 200 for a change that is saved, 403, 404, 409, "
        "422 for one that is not",
        examples=[200],
    )
    task: TaskOut | None = Field(description="The task as it is now; null where there is none for you")
    message: str | None = Field(description="Why it was refused; null where it wasn't, and where `detail` says it")
    detail: list[Problem] | None = Field(description="What is wrong with the input; null where nothing is")


class TaskResults(Schema):
    """What became of the changes, in the order in which they were sent."""

    results: list[TaskResult] = Field(description="In the order in which the changes were sent")


@router.patch("/tasks/", response=answers(200, TaskResults, 400, 403, 409), operation_id="edit_tasks")
def tasks_edit(request: ApiRequest, body: TaskPatches, key: Key) -> HttpResponse:
    """Change some fields of up to 100 tasks, each for itself: one that is refused doesn't undo the others.

    The answer is 200 with a result per task, whatever became of each. Only input of the wrong shape, and a task that is
    named twice, refuse the whole call (422), before anything is changed.
    """
    pks = [item.id for item in body.items]
    if len(set(pks)) < len(pks):
        raise InvalidInput("body", "items", "Name each task once.")
    return once_per_key(request, key, lambda: json_answer(_edited(request.auth, body.items)))


def _edited(user: User, patches: Sequence[TaskPatchOf]) -> str:
    """Make the changes; return what became of them, as JSON."""
    pks = [patch.id for patch in patches]
    found = Task.objects.of(user.organization).select_related("project").in_bulk(pks)
    refused: dict[int, DomainError] = {}
    edits = []
    for patch in patches:
        if patch.id not in found:
            refused[patch.id] = NotFound()
            continue
        try:
            wanted = linked(user, patch.model_dump(exclude_unset=True, exclude={"id"}))
        except InvalidInput as error:
            refused[patch.id] = error
        else:
            edits.append(services.Edit(found[patch.id], version=wanted.pop("version", None), wanted=wanted))
    refused |= services.edit_tasks(edits, actor=user)
    documents = dict(Task.objects.filter(pk__in=found).values_list("pk", Text(document(TASK))))
    results = (_result(place, pk, documents.get(pk), refused.get(pk)) for place, pk in enumerate(pks))
    return f'{{"results":[{",".join(results)}]}}'


def _result(place: int, pk: int, task: str | None, error: DomainError | None) -> str:
    status, said = refusal(error) if error else (200, {})
    told: dict[str, Any] = {"message": None, "detail": None, **said}
    for problem in told["detail"] or ():
        _body, *names = problem["loc"]
        problem["loc"] = ["body", "items", place, *names]
    rest = json.dumps(told)[1:]
    return f'{{"id":{pk},"status":{int(status)},"task":{task or "null"},{rest}'
