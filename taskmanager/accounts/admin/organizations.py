"""Organizations, and how people come into them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from taskmanager.accounts import services
from taskmanager.accounts.admin.tenancy import ReadOnlyAdmin, TenantAdmin
from taskmanager.accounts.models import (
    AuditKind,
    ExternalIdentity,
    Invitation,
    Organization,
    SingleSignOn,
)
from taskmanager.accounts.requests import address_of


@admin.register(Organization)
class OrganizationAdmin(TenantAdmin):
    """Organizations are made by registering; deleting one deletes all of its work."""

    organization_field = "pk"
    list_display = ("name", "slug", "is_demo", "created_at")
    list_filter = ("is_demo", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "require_second_factor", "is_demo", "created_at")
    readonly_fields = ("is_demo", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the slug, which sign-in and links need, to superusers."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if getattr(request.user, "is_superuser", False) else [*fixed, "slug"]

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:  # noqa: FBT001
        """Tell the audit what changed."""
        super().save_model(request, obj, form, change)
        if form.changed_data:
            actor: Any = request.user
            after = {name: str(form.cleaned_data[name]) for name in form.changed_data}
            before = {name: str(form.initial[name]) for name in form.changed_data}
            services.record_event(
                obj,
                AuditKind.ORGANIZATION_CHANGED,
                actor=actor,
                address=address_of(request),
                before=before,
                after=after,
            )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: an organization starts with a project and an Admin, which registering makes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return bool(getattr(request.user, "is_superuser", False))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission to delete each kind of row: with the tenant, its history goes too."""
        found, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who was asked to become a member. What the link signs isn't shown."""

    list_display = (
        "email",
        "roles",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
        "organization",
    )
    list_filter = ("created_at", "organization")
    list_select_related = ("invited_by", "organization")
    search_fields = ("email",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (
        "organization",
        "email",
        "roles",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )


@admin.register(SingleSignOn)
class SingleSignOnAdmin(ReadOnlyAdmin):
    """By which provider people sign in. Its secret isn't shown; an organization's Admins change it on their page."""

    list_display = ("organization", "is_enabled", "issuer", "client_id", "changed_at")
    list_filter = ("is_enabled", "changed_at", "organization")
    list_select_related = ("organization",)
    search_fields = ("issuer", "client_id")
    ordering = ("organization__name",)
    fields = (
        "organization",
        "is_enabled",
        "issuer",
        "client_id",
        "default_roles",
        "groups_claim",
        "group_roles",
        "changed_at",
    )


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(ReadOnlyAdmin):
    """By which accounts of their provider people come. Their Admins disconnect them under Members."""

    list_display = ("user", "issuer", "subject", "created_at", "used_at", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__username", "user__email", "subject")
    date_hierarchy = "created_at"
    ordering = ("-used_at",)
