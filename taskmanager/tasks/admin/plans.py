"""Projects, epics and sprints in Django's admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from taskmanager.accounts.admin import ReadOnlyAdmin, TenantAdmin
from taskmanager.tasks import services
from taskmanager.tasks.admin.served import ServedAdmin, ServiceForm
from taskmanager.tasks.models import (
    Epic,
    Project,
    Sprint,
    SprintMembership,
)


@admin.register(Project)
class ProjectAdmin(TenantAdmin):
    """Boards. None is deleted here: its tasks would go without a line of history."""

    list_display = ("name", "key", "organization", "last_number", "created_at")
    list_filter = ("created_at", "organization")
    list_select_related = ("organization",)
    search_fields = ("name", "key")
    autocomplete_fields = ("organization",)
    ordering = ("organization", "pk")
    fields = ("organization", "name", "key", "last_number", "created_at")
    readonly_fields = ("last_number", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the key, which the references of tasks begin with."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "key"] if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class EpicAdminForm(ServiceForm):
    """An epic."""

    written = ("name", "description")

    class Meta:
        model = Epic
        fields = ("project", "name", "description")

    def create(self, project: Project, **fields: Any) -> Epic:
        """Make an epic."""
        return services.create_epic(project, **fields)

    def edit(self, item: Epic, **fields: Any) -> Epic:
        """Change an epic."""
        return services.edit_epic(item, **fields)


@admin.register(Epic)
class EpicAdmin(ServedAdmin):
    """Epics."""

    form = EpicAdminForm
    list_display = ("name", "project", "organization", "created_at", "updated_at")
    list_select_related = ("project", "organization")
    autocomplete_fields = ("project",)
    list_filter = ("created_at", "organization")
    search_fields = ("name",)
    readonly_fields = ("creator", "created_at", "updated_at")
    fields = ("organization", "project", *EpicAdminForm.written, *readonly_fields, "started_from")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it, with its line of history."""
        user: Any = request.user
        services.delete_epic(obj, actor=user)


class SprintAdminForm(ServiceForm):
    """A sprint."""

    written = ("name", "description", "start_date", "end_date", "epic")

    class Meta:
        model = Sprint
        fields = ("project", "name", "description", "start_date", "end_date", "epic")

    def create(self, project: Project, **fields: Any) -> Sprint:
        """Make a sprint."""
        return services.create_sprint(project, **fields)

    def edit(self, item: Sprint, **fields: Any) -> Sprint:
        """Change a sprint."""
        return services.edit_sprint(item, **fields)


@admin.register(Sprint)
class SprintAdmin(ServedAdmin):
    """Sprints."""

    form = SprintAdminForm
    list_display = ("name", "project", "start_date", "end_date", "organization", "created_at")
    list_select_related = ("project", "organization")
    list_filter = ("start_date", "created_at", "organization")
    search_fields = ("name",)
    autocomplete_fields = ("project", "epic")
    date_hierarchy = "start_date"
    readonly_fields = ("creator", "created_at", "updated_at")
    fields = ("organization", "project", *SprintAdminForm.written, *readonly_fields, "started_from")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it, with its line of history."""
        user: Any = request.user
        services.delete_sprint(obj, actor=user)


@admin.register(SprintMembership)
class SprintMembershipAdmin(ReadOnlyAdmin):
    """Which sprint had which task when; planning writes it."""

    list_display = ("task", "sprint", "planned_at", "removed_at", "organization")
    list_filter = ("planned_at", "organization")
    list_select_related = ("task__project", "sprint", "organization")
    search_fields = ("sprint__name", "task__title")
    ordering = ("-pk",)
