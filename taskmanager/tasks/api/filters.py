"""Which tasks a list has, and in which order."""

from typing import Literal

from django.db.models import F, OrderBy
from ninja import Field, Schema

from taskmanager.accounts.api.answers import InvalidInput
from taskmanager.accounts.api.fields import Day, Id, Moment, text
from taskmanager.accounts.api.paging import FARTHEST
from taskmanager.accounts.models import User
from taskmanager.tasks import queries, search
from taskmanager.tasks.models import Project, SprintMembership, TaskQuerySet

Status = Literal["UNASSIGNED", "IN_PROGRESS", "DONE", "ARCHIVED"]
Priority = Literal["LOW", "MEDIUM", "HIGH", "URGENT"]
Order = Literal[
    "id",
    "-id",
    "title",
    "-title",
    "priority",
    "-priority",
    "due_date",
    "-due_date",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "completed_at",
    "-completed_at",
]


class TaskFilters(Schema):
    """What is kept of the tasks; several filters keep what fits all of them."""

    title: text(200) = Field("", description="Part of the title, without regard to case")  # type: ignore[valid-type]
    status: Status | None = None
    priority: Priority | None = None
    owner: Id | None = Field(None, description="The id of a member")
    creator: Id | None = Field(None, description="The id of a member")
    epic: Id | None = Field(None, description="The id of an epic")
    sprint: Id | None = Field(None, description="The id of a sprint that they are in now")
    project: Id | None = Field(None, description="The id of a project")
    due_before: Day | None = Field(None, description="Due before that day")
    due_after: Day | None = Field(None, description="Due after that day")
    updated_since: Moment | None = Field(
        None, description="Changed at that moment or later; with `ordering=updated_at` a cursor for keeping a copy"
    )
    q: text(1000) = Field("", description="The language of search, `is:open priority:high` for example")  # type: ignore[valid-type]
    ordering: Order = Field("-id", description="What to sort by, with a minus in front for descending")


def filtered(tasks: TaskQuerySet, filters: TaskFilters, *, actor: User) -> TaskQuerySet:
    """Keep what the filters keep, in their order; each order ends with the id. Raises InvalidInput for a wrong term."""
    same = {name: getattr(filters, name) for name in ("status", "priority", "owner", "creator", "epic", "project")}
    tasks = tasks.filter(**{name: value for name, value in same.items() if value is not None})
    if filters.title:
        tasks = tasks.filter(title__icontains=filters.title)
    if filters.sprint is not None:
        tasks = tasks.filter(pk__in=SprintMembership.objects.open().filter(sprint=filters.sprint).values("task"))
    if filters.due_before is not None:
        tasks = tasks.filter(due_date__lt=filters.due_before)
    if filters.due_after is not None:
        tasks = tasks.filter(due_date__gt=filters.due_after)
    if filters.updated_since is not None:
        tasks = tasks.filter(updated_at__gte=filters.updated_since)
    if filters.q:
        tasks = _found(tasks, filters.q, actor)
    return _ordered(tasks, filters.ordering)


def _found(tasks: TaskQuerySet, text: str, actor: User) -> TaskQuerySet:
    query = search.read(text, actor=actor, projects=Project.objects.of(actor.organization))
    if query.problems:
        raise InvalidInput("query", "q", " ".join(problem.sentence for problem in query.problems))
    # Found before they are sorted: PostgreSQL would else walk from the newest task on until a page is full. The limit,
    # which nothing reaches, keeps it from seeing through that.
    return tasks.filter(pk__in=search.matching(tasks, query).order_by().values("pk")[:FARTHEST])


def _ordered(tasks: TaskQuerySet, ordering: str) -> TaskQuerySet:
    name, is_descending = ordering.removeprefix("-"), ordering.startswith("-")
    if name == "id":
        return tasks.order_by(ordering.replace("id", "pk"))
    if name == "priority":
        tasks, name = queries.by_priority(tasks), "priority_rank"
    # Empty ones come last either way: PostgreSQL and SQLite would differ.
    first = OrderBy(F(name), descending=is_descending, nulls_last=name in {"due_date", "completed_at"} or None)
    return tasks.order_by(first, "-pk" if is_descending else "pk")
