"""Calls about tasks."""

import datetime
from collections.abc import Collection, Iterable
from typing import Any, cast

from django.db.models import Model
from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import InvalidInput, answers, json_answer
from taskmanager.accounts.api.fields import Address, Id, line, text, without_defaults
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.paging import Paging, links
from taskmanager.accounts.api.throttling import CallThrottle
from taskmanager.accounts.models import User
from taskmanager.errors import NotFound
from taskmanager.sqljson import Text, array, rows
from taskmanager.tasks import keeping, services
from taskmanager.tasks.api.documents import TASK, task_document
from taskmanager.tasks.api.filters import Priority, TaskFilters, filtered
from taskmanager.tasks.api.filters import Status as TaskStatus
from taskmanager.tasks.api.versions import IfMatch, version_asked_for
from taskmanager.tasks.models import MOST_WATCHERS, Epic, Project, Sprint, Task

router = Router(tags=["Tasks"])


class ProjectRef(Schema):
    """A project, in short."""

    id: int
    key: str = Field(examples=["WEB"])


class Named(Schema):
    """An epic or a sprint, in short."""

    id: int
    name: str


class Person(Schema):
    """A member, in short."""

    id: int
    username: str = Field(examples=["ada"])


class TaskOut(Schema):
    """A task."""

    id: int
    reference: str = Field(description="What people call it", examples=["WEB-12"])
    title: str
    description: str = Field(description="Markdown")
    status: TaskStatus
    priority: Priority
    due_date: datetime.date | None
    project: ProjectRef
    epic: Named | None
    sprints: list[Named] = Field(description="Those that it is in now, the earliest first")
    creator: Person | None = Field(description="Who wrote it; null for a former member")
    owner: Person | None = Field(description="Who is responsible for it; null for nobody")
    watchers: list[str] = Field(description="E-mail addresses")
    created_at: datetime.datetime
    updated_at: datetime.datetime
    completed_at: datetime.datetime | None = Field(description="When it became DONE; null in every other status")
    version: int = Field(description="Counts its changes; the ETag")


class TaskList(Schema):
    """A part of a list of tasks."""

    items: list[TaskOut]
    count: int = Field(description="How many there are in all")


class TaskIn(Schema):
    """A task to be made."""

    model_config = {"extra": "forbid"}

    title: line(200) = Field(examples=["Rotate the signing keys"])  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Markdown")  # type: ignore[valid-type]
    status: TaskStatus | None = Field(
        None, description="Left out, it follows from the owner: IN_PROGRESS with one, UNASSIGNED without"
    )
    priority: Priority = "MEDIUM"
    due_date: datetime.date | None = Field(None, description="Not before the day of creation")
    owner: Id | None = Field(None, description="The id of a member who can sign in")
    epic: Id | None = Field(None, description="The id of an epic")
    sprints: list[Id] = Field([], max_length=20, description="Ids of active sprints of the task's project")
    project: Id | None = Field(None, description="The id of a project; left out, it is the organization's first")
    watchers: list[Address] = Field([], max_length=MOST_WATCHERS)


class TaskPut(TaskIn):
    """What a task is to be replaced with: what is left out is emptied. It keeps its project."""

    version: Id | None = Field(None, description="The version that this starts from")


class TaskPatch(Schema):
    """What is to be changed of a task: what is left out stays."""

    model_config = {"extra": "forbid", "json_schema_extra": without_defaults}

    title: line(200) = Field("", examples=["Rotate the signing keys"])  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Markdown")  # type: ignore[valid-type]
    status: TaskStatus = "UNASSIGNED"
    priority: Priority = "MEDIUM"
    due_date: datetime.date | None = None
    owner: Id | None = None
    epic: Id | None = None
    sprints: list[Id] = Field([], max_length=20, description="Exactly those that it is to be in")
    watchers: list[Address] = Field([], max_length=MOST_WATCHERS)
    version: Id | None = Field(None, description="The version that this starts from")


@router.get("/tasks/", response=answers(200, TaskList), operation_id="list_tasks")
def task_list(
    request: ApiRequest, filters: Query[TaskFilters], paging: Query[Paging], fields: str = ""
) -> HttpResponse:
    """List the organization's tasks: filtered, sorted, in parts. The `Link` header leads to the other parts."""
    organization = request.auth.organization
    tasks = filtered(Task.objects.of(organization), filters, actor=request.auth)
    found = array(rows(tasks[paging.part], task_document(_fields(fields))))
    version = keeping.version_of(organization)
    about = ("api-tasks", filters.model_dump_json(exclude={"ordering"}), request.auth.pk if filters.q else "")
    count = keeping.kept(tasks.order_by().count, organization=organization, version=version, about=about)
    return json_answer(f'{{"items": {found}, "count": {count}}}', headers={"Link": links(request, paging, count)})


def _fields(text: str) -> Collection[str]:
    """Return the fields that are asked for, none for all. Raises InvalidInput for one that there isn't."""
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in TASK]:
        raise InvalidInput("query", "fields", f"There is no {unknown[0]!r}; choose of {', '.join(TASK)}.")
    return asked


@router.post(
    "/tasks/",
    response=answers(201, TaskOut, 403, 409),
    throttle=[CallThrottle("THROTTLE_DEFAULT"), CallThrottle("THROTTLE_TASK_CREATE")],
    operation_id="create_task",
)
def task_create(request: ApiRequest, body: TaskIn, key: Key) -> HttpResponse:
    """Make a task, on top of its column."""

    def act() -> HttpResponse:
        wanted = _wanted(request.auth, body.model_dump())
        sprints, project = wanted.pop("sprints"), wanted.pop("project") or _first_project(request.auth)
        wanted["status"] = wanted["status"] or ""
        task = services.create_task_in_sprints(project, sprints=sprints, actor=request.auth, **wanted)
        return _answer(task.pk, status=201)

    return once_per_key(request, key, act)


@router.get("/tasks/{int:task_id}", response=answers(200, TaskOut, 404), operation_id="get_task")
def task_detail(request: ApiRequest, task_id: int, fields: str = "") -> HttpResponse:
    """Return one task. Its ETag is its version."""
    return _answer(task_id, user=request.auth, fields=_fields(fields))


@router.put("/tasks/{int:task_id}", response=answers(204, None, 400, 403, 404, 409, 412), operation_id="replace_task")
def task_replace(request: ApiRequest, task_id: int, body: TaskPut, if_match: IfMatch) -> Status:
    """Replace everything of a task that can be written."""
    task = find_task(request.auth, task_id)
    wanted = _wanted(request.auth, body.model_dump())
    project = wanted.pop("project")
    if project is not None and project.pk != task.project_id:
        raise InvalidInput("body", "project", "A task keeps its project.")
    wanted["status"] = wanted["status"] or ("IN_PROGRESS" if wanted["owner"] else "UNASSIGNED")
    _edit(task, request.auth, if_match, wanted)
    return Status(204, None)


@router.patch("/tasks/{int:task_id}", response=answers(200, TaskOut, 400, 403, 404, 409, 412), operation_id="edit_task")
def task_edit(request: ApiRequest, task_id: int, body: TaskPatch, if_match: IfMatch) -> HttpResponse:
    """Change some fields of a task.

    With a `version`, what others changed since is kept, and a field that they changed, too, is refused (409).
    """
    task = find_task(request.auth, task_id)
    _edit(task, request.auth, if_match, _wanted(request.auth, body.model_dump(exclude_unset=True)))
    return _answer(task_id)


@router.delete("/tasks/{int:task_id}", response=answers(204, None, 403, 404), operation_id="delete_task")
def task_delete(request: ApiRequest, task_id: int) -> Status:
    """Delete a task for good. Its number isn't given again."""
    services.delete_task(find_task(request.auth, task_id), actor=request.auth)
    return Status(204, None)


@router.patch("/tasks/{int:task_id}/claim", response=answers(200, TaskOut, 400, 403, 404), operation_id="claim_task")
def task_claim(request: ApiRequest, task_id: int) -> HttpResponse:
    """Take a free task: it is yours and in progress. Of any number of simultaneous claims exactly one wins."""
    services.claim_task_as_configured(find_task(request.auth, task_id), actor=request.auth)
    return _answer(task_id)


@router.patch(
    "/tasks/{int:task_id}/release", response=answers(200, TaskOut, 400, 403, 404), operation_id="release_task"
)
def task_release(request: ApiRequest, task_id: int) -> HttpResponse:
    """Give a task in progress back: it is free again."""
    services.release_task(find_task(request.auth, task_id), actor=request.auth)
    return _answer(task_id)


def find_task(user: User, pk: int) -> Task:
    """Return a task of the user's organization. Raises NotFound."""
    task = Task.objects.of(user.organization).select_related("project").filter(pk=pk).first()
    if task is None:
        raise NotFound
    return task


def _answer(pk: int, *, status: int = 200, user: User | None = None, fields: Collection[str] = ()) -> HttpResponse:
    """Return a task as it is now, the user's organization's where it is asked for. Raises NotFound."""
    tasks = Task.objects.filter(pk=pk) if user is None else Task.objects.of(user.organization).filter(pk=pk)
    found = tasks.values_list("version", Text(task_document(fields))).first()
    if found is None:
        raise NotFound
    version, text_ = found
    return json_answer(text_, status=status, headers={"ETag": f'"{version}"'})


def _edit(task: Task, user: User, if_match: str | None, wanted: dict[str, Any]) -> None:
    version, is_strict = version_asked_for(if_match, wanted.pop("version", None))
    if "sprints" in wanted:
        services.edit_task_and_plan(task, actor=user, version=version, is_strict=is_strict, **wanted)
    else:
        services.edit_task(task, actor=user, version=version, is_strict=is_strict, **wanted)


def _wanted(user: User, given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with the rows that their ids name, in the user's organization. Raises InvalidInput."""
    people = User.objects.of(user.organization).active()
    links_: dict[str, Any] = {
        "owner": (people, "Choose a member of your organization who can sign in."),
        "epic": (Epic.objects.of(user.organization), "Choose one of your organization's epics."),
        "project": (Project.objects.of(user.organization), "Choose one of your organization's projects."),
    }
    wanted = dict(given)
    for name, (found, sentence) in links_.items():
        if wanted.get(name) is not None:
            wanted[name] = _row(found, name, wanted[name], sentence)
    if "sprints" in wanted:
        wanted["sprints"] = _sprints(user, wanted["sprints"])
    return wanted


def _row(found: Any, name: str, pk: int, sentence: str) -> Model:
    row = found.filter(pk=pk).first()
    if row is None:
        raise InvalidInput("body", name, sentence)
    return cast("Model", row)


def _sprints(user: User, pks: Iterable[int]) -> list[Sprint]:
    asked = set(pks)
    found = list(Sprint.objects.of(user.organization).filter(pk__in=asked))
    if len(found) != len(asked):
        raise InvalidInput("body", "sprints", "Choose sprints of your organization.")
    return found


def _first_project(user: User) -> Project:
    project = Project.objects.of(user.organization).oldest_first().first()
    if project is None:
        raise InvalidInput("body", "project", "Your organization has no project.")
    return project
