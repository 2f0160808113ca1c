"""The work in Django's admin. Whatever changes there goes through the services, and into history."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.admin import OrganizationAdmin, ReadOnlyAdmin, TenantAdmin, TenantForm, UserAdmin
from taskmanager.accounts.models import Organization, User
from taskmanager.accounts.requests import address_of
from taskmanager.errors import DomainError
from taskmanager.tasks import services
from taskmanager.tasks.models import (
    Activity,
    Attachment,
    Comment,
    Epic,
    Notice,
    Project,
    Sprint,
    SprintMembership,
    Task,
    Watcher,
)
from taskmanager.tasks.permissions import may_change, may_delete_comment

FIELDS = ("title", "description", "status", "priority", "owner", "epic", "due_date")


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


class ServiceForm(TenantForm):
    """Something whose rules the services check: here by a rehearsal that is rolled back, then in earnest."""

    started_from = forms.IntegerField(required=False, widget=forms.HiddenInput)
    written: tuple[str, ...] = ()  # the fields that the services write

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Note the version that the form starts from."""
        super().__init__(*args, **kwargs)
        self.fields["started_from"].initial = self.instance.version

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

    def apply(self, cleaned: dict[str, Any]) -> Any:
        """Create or edit it as the form says. Raises what the services raise."""
        wanted = {name: cleaned[name] for name in self.written if name in cleaned}
        if self.instance.pk:
            version = cleaned.get("started_from") or self.instance.version
            return self.edit(self.instance, actor=self.actor, version=version, **wanted)
        return self.create(cleaned["project"], actor=self.actor, **wanted)

    def create(self, project: Project, **fields: Any) -> Any:
        """Call the service that makes one."""
        raise NotImplementedError

    def edit(self, item: Any, **fields: Any) -> Any:
        """Call the service that changes one."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service changes the row."""


class ServedAdmin(TenantAdmin):
    """Rows that the services write, with a line of history, whose actor is of their own organization.

    So a superuser sees those of all organizations, and changes those of their own, like any member.
    """

    ordering = ("-pk",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Take the organization from the project, which stays the same."""
        fixed = {**dict.fromkeys(super().get_readonly_fields(request, obj)), "organization": None}
        return [*fixed, "project"] if obj else [*fixed]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep a superuser to their own organization."""
        return _is_own(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep a superuser to their own organization."""
        return _is_own(request, obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Let the service do it, with its line of history."""
        obj.__dict__.update(form.apply(form.cleaned_data).__dict__)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for item in queryset:
            self.delete_model(request, item)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission to delete what goes with it, as the product asks for none."""
        found, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected


def _is_own(request: HttpRequest, obj: Any) -> bool:
    user: Any = request.user
    return obj is None or obj.organization_id == user.organization_id


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


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Files of tasks: uploaded and downloaded on the pages, here they are only deleted."""

    list_display = ("name", "task", "size", "content_type", "preview", "uploader", "organization", "created_at")
    list_filter = ("preview", "content_type", "created_at", "organization")
    list_select_related = ("task__project", "uploader", "organization")
    search_fields = ("name",)
    ordering = ("-pk",)
    exclude = ("file", "thumbnail")  # a place in the storage has no address of its own

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the roles."""
        user: Any = request.user
        return bool(user.has_perm("tasks.delete_attachment")) and _is_own(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it, with its line of history."""
        user: Any = request.user
        services.delete_attachment(obj, actor=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for attachment in queryset.select_related("task__project"):
            self.delete_model(request, attachment)


@admin.register(Watcher)
class WatcherAdmin(ReadOnlyAdmin):
    """Who hears of which task."""

    list_display = ("email", "task", "organization", "created_at")
    list_filter = ("created_at", "organization")
    list_select_related = ("task__project", "organization")
    search_fields = ("email",)
    ordering = ("-pk",)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What watchers are still to be told."""

    list_display = ("activity", "watcher", "organization", "created_at")
    list_filter = ("created_at", "organization")
    list_select_related = ("activity", "watcher", "organization")
    search_fields = ("watcher__email",)
    ordering = ("-pk",)


admin.site.unregister(Organization)


@admin.register(Organization)
class OrganizationWithWorkAdmin(OrganizationAdmin):
    """Organizations, which take their files with them when they are deleted."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it."""
        services.delete_organization(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for organization in queryset:
            self.delete_model(request, organization)


admin.site.unregister(User)


@admin.register(User)
class UserWithWorkAdmin(UserAdmin):
    """People, whose work stays when they are deleted."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it: it looks once more who is the last Admin. Raises LastAdmin."""
        user: Any = request.user
        services.delete_member(obj, actor=user, address=address_of(request))


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
