"""Projects, tasks, comments and history in Django's admin. What changes a task goes through the services."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.admin import ReadOnlyAdmin, TenantAdmin, TenantForm
from taskmanager.errors import DomainError
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Comment, Project, Task
from taskmanager.tasks.permissions import may_change, may_delete_comment

FIELDS = ("title", "description", "status", "priority", "owner", "due_date")


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


class TaskAdminForm(TenantForm):
    """A task. The services check its rules, by a rehearsal that is rolled back."""

    started_from = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Task
        fields = ("project", *FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Note the version that the form starts from."""
        super().__init__(*args, **kwargs)
        self.fields["started_from"].initial = self.instance.version
        for name in ("status", "priority"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Ask the service whether it would do it. Its locks hold until the change itself: both are one transaction."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    self.apply(cleaned)
                    transaction.set_rollback(True)
            except DomainError as error:
                self.add_error(None, str(error))
        return cleaned

    def apply(self, cleaned: dict[str, Any]) -> Task:
        """Create or edit the task as the form says. Raises what the services raise."""
        wanted = {name: cleaned[name] for name in FIELDS if name in cleaned}
        if self.instance.pk:
            version = cleaned.get("started_from") or self.instance.version
            return services.edit_task(self.instance, actor=self.actor, version=version, **wanted)
        if wanted.get("owner") and wanted.get("status") == Task.Status.UNASSIGNED:
            del wanted["status"]
        return services.create_task(cleaned["project"], actor=self.actor, **wanted)

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service changes the row."""


@admin.register(Task)
class TaskAdmin(TenantAdmin):
    """Tasks. A superuser sees those of all organizations, and changes those of their own, like any member."""

    form = TaskAdminForm
    list_display = ("reference", "title", "status", "priority", "owner", "organization", "created_at", "archived_at")
    list_display_links = ("reference", "title")
    list_filter = ("status", "priority", "created_at", "due_date", "organization")
    list_select_related = ("project", "owner", "organization")
    search_fields = ("title", "project__key", "number")
    autocomplete_fields = ("project", "owner")
    ordering = ("-pk",)
    actions = ("mark_as_archived",)
    readonly_fields = ("number", "creator", "created_at", "updated_at", "completed_at", "archived_at")
    fields = ("organization", "project", *FIELDS, *readonly_fields, "started_from")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Take the organization from the project, which stays the same."""
        fixed = {**dict.fromkeys(super().get_readonly_fields(request, obj)), "organization": None}
        return [*fixed, "project"] if obj else [*fixed]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rule of owner and creator, too. History names only people of the task's own organization."""
        user: Any = request.user
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or (obj.organization_id == user.organization_id and may_change(obj, user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep a superuser to their own organization's tasks."""
        user: Any = request.user
        mine = obj is None or obj.organization_id == user.organization_id
        return mine and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Let the service do it, with its line of history."""
        obj.__dict__.update(form.apply(form.cleaned_data).__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it, with its line of history."""
        user: Any = request.user
        services.delete_task(obj, actor=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for task in queryset:
            self.delete_model(request, task)

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


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    """Comments: their authors write them, here they are only deleted."""

    list_display = ("__str__", "author", "organization", "created_at", "edited_at")
    list_filter = ("created_at", "organization")
    list_select_related = ("author", "organization")
    search_fields = ("text",)
    ordering = ("-pk",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the roles, and the rule of authors."""
        user: Any = request.user
        if obj is None:
            return user.has_perm("tasks.delete_comment")  # type: ignore[no-any-return]
        return obj.organization_id == user.organization_id and may_delete_comment(obj, user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it, with its line of history."""
        user: Any = request.user
        services.delete_comment(obj, actor=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for comment in queryset.select_related("task__project"):
            self.delete_model(request, comment)


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """History, to be read."""

    list_display = ("created_at", "reference", "verb", "actor", "organization")
    list_display_links = ("created_at", "reference")
    list_filter = ("verb", "created_at", "organization")
    list_select_related = ("actor", "organization")
    search_fields = ("reference",)
    ordering = ("-pk",)
