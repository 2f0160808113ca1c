"""What programs come in by: API tokens, and the refresh halves of short-lived pairs."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import User


class Scope(models.TextChoices):
    """What a token allows, of what its user may."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """How API tokens are reached: through their user."""

    def of(self, user: User) -> Self:
        """Keep the user's."""
        return self.filter(user=user)

    def live(self) -> Self:
        """Keep those that open something."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(models.Model):
    """Lets a program act as its user. The token itself is shown once and kept nowhere."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Where the token's user works"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_tokens", db_comment="As whom a program acts with it"
    )
    name = models.CharField(max_length=100, db_comment="What it is for, in its user's words")
    scope = models.CharField(max_length=5, choices=Scope, db_comment="What it allows, of what its user may")
    prefix = models.CharField(max_length=12, db_comment="How it begins, to tell it from others; no secret")
    hash = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        db_comment="SHA-256 of the token, of which 214 random bits are not in the prefix",
    )
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it was made")
    expires_at = models.DateTimeField(db_comment="Until when it opens something")
    last_used_at = models.DateTimeField(null=True, db_comment="When it was last used, give or take a minute")
    last_used_address = models.GenericIPAddressField(null=True, db_comment="Where it was last used from")
    revoked_at = models.DateTimeField(null=True, db_comment="When it was ended before its time")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        db_table_comment = "API tokens: what programs come in by; only hashes of them"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_api_token_has_a_name"),
            models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="accounts_api_token_scope_check"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="accounts_api_token_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    """How refresh tokens are reached: through their user."""

    def of(self, user: User) -> Self:
        """Keep the user's."""
        return self.filter(user=user)

    def live(self) -> Self:
        """Keep those that still give another pair."""
        return self.filter(revoked_at=None, spent_at=None, expires_at__gt=timezone.now())


class RefreshToken(models.Model):
    """The longer-lived half of a pair. Each is spent for the next of its family; spending it twice ends them all."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Where the token's user works"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="refresh_tokens", db_comment="As whom a program acts with it"
    )
    family = models.UUIDField(
        db_index=True, db_comment="The same for all that were refreshed from one sign-in, and in their access tokens"
    )
    hash = models.CharField(
        max_length=64, unique=True, editable=False, db_comment="SHA-256 of the id (jti) in the signed token"
    )
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it was made")
    expires_at = models.DateTimeField(db_index=True, db_comment="Until when it gives another pair")
    spent_at = models.DateTimeField(null=True, db_comment="When it was exchanged for the next one")
    revoked_at = models.DateTimeField(null=True, db_comment="When its family was ended before its time")

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        db_table_comment = "Refresh tokens, each of which works once; only hashes of their ids"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="accounts_refresh_token_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"Refresh token until {self.expires_at:%Y-%m-%d %H:%M}"
