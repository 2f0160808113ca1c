"""Calls about projects."""

import datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.fields import line
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.paging import Paging
from taskmanager.accounts.api.rows import find, listed, one
from taskmanager.tasks import services
from taskmanager.tasks.api.documents import PROJECT, document
from taskmanager.tasks.models import Project

router = Router(tags=["Projects"])

ProjectKey = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,10}$")]


class ProjectOut(Schema):
    """A project: a board, and the prefix of its tasks' references."""

    id: int
    key: str = Field(examples=["WEB"])
    name: str
    created_at: datetime.datetime


class ProjectList(Schema):
    """A part of a list of projects."""

    items: list[ProjectOut]
    count: int = Field(description="How many there are in all")


class ProjectIn(Schema):
    """A project to be made."""

    model_config = {"extra": "forbid"}

    name: line(100) = Field(examples=["Website"])  # type: ignore[valid-type]
    key: ProjectKey | None = Field(
        None, description="2 to 10 letters A to Z or digits; left out, it follows from the name"
    )


class ProjectPut(Schema):
    """What a project is to be called. It keeps its key, which is in the references of its tasks."""

    model_config = {"extra": "forbid"}

    name: line(100)  # type: ignore[valid-type]


@router.get("/projects/", response=answers(200, ProjectList), operation_id="list_projects")
def project_list(request: ApiRequest, paging: Query[Paging]) -> HttpResponse:
    """List the organization's projects, the first one first."""
    return listed(request, Project.objects.of(request.auth.organization).oldest_first(), document(PROJECT), paging)


@router.post("/projects/", response=answers(201, ProjectOut, 403, 409), operation_id="create_project")
def project_create(request: ApiRequest, body: ProjectIn, key: Key) -> HttpResponse:
    """Make a project. 409 where another one has the key."""

    def act() -> HttpResponse:
        organization = request.auth.organization
        project = services.add_project(organization, actor=request.auth, name=body.name, key=body.key or "")
        return _answer(project.pk, status=201)

    return once_per_key(request, key, act)


@router.get("/projects/{int:project_id}", response=answers(200, ProjectOut, 404), operation_id="get_project")
def project_detail(request: ApiRequest, project_id: int) -> HttpResponse:
    """Return one project."""
    return one(Project.objects.of(request.auth.organization).filter(pk=project_id), document(PROJECT))


@router.put("/projects/{int:project_id}", response=answers(204, None, 403, 404), operation_id="replace_project")
def project_replace(request: ApiRequest, project_id: int, body: ProjectPut) -> Status[None]:
    """Call a project something else."""
    services.rename_project(find(Project.objects, request.auth, project_id), actor=request.auth, name=body.name)
    return Status(204, None)


@router.patch("/projects/{int:project_id}", response=answers(200, ProjectOut, 403, 404), operation_id="edit_project")
def project_edit(request: ApiRequest, project_id: int, body: ProjectPut) -> HttpResponse:
    """Call a project something else."""
    services.rename_project(find(Project.objects, request.auth, project_id), actor=request.auth, name=body.name)
    return _answer(project_id)


@router.delete("/projects/{int:project_id}", response=answers(204, None, 403, 404, 409), operation_id="delete_project")
def project_delete(request: ApiRequest, project_id: int) -> Status[None]:
    """Delete a project without work. 409 where it has some, or is the only one."""
    services.delete_project(find(Project.objects, request.auth, project_id), actor=request.auth)
    return Status(204, None)


def _answer(pk: int, *, status: int = 200) -> HttpResponse:
    return one(Project.objects.filter(pk=pk), document(PROJECT), status=status)
