"""Calls about epics."""

import datetime

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.fields import Id, IdInBody, line, text, without_defaults
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.paging import Paging
from taskmanager.accounts.api.rows import fields_of, find, listed, one
from taskmanager.tasks import services
from taskmanager.tasks.api.conflicts import edit_refusals
from taskmanager.tasks.api.documents import EPIC, document
from taskmanager.tasks.api.links import chosen_project, first_project, require_same_project
from taskmanager.tasks.api.schemas import Person, ProjectRef
from taskmanager.tasks.api.versions import IfMatch, version_asked_for
from taskmanager.tasks.models import Epic

router = Router(tags=["Epics"])


class EpicOut(Schema):
    """An epic."""

    id: int
    name: str
    description: str = Field(description="Markdown")
    project: ProjectRef
    creator: Person | None = Field(description="Who wrote it; null for a former member")
    task_count: int = Field(description="How many of its tasks aren't archived")
    done_count: int = Field(description="How many of these are done")
    created_at: datetime.datetime
    updated_at: datetime.datetime
    version: int = Field(description="Counts its changes; the ETag")


EDIT_REFUSALS = edit_refusals("Epic", EpicOut)


class EpicList(Schema):
    """A part of a list of epics."""

    items: list[EpicOut]
    count: int = Field(description="How many there are in all")


class EpicIn(Schema):
    """An epic to be made."""

    model_config = {"extra": "forbid"}

    name: line(100) = Field(examples=["Security audit"])  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Markdown")  # type: ignore[valid-type]
    project: IdInBody | None = Field(None, description="The id of a project; left out, it is the organization's first")


class EpicPut(EpicIn):
    """What an epic is to be replaced with: what is left out is emptied. It keeps its project."""

    version: IdInBody | None = Field(None, description="The version that this starts from")


class EpicPatch(Schema):
    """What is to be changed of an epic: what is left out stays."""

    model_config = {"extra": "forbid", "json_schema_extra": without_defaults}

    name: line(100) = ""  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Markdown")  # type: ignore[valid-type]
    version: IdInBody | None = Field(None, description="The version that this starts from")


@router.get("/epics/", response=answers(200, EpicList), operation_id="list_epics")
def epic_list(request: ApiRequest, paging: Query[Paging], project: Id | None = None, fields: str = "") -> HttpResponse:
    """List the organization's epics, the newest first."""
    epics = Epic.objects.of(request.auth.organization).order_by("-pk")
    if project is not None:
        epics = epics.filter(project=project)
    return listed(request, epics, document(EPIC, fields_of(EPIC, fields)), paging)


@router.post("/epics/", response=answers(201, EpicOut, 403, 409), operation_id="create_epic")
def epic_create(request: ApiRequest, body: EpicIn, key: Key) -> HttpResponse:
    """Make an epic."""

    def act() -> HttpResponse:
        project = chosen_project(request.auth, body.project) or first_project(request.auth)
        epic = services.create_epic(project, actor=request.auth, name=body.name, description=body.description)
        return _answer(epic.pk, status=201)

    return once_per_key(request, key, act)


@router.get("/epics/{int:epic_id}", response=answers(200, EpicOut, 404), operation_id="get_epic")
def epic_detail(request: ApiRequest, epic_id: int, fields: str = "") -> HttpResponse:
    """Return one epic. Its ETag is its version."""
    epics = Epic.objects.of(request.auth.organization).filter(pk=epic_id)
    return one(epics, document(EPIC, fields_of(EPIC, fields)))


@router.put("/epics/{int:epic_id}", response=answers(204, None, 403, 404) | EDIT_REFUSALS, operation_id="replace_epic")
def epic_replace(request: ApiRequest, epic_id: int, body: EpicPut, if_match: IfMatch) -> Status[None]:
    """Replace everything of an epic that can be written."""
    epic: Epic = find(Epic.objects, request.auth, epic_id)
    require_same_project(epic, request.auth, body.project)
    version, is_strict = version_asked_for(if_match, body.version)
    wanted = body.model_dump(include={"name", "description"})
    services.edit_epic(epic, actor=request.auth, version=version, is_strict=is_strict, **wanted)
    return Status(204, None)


@router.patch(
    "/epics/{int:epic_id}", response=answers(200, EpicOut, 403, 404) | EDIT_REFUSALS, operation_id="edit_epic"
)
def epic_edit(request: ApiRequest, epic_id: int, body: EpicPatch, if_match: IfMatch) -> HttpResponse:
    """Change some fields of an epic."""
    epic: Epic = find(Epic.objects, request.auth, epic_id)
    version, is_strict = version_asked_for(if_match, body.version)
    wanted = body.model_dump(exclude_unset=True, exclude={"version"})
    services.edit_epic(epic, actor=request.auth, version=version, is_strict=is_strict, **wanted)
    return _answer(epic_id)


@router.delete("/epics/{int:epic_id}", response=answers(204, None, 403, 404), operation_id="delete_epic")
def epic_delete(request: ApiRequest, epic_id: int) -> Status[None]:
    """Delete an epic for good; its tasks stay, without an epic."""
    services.delete_epic(find(Epic.objects, request.auth, epic_id), actor=request.auth)
    return Status(204, None)


def _answer(pk: int, *, status: int = 200) -> HttpResponse:
    return one(Epic.objects.filter(pk=pk), document(EPIC), status=status)
