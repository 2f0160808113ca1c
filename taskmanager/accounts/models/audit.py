"""What a security officer asks for afterwards: who came in, who tried to, and who gave whom which right."""

from typing import ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import User


class AuditKind(models.TextChoices):
    """What happened to the doors."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SECOND_FACTOR_FAILED = "second_factor_failed", "Second factor failed"
    SECOND_FACTOR_ADDED = "second_factor_added", "Second factor added"
    SECOND_FACTOR_REMOVED = "second_factor_removed", "Second factor removed"
    SECOND_FACTOR_RESET = "second_factor_reset", "Second factor reset by an Admin"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes made"
    RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET = "password_reset", "Password reset by e-mail"
    SESSIONS_ENDED = "sessions_ended", "Signed out elsewhere"
    ORGANIZATION_REGISTERED = "organization_registered", "Organization registered"
    ORGANIZATION_CHANGED = "organization_changed", "Organization changed"
    SINGLE_SIGN_ON_CHANGED = "single_sign_on_changed", "Single sign-on changed"
    MEMBER_INVITED = "member_invited", "Member invited"
    INVITATION_RESENT = "invitation_resent", "Invitation sent again"
    INVITATION_REVOKED = "invitation_revoked", "Invitation revoked"
    MEMBER_JOINED = "member_joined", "Member joined"
    ROLES_CHANGED = "roles_changed", "Roles changed"
    MEMBER_DEACTIVATED = "member_deactivated", "Member deactivated"
    MEMBER_REACTIVATED = "member_reactivated", "Member reactivated"
    DATA_EXPORTED = "data_exported", "Own data exported"
    ACCOUNT_CLOSED = "account_closed", "Account closed"
    TOKEN_CREATED = "token_created", "API token created"
    TOKEN_REVOKED = "token_revoked", "API token revoked"
    TOKEN_USED = "token_used", "API token used from a new address"
    TOKEN_REUSED = "token_reused", "Spent refresh token used again"


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    """How events are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's."""
        return self.filter(organization=organization)


class AuditEvent(models.Model):
    """One thing that happened to an organization's doors. A trigger refuses to change it, and no page deletes it."""

    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_comment="Whose doors; empty where somebody named an organization that there isn't",
    )
    kind = models.CharField(max_length=30, choices=AuditKind, db_comment="What happened")
    actor = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="Who did it; empty for nobody known, for a former member, and for a superuser from elsewhere",
    )
    actor_name = models.CharField(
        max_length=50, blank=True, default="", db_comment="The actor's username at that time, which stays"
    )
    subject = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="To whom it was done, where that is somebody else; empty for a former member",
    )
    subject_name = models.CharField(
        max_length=50, blank=True, default="", db_comment="The subject's username at that time, which stays"
    )
    address = models.GenericIPAddressField(null=True, db_comment="Where the request came from, where that is known")
    detail = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder, db_comment="More of it, by name: roles before and after, for example"
    )
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it happened")

    objects = AuditQuerySet.as_manager()

    class Meta:
        db_table_comment = "What happened to the doors of organizations; rows are never changed"
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at", "-id"], name="accounts_audit_newest"),
            models.Index(fields=["created_at"], name="accounts_audit_oldest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AuditKind.values),
                name="accounts_audit_event_kind_check",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject_name or self.actor_name}"
