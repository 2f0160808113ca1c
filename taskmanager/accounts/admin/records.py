"""What is kept beside the work: flags, counts, forms that were sent, the audit."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.http import HttpRequest
from waffle import admin as waffle_admin

from taskmanager.accounts.admin.tenancy import ReadOnlyAdmin, SuperuserOnly
from taskmanager.accounts.models import (
    AuditEvent,
    Flag,
    FormSubmission,
    IdempotentCall,
    Throttle,
)


@admin.register(Flag)
class FlagAdmin(SuperuserOnly, waffle_admin.FlagAdmin):
    """Feature flags, the same for all organizations: for groups, for people, or for everyone."""

    list_filter = ("everyone", "superusers", "staff", "created")
    filter_horizontal = ("groups",)

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Return waffle's actions. Its own method doesn't know yet that there is more than one place for them."""
        found = admin.ModelAdmin.get_actions(self, request, action_location)
        found.pop("delete_selected", None)
        return found


@admin.register(Throttle)
class ThrottleAdmin(SuperuserOnly):
    """Counted tries. Deleting a row lets somebody try again at once."""

    list_display = ("key", "count", "ends_at")
    list_filter = ("ends_at",)
    ordering = ("-ends_at",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(FormSubmission)
class FormSubmissionAdmin(ReadOnlyAdmin):
    """Forms that were sent in the last day."""

    list_display = ("created_at", "form", "made", "user", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("form", "made")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened to the doors of organizations."""

    list_display = ("created_at", "kind", "actor_name", "subject_name", "address", "organization")
    list_filter = ("kind", "created_at", "organization")
    list_select_related = ("organization",)
    search_fields = ("actor_name", "subject_name", "address")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")


@admin.register(IdempotentCall)
class IdempotentCallAdmin(ReadOnlyAdmin):
    """Calls of the API in the last day that can be repeated without acting twice."""

    list_display = ("created_at", "key", "status", "user", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("key",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = ("organization", "user", "key", "status", "created_at")
