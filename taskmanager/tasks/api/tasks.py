"""Calls about tasks."""

import datetime
from collections.abc import Collection
from typing import Any

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import InvalidInput, answers
from taskmanager.accounts.api.fields import Address, Day, IdInBody, line, text, without_defaults
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.paging import Paging
from taskmanager.accounts.api.rows import fields_of, find, listed, one, part
from taskmanager.accounts.api.throttling import CallThrottle
from taskmanager.accounts.models import User
from taskmanager.sqljson import array_of
from taskmanager.tasks import keeping, services
from taskmanager.tasks.api.conflicts import edit_refusals
from taskmanager.tasks.api.documents import ACTIVITY, TASK, document
from taskmanager.tasks.api.filters import Priority, TaskFilters, filtered
from taskmanager.tasks.api.filters import Status as TaskStatus
from taskmanager.tasks.api.links import chosen_project, first_project, linked, require_same_project
from taskmanager.tasks.api.schemas import Named, Person, ProjectRef
from taskmanager.tasks.api.versions import IfMatch, version_asked_for
from taskmanager.tasks.models import MOST_WATCHERS, Activity, Task

router = Router(tags=["Tasks"])


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


EDIT_REFUSALS = edit_refusals("Task", TaskOut)


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
    due_date: Day | None = Field(None, description="Not before the day of creation")
    owner: IdInBody | None = Field(None, description="The id of a member who can sign in")
    epic: IdInBody | None = Field(None, description="The id of an epic")
    sprints: list[IdInBody] = Field([], max_length=20, description="Ids of active sprints of the task's project")
    project: IdInBody | None = Field(None, description="The id of a project; left out, it is the organization's first")
    watchers: list[Address] = Field([], max_length=MOST_WATCHERS)


class TaskPut(TaskIn):
    """What a task is to be replaced with: what is left out is emptied. It keeps its project."""

    version: IdInBody | None = Field(None, description="The version that this starts from")


class TaskPatch(Schema):
    """What is to be changed of a task: what is left out stays."""

    model_config = {"extra": "forbid", "json_schema_extra": without_defaults}

    title: line(200) = Field("", examples=["Rotate the signing keys"])  # type: ignore[valid-type]
    description: text(50_000) = Field("", description="Markdown")  # type: ignore[valid-type]
    status: TaskStatus = "UNASSIGNED"
    priority: Priority = "MEDIUM"
    due_date: Day | None = None
    owner: IdInBody | None = None
    epic: IdInBody | None = None
    sprints: list[IdInBody] = Field([], max_length=20, description="Exactly those that it is to be in")
    watchers: list[Address] = Field([], max_length=MOST_WATCHERS)
    version: IdInBody | None = Field(None, description="The version that this starts from")


class ActivityOut(Schema):
    """One line of history."""

    id: int
    verb: str = Field(description="What was done", examples=["claimed"])
    actor: Person | None = Field(description="Who did it; null for a former member, and where a lease ended")
    reference: str = Field(description="What the task was called then")
    comment: int | None = Field(description="The id of the comment that was written or edited")
    changes: dict[str, Any] = Field(description="Per changed field its old and its new value")
    version: int = Field(description="The version of the task that this made")
    created_at: datetime.datetime


class ActivityList(Schema):
    """A part of a list of activity."""

    items: list[ActivityOut]
    count: int = Field(description="How many there are in all")


@router.get("/tasks/", response=answers(200, TaskList), operation_id="list_tasks")
def task_list(
    request: ApiRequest, filters: Query[TaskFilters], paging: Query[Paging], fields: str = ""
) -> HttpResponse:
    """List the organization's tasks: filtered, sorted, in parts. The `Link` header leads to the other parts."""
    organization = request.auth.organization
    tasks = filtered(Task.objects.of(organization), filters, actor=request.auth)
    items, version = array_of(
        tasks[paging.part], document(TASK, fields_of(TASK, fields)), beside=keeping.newest(organization)
    )
    # Counting 200,000 rows costs more than reading 100: what was counted holds until something happens.
    about = ("api-tasks", filters.model_dump_json(exclude={"ordering"}), request.auth.pk if filters.q else "")
    count = keeping.kept(tasks.order_by().count, organization=organization, version=version or 0, about=about)
    return part(request, items, count, paging)


@router.post(
    "/tasks/",
    response=answers(201, TaskOut, 403, 409),
    throttle=[CallThrottle("THROTTLE_DEFAULT"), CallThrottle("THROTTLE_TASK_CREATE")],
    operation_id="create_task",
)
def task_create(request: ApiRequest, body: TaskIn, key: Key) -> HttpResponse:
    """Make a task, on top of its column."""

    def act() -> HttpResponse:
        project = chosen_project(request.auth, body.project) or first_project(request.auth)
        wanted = linked(request.auth, body.model_dump(exclude={"project"}))
        sprints = wanted.pop("sprints")
        wanted["status"] = wanted["status"] or ""
        task = services.create_task_in_sprints(project, sprints=sprints, actor=request.auth, **wanted)
        return _answer(task.pk, status=201)

    return once_per_key(request, key, act)


@router.get("/tasks/{int:task_id}", response=answers(200, TaskOut, 404), operation_id="get_task")
def task_detail(request: ApiRequest, task_id: int, fields: str = "") -> HttpResponse:
    """Return one task. Its ETag is its version."""
    tasks = Task.objects.of(request.auth.organization).filter(pk=task_id)
    return one(tasks, document(TASK, fields_of(TASK, fields)))


@router.get(
    "/tasks/archive/{int:year}/{int:month}/{int:day}",
    response=answers(200, TaskList, 404),
    operation_id="list_archived_tasks",
)
def task_archive(request: ApiRequest, year: int, month: int, day: int, paging: Query[Paging]) -> HttpResponse:
    """List the archived tasks that were created on a day (UTC). A day that there isn't is refused with 422."""
    try:
        date = datetime.date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("path", "day", "There is no such day.") from error
    tasks = Task.objects.of(request.auth.organization).created_on(date).filter(status=Task.Status.ARCHIVED)
    return listed(request, tasks, document(TASK), paging)


@router.get("/tasks/{int:task_id}/activity", response=answers(200, ActivityList, 404), operation_id="list_activity")
def task_activity(request: ApiRequest, task_id: int, paging: Query[Paging]) -> HttpResponse:
    """List what happened to a task, the newest first."""
    activities = Activity.objects.filter(task=find_task(request.auth, task_id)).order_by("-pk")
    return listed(request, activities, document(ACTIVITY), paging)


@router.put(
    "/tasks/{int:task_id}", response=answers(204, None, 400, 403, 404) | EDIT_REFUSALS, operation_id="replace_task"
)
def task_replace(request: ApiRequest, task_id: int, body: TaskPut, if_match: IfMatch) -> Status[None]:
    """Replace everything of a task that can be written."""
    task = find_task(request.auth, task_id)
    require_same_project(task, request.auth, body.project)
    wanted = linked(request.auth, body.model_dump(exclude={"project"}))
    wanted["status"] = wanted["status"] or ("IN_PROGRESS" if wanted["owner"] else "UNASSIGNED")
    _edit(task, request.auth, if_match, wanted)
    return Status(204, None)


@router.patch(
    "/tasks/{int:task_id}", response=answers(200, TaskOut, 400, 403, 404) | EDIT_REFUSALS, operation_id="edit_task"
)
def task_edit(request: ApiRequest, task_id: int, body: TaskPatch, if_match: IfMatch) -> HttpResponse:
    """Change some fields of a task.

    With a `version`, what others changed since is kept, and a field that they changed, too, is refused (409).
    """
    task = find_task(request.auth, task_id)
    _edit(task, request.auth, if_match, linked(request.auth, body.model_dump(exclude_unset=True)))
    return _answer(task_id)


@router.delete("/tasks/{int:task_id}", response=answers(204, None, 403, 404), operation_id="delete_task")
def task_delete(request: ApiRequest, task_id: int) -> Status[None]:
    """Delete a task for good. Its number isn't given again."""
    services.delete_task(find_task(request.auth, task_id), actor=request.auth)
    return Status(204, None)


def find_task(user: User, pk: int) -> Task:
    """Return a task of the user's organization. Raises NotFound."""
    task: Task = find(Task.objects.select_related("project"), user, pk)
    return task


def _answer(pk: int, *, status: int = 200, fields: Collection[str] = ()) -> HttpResponse:
    """Return a task that the user may see, as it is now."""
    return one(Task.objects.filter(pk=pk), document(TASK, fields), status=status)


def _edit(task: Task, user: User, if_match: str | None, wanted: dict[str, Any]) -> None:
    version, is_strict = version_asked_for(if_match, wanted.pop("version", None))
    if "sprints" in wanted:
        services.edit_task_and_plan(task, actor=user, version=version, is_strict=is_strict, **wanted)
    else:
        services.edit_task(task, actor=user, version=version, is_strict=is_strict, **wanted)
