"""What people come in by. What is secret of it isn't shown, and nothing is changed here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.admin.tenancy import ReadOnlyAdmin, SuperuserOnly
from taskmanager.accounts.models import (
    ApiToken,
    Authenticator,
    Passkey,
    RecoveryCode,
    RefreshToken,
    Session,
)


@admin.register(Session)
class SessionAdmin(SuperuserOnly):
    """Who is signed in where. What a session holds isn't shown; deleting a row signs somebody out."""

    list_display = ("user", "browser", "address", "begun_at", "seen_at", "expire_date")
    list_filter = ("seen_at",)
    list_select_related = ("user__organization",)
    search_fields = ("user__username", "user__email")
    ordering = ("-seen_at",)
    fields = ("user", "browser", "address", "begun_at", "seen_at", "expire_date")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def delete_model(self, request: HttpRequest, obj: Session) -> None:
        """End the session in the cache, too."""
        Session.get_session_store_class().forget([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """End the sessions in the cache, too."""
        Session.get_session_store_class().forget(list(queryset.values_list("pk", flat=True)))


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """What programs come in by. The hash isn't shown; deactivating the user ends them."""

    list_display = ("name", "prefix", "user", "scope", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("scope", "created_at", "organization")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (
        "organization",
        "user",
        "name",
        "prefix",
        "scope",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_address",
        "revoked_at",
    )


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """The longer-lived halves of pairs, by family. The hash isn't shown."""

    list_display = ("user", "family", "created_at", "expires_at", "spent_at", "revoked_at", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__username",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = ("organization", "user", "family", "created_at", "expires_at", "spent_at", "revoked_at")


class SecondFactorAdmin(ReadOnlyAdmin):
    """What people sign in with. What is secret of it isn't shown, and a reset is for the page of a member."""

    list_select_related = ("user", "organization")
    search_fields = ("user__username", "user__email")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")


@admin.register(Authenticator)
class AuthenticatorAdmin(SecondFactorAdmin):
    """Authenticator apps."""

    list_display = ("user", "created_at", "last_used_at", "organization")
    list_filter = ("created_at", "organization")
    fields = ("organization", "user", "created_at", "last_used_at")


@admin.register(Passkey)
class PasskeyAdmin(SecondFactorAdmin):
    """Passkeys."""

    list_display = ("user", "name", "is_syncable", "is_backed_up", "created_at", "last_used_at", "organization")
    list_filter = ("is_backed_up", "created_at", "organization")
    fields = (
        "organization",
        "user",
        "name",
        "credential_id",
        "aaguid",
        "transports",
        "sign_count",
        "is_syncable",
        "is_backed_up",
        "created_at",
        "last_used_at",
    )


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(SecondFactorAdmin):
    """Recovery codes, of which nothing can be told but whether they were used."""

    list_display = ("user", "created_at", "used_at", "organization")
    list_filter = ("used_at", "organization")
    fields = ("organization", "user", "created_at", "used_at")
