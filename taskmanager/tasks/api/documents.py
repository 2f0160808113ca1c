"""What is said of a task, an epic, a sprint, a comment: JSON that the database makes, in one place per noun."""

from collections.abc import Collection

from django.db.models import OuterRef, TextField, Value
from django.db.models.functions import Concat

from taskmanager.sqljson import Field, JsonArray, JsonObject
from taskmanager.tasks.models import SprintMembership, Watcher


def _person(name: str) -> JsonObject:
    """Who it is, null for nobody and for a former member."""
    return JsonObject(of=f"{name}_id", id=f"{name}_id", username=f"{name}__username")


def _sprints() -> JsonArray:
    memberships = SprintMembership.objects.open().filter(task=OuterRef("pk"))
    ordered = memberships.order_by("sprint__start_date", "sprint__end_date", "sprint_id")
    return JsonArray(ordered, JsonObject(id="sprint_id", name="sprint__name"))


def _watchers() -> JsonArray:
    return JsonArray(Watcher.objects.filter(task=OuterRef("pk")).order_by("email"), "email")


TASK: dict[str, Field] = {
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


def task_document(fields: Collection[str] = ()) -> JsonObject:
    """Return what is said of a task: all of it, or the fields that are asked for."""
    return JsonObject(**{name: value for name, value in TASK.items() if not fields or name in fields})
