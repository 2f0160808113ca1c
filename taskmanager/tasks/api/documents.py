"""What is said of a task, an epic, a sprint, a comment: JSON that the database makes, in one place per noun."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.db.models import Count, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Concat

from taskmanager.sqljson import Fields, JsonArray, JsonObject
from taskmanager.tasks.models import SprintMembership, Task, Watcher


def _person(name: str) -> JsonObject:
    """Who it is, null for nobody and for a former member."""
    return JsonObject(of=f"{name}_id", id=f"{name}_id", username=f"{name}__username")


def _sprints() -> JsonArray:
    memberships = SprintMembership.objects.open().filter(task=OuterRef("pk"))
    ordered = memberships.order_by("sprint__start_date", "sprint__end_date", "sprint_id")
    return JsonArray(ordered, JsonObject(id="sprint_id", name="sprint__name"))


def _watchers() -> JsonArray:
    return JsonArray(Watcher.objects.filter(task=OuterRef("pk")).order_by("email"), "email")


def _count(link: str, *statuses: str) -> Coalesce:
    """How many tasks with one of these statuses link to it."""
    tasks = Task.objects.filter(**{link: OuterRef("pk")}, status__in=statuses).order_by().values(link)
    return Coalesce(Subquery(tasks.values(count=Count("pk"))), 0)


def _planned(*statuses: str) -> Coalesce:
    """How many tasks with one of these statuses are in the sprint now."""
    planned = SprintMembership.objects.open().filter(sprint=OuterRef("pk"), task__status__in=statuses)
    return Coalesce(Subquery(planned.order_by().values("sprint").values(count=Count("pk"))), 0)


TASK = Fields(
    {
        "id": "pk",
        "reference": Concat("project__key", Value("-"), "number", output_field=TextField()),
        "title": "title",
        "description": "description",
        "status": "status",
        "priority": "priority",
        "due_date": "due_date",
        "project": JsonObject(id="project_id", key="project__key"),
        "epic": JsonObject(of="epic_id", id="epic_id", name="epic__name"),
        "sprints": _sprints(),
        "creator": _person("creator"),
        "owner": _person("owner"),
        "watchers": _watchers(),
        "created_at": "created_at",
        "updated_at": "updated_at",
        "completed_at": "completed_at",
        "version": "version",
    }
)
EPIC = Fields(
    {
        "id": "pk",
        "name": "name",
        "description": "description",
        "project": JsonObject(id="project_id", key="project__key"),
        "creator": _person("creator"),
        "task_count": _count("epic", "UNASSIGNED", "IN_PROGRESS", "DONE"),
        "done_count": _count("epic", "DONE"),
        "created_at": "created_at",
        "updated_at": "updated_at",
        "version": "version",
    }
)
SPRINT = Fields(
    {
        "id": "pk",
        "name": "name",
        "description": "description",
        "start_date": "start_date",
        "end_date": "end_date",
        "project": JsonObject(id="project_id", key="project__key"),
        "epic": JsonObject(of="epic_id", id="epic_id", name="epic__name"),
        "creator": _person("creator"),
        "task_count": _planned("UNASSIGNED", "IN_PROGRESS", "DONE"),
        "done_count": _planned("DONE"),
        "created_at": "created_at",
        "updated_at": "updated_at",
        "version": "version",
    }
)
PROJECT = Fields({"id": "pk", "key": "key", "name": "name", "created_at": "created_at"})
COMMENT = Fields(
    {
        "id": "pk",
        "task": "task_id",
        "author": _person("author"),
        "text": "text",
        "created_at": "created_at",
        "edited_at": "edited_at",
        "version": "version",
    }
)
ATTACHMENT = Fields(
    {
        "id": "pk",
        "task": "task_id",
        "name": "name",
        "size": "size",
        "content_type": "content_type",
        "uploader": _person("uploader"),
        "preview": "preview",
        "created_at": "created_at",
    }
)
ACTIVITY = Fields(
    {
        "id": "pk",
        "verb": "verb",
        "actor": _person("actor"),
        "reference": "reference",
        "comment": "comment_id",
        "changes": "changes",
        "version": "version",
        "created_at": "created_at",
    }
)


def document(fields: Fields, only: Collection[str] = ()) -> JsonObject:
    """Return what is said of a thing: all of it, or the fields that are asked for."""
    return _document(fields, frozenset(only))


# Bounded: callers choose among very many sets of fields, and use a few.
@lru_cache(maxsize=200)
def _document(fields: Fields, only: frozenset[str]) -> JsonObject:
    values: dict[str, Any] = {name: value for name, value in fields.items() if not only or name in only}
    return JsonObject(**values)
