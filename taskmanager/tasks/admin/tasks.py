"""Tasks in Django's admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.errors import DomainError
from taskmanager.tasks import services
from taskmanager.tasks.admin.served import ServedAdmin, ServiceForm
from taskmanager.tasks.models import (
    Project,
    Task,
)
from taskmanager.tasks.permissions import may_change

FIELDS = ("title", "description", "status", "priority", "owner", "epic", "due_date")


class TaskAdminForm(ServiceForm):
    """A task."""

    written = FIELDS

    class Meta:
        model = Task
        fields = ("project", *FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the services choose a status and a priority."""
        super().__init__(*args, **kwargs)
        for name in ("status", "priority"):
            if name in self.fields:
                self.fields[name].required = False

    def create(self, project: Project, **fields: Any) -> Task:
        """Make a task; one with an owner isn't unassigned."""
        if fields.get("owner") and fields.get("status") == Task.Status.UNASSIGNED:
            del fields["status"]
        return services.create_task(project, **fields)

    def edit(self, item: Task, **fields: Any) -> Task:
        """Change a task."""
        return services.edit_task(item, **fields)


@admin.register(Task)
class TaskAdmin(ServedAdmin):
    """Tasks."""

    form = TaskAdminForm
    list_display = ("reference", "title", "status", "priority", "owner", "organization", "created_at", "archived_at")
    list_display_links = ("reference", "title")
    list_filter = ("status", "priority", "created_at", "due_date", "organization")
    list_select_related = ("project", "owner", "organization")
    search_fields = ("title", "project__key", "number")
    autocomplete_fields = ("project", "owner", "epic")
    actions = ("mark_as_archived",)
    readonly_fields = ("number", "creator", "created_at", "updated_at", "completed_at", "archived_at")
    fields = ("organization", "project", *FIELDS, *readonly_fields, "started_from")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rule of owner and creator, too."""
        user: Any = request.user
        return super().has_change_permission(request, obj) and (obj is None or may_change(obj, user))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it, with its line of history."""
        user: Any = request.user
        services.delete_task(obj, actor=user)

    @admin.action(description="Mark selected tasks as archived", permissions=["change"])
    def mark_as_archived(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Archive each task as on its page, and say how many were and how many weren't."""
        user: Any = request.user
        archived = refused = already = 0
        for task in queryset.select_related("project"):
            if task.status == Task.Status.ARCHIVED:
                already += 1
                continue
            try:
                services.archive_task(task, actor=user)
                archived += 1
            except DomainError:
                refused += 1
        if archived:
            self.message_user(request, f"Archived: {_tasks(archived)}.", messages.SUCCESS)
        if already:
            self.message_user(request, f"Archived before: {_tasks(already)}.", messages.INFO)
        if refused:
            reason = "you may only archive tasks of your organization that you may change"
            self.message_user(request, f"Left as they were: {_tasks(refused)}; {reason}.", messages.WARNING)


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
