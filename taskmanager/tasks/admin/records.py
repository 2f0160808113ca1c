"""What belongs to a task, in Django's admin: read there, and deleted where the roles allow it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.admin import ReadOnlyAdmin
from taskmanager.tasks import services
from taskmanager.tasks.admin.served import is_own
from taskmanager.tasks.models import (
    Activity,
    Attachment,
    Comment,
    Notice,
    Watcher,
)
from taskmanager.tasks.permissions import may_delete_comment


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
        return bool(user.has_perm("tasks.delete_attachment")) and is_own(request, obj)

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
