"""Calls about sprints, and what is planned into them."""

import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.fields import Day, Id, IdInBody, line, text, without_defaults
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.paging import Paging
from taskmanager.accounts.api.rows import fields_of, find, listed, one
from taskmanager.tasks import services
from taskmanager.tasks.api.conflicts import edit_refusals
from taskmanager.tasks.api.documents import SPRINT, document
from taskmanager.tasks.api.links import chosen_epic, chosen_project, first_project, require_same_project
from taskmanager.tasks.api.schemas import Named, Person, ProjectRef
from taskmanager.tasks.api.versions import IfMatch, version_asked_for
from taskmanager.tasks.models import Sprint, Task

router = Router(tags=["Sprints"])


class SprintOut(Schema):
    """A sprint."""

    id: int
    name: str
    description: str = Field(description="Markdown")
    start_date: datetime.date
    end_date: datetime.date = Field(description="Its last day, which belongs to it")
    project: ProjectRef
    epic: Named | None
    creator: Person | None = Field(description="Who wrote it; null for a former member")
    task_count: int = Field(description="How many of its tasks aren't archived")
    done_count: int = Field(description="How many of these are done")
    created_at: datetime.datetime
    updated_at: datetime.datetime
    version: int = Field(description="Counts its changes; the ETag")


EDIT_REFUSALS = edit_refusals("Sprint", SprintOut)


class SprintList(Schema):
    """A part of a list of sprints."""

    items: list[SprintOut]
    count: int = Field(description="How many there are in all")


class SprintIn(Schema):
    """A sprint to be made."""

    model_config = {"extra": "forbid"}

    name: line(100) = Field(examples=["Sprint 12"])  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Its goal, as Markdown")  # type: ignore[valid-type]
    start_date: Day
    end_date: Day = Field(description="After the day on which it starts")
    epic: IdInBody | None = Field(None, description="The id of an epic")
    project: IdInBody | None = Field(None, description="The id of a project; left out, it is the organization's first")


class SprintPut(SprintIn):
    """What a sprint is to be replaced with: what is left out is emptied. It keeps its project."""

    version: IdInBody | None = Field(None, description="The version that this starts from")


class SprintPatch(Schema):
    """What is to be changed of a sprint: what is left out stays."""

    model_config = {"extra": "forbid", "json_schema_extra": without_defaults}

    name: line(100) = ""  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Its goal, as Markdown")  # type: ignore[valid-type]
    start_date: Day = datetime.date.min
    end_date: Day = datetime.date.min
    epic: IdInBody | None = Field(None, description="The id of an epic")
    version: IdInBody | None = Field(None, description="The version that this starts from")


class SprintEpic(Schema):
    """Which epic a sprint is about."""

    model_config = {"extra": "forbid"}

    epic: IdInBody | None = Field(description="The id of an epic, null for none")


@router.get("/sprints/", response=answers(200, SprintList), operation_id="list_sprints")
def sprint_list(
    request: ApiRequest, paging: Query[Paging], project: Id | None = None, fields: str = ""
) -> HttpResponse:
    """List the organization's sprints, the latest first."""
    sprints = Sprint.objects.of(request.auth.organization).order_by("-start_date", "-pk")
    if project is not None:
        sprints = sprints.filter(project=project)
    return listed(request, sprints, document(SPRINT, fields_of(SPRINT, fields)), paging)


@router.post("/sprints/", response=answers(201, SprintOut, 403, 409), operation_id="create_sprint")
def sprint_create(request: ApiRequest, body: SprintIn, key: Key) -> HttpResponse:
    """Make a sprint."""

    def act() -> HttpResponse:
        project = chosen_project(request.auth, body.project) or first_project(request.auth)
        wanted = body.model_dump(exclude={"project"}) | {"epic": chosen_epic(request.auth, body.epic)}
        return _answer(services.create_sprint(project, actor=request.auth, **wanted).pk, status=201)

    return once_per_key(request, key, act)


@router.get("/sprints/{int:sprint_id}", response=answers(200, SprintOut, 404), operation_id="get_sprint")
def sprint_detail(request: ApiRequest, sprint_id: int, fields: str = "") -> HttpResponse:
    """Return one sprint. Its ETag is its version."""
    sprints = Sprint.objects.of(request.auth.organization).filter(pk=sprint_id)
    return one(sprints, document(SPRINT, fields_of(SPRINT, fields)))


@router.put(
    "/sprints/{int:sprint_id}", response=answers(204, None, 403, 404) | EDIT_REFUSALS, operation_id="replace_sprint"
)
def sprint_replace(request: ApiRequest, sprint_id: int, body: SprintPut, if_match: IfMatch) -> Status[None]:
    """Replace everything of a sprint that can be written; what is planned into it stays."""
    sprint: Sprint = find(Sprint.objects, request.auth, sprint_id)
    require_same_project(sprint, request.auth, body.project)
    _edit(request, sprint, if_match, body.model_dump(exclude={"project"}))
    return Status(204, None)


@router.patch(
    "/sprints/{int:sprint_id}", response=answers(200, SprintOut, 403, 404) | EDIT_REFUSALS, operation_id="edit_sprint"
)
def sprint_edit(request: ApiRequest, sprint_id: int, body: SprintPatch, if_match: IfMatch) -> HttpResponse:
    """Change some fields of a sprint."""
    sprint: Sprint = find(Sprint.objects, request.auth, sprint_id)
    _edit(request, sprint, if_match, body.model_dump(exclude_unset=True))
    return _answer(sprint_id)


@router.delete("/sprints/{int:sprint_id}", response=answers(204, None, 403, 404), operation_id="delete_sprint")
def sprint_delete(request: ApiRequest, sprint_id: int) -> Status[None]:
    """Delete a sprint for good; its tasks stay."""
    services.delete_sprint(find(Sprint.objects, request.auth, sprint_id), actor=request.auth)
    return Status(204, None)


@router.put("/sprints/{int:sprint_id}/epic", response=answers(200, SprintOut, 403, 404), operation_id="set_sprint_epic")
def sprint_epic(request: ApiRequest, sprint_id: int, body: SprintEpic) -> HttpResponse:
    """Say which epic a sprint is about, or that it is about none."""
    sprint: Sprint = find(Sprint.objects, request.auth, sprint_id)
    services.set_sprint_epic(sprint, epic=chosen_epic(request.auth, body.epic), actor=request.auth)
    return _answer(sprint_id)


@router.put(
    "/sprints/{int:sprint_id}/tasks/{int:task_id}", response=answers(204, None, 403, 404), operation_id="plan_task"
)
def sprint_task_plan(request: ApiRequest, sprint_id: int, task_id: int) -> Status[None]:
    """Plan a task into a sprint that hasn't ended. One that is in it already stays as it is."""
    sprint: Sprint = find(Sprint.objects, request.auth, sprint_id)
    services.plan_task(find(Task.objects, request.auth, task_id), sprint=sprint, actor=request.auth)
    return Status(204, None)


@router.delete(
    "/sprints/{int:sprint_id}/tasks/{int:task_id}",
    response=answers(204, None, 400, 403, 404),
    operation_id="remove_task_from_sprint",
)
def sprint_task_remove(request: ApiRequest, sprint_id: int, task_id: int) -> Status[None]:
    """Take a task out of a sprint; that it was in it is kept. 400 where it isn't in it."""
    sprint: Sprint = find(Sprint.objects, request.auth, sprint_id)
    task: Task = find(Task.objects, request.auth, task_id)
    services.remove_task_from_sprint(task, sprint=sprint, actor=request.auth)
    return Status(204, None)


def _answer(pk: int, *, status: int = 200) -> HttpResponse:
    return one(Sprint.objects.filter(pk=pk), document(SPRINT), status=status)


def _edit(request: ApiRequest, sprint: Sprint, if_match: str | None, wanted: dict[str, Any]) -> None:
    version, is_strict = version_asked_for(if_match, wanted.pop("version", None))
    if "epic" in wanted:
        wanted["epic"] = chosen_epic(request.auth, wanted["epic"])
    services.edit_sprint(sprint, actor=request.auth, version=version, is_strict=is_strict, **wanted)
