"""What proves besides the password who somebody is. No row is of any use to who steals it."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import User

PASSKEY_NAME_LENGTH = 50
# A credential's id has at most 1023 bytes, which are 1364 characters of base64url.
CREDENTIAL_ID_LENGTH = 1364


class Authenticator(models.Model):
    """An app that shows a new code every 30 seconds (TOTP, RFC 6238). One per user; its row appears once it works."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Where the user works"
    )
    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="authenticator", db_comment="Whose app it is"
    )
    key = models.TextField(db_comment="The key that app and server share, encrypted: the SECRET_KEY isn't in here")
    last_step = models.BigIntegerField(
        default=0, db_comment="The time step, 30 seconds each since 1970, of the last code that was taken"
    )
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it was set up")
    last_used_at = models.DateTimeField(null=True, db_comment="When it last signed somebody in")

    class Meta:
        db_table_comment = "Authenticator apps, with their keys encrypted"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(key=""), name="accounts_authenticator_has_a_key"),
        ]

    def __str__(self) -> str:
        return "Authenticator app"


class Passkey(models.Model):
    """A key pair of somebody's device or security key (WebAuthn). Only its public half is here."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Where the user works"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys", db_comment="Whose passkey it is")
    name = models.CharField(max_length=PASSKEY_NAME_LENGTH, db_comment="What its owner calls it")
    credential_id = models.CharField(
        max_length=CREDENTIAL_ID_LENGTH, unique=True, db_comment="How the device names it, as base64url"
    )
    public_key = models.BinaryField(db_comment="What verifies its signatures (COSE)")
    user_handle = models.CharField(
        max_length=86, db_comment="Random, the same for all of a user's passkeys: what the device knows the user by"
    )
    sign_count = models.BigIntegerField(default=0, db_comment="How often the device says it has signed; 0: it doesn't")
    transports = models.JSONField(default=list, db_comment="How browsers reach the device: usb, nfc, internal, …")
    aaguid = models.UUIDField(db_comment="The kind of device, where it tells; else zeros")
    is_syncable = models.BooleanField(default=False, db_comment="Whether it may live on several devices")
    is_backed_up = models.BooleanField(default=False, db_comment="Whether it does, as of the last use")
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it was added")
    last_used_at = models.DateTimeField(null=True, db_comment="When it last signed somebody in")

    class Meta:
        db_table_comment = "Passkeys: the public halves of key pairs"
        ordering = ("created_at", "pk")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_passkey_has_a_name"),
            models.CheckConstraint(condition=~models.Q(credential_id=""), name="accounts_passkey_has_an_id"),
            models.CheckConstraint(condition=models.Q(sign_count__gte=0), name="accounts_passkey_counts_up"),
        ]

    def __str__(self) -> str:
        return self.name


class RecoveryCodeQuerySet(models.QuerySet["RecoveryCode"]):
    """How recovery codes are reached."""

    def left(self) -> Self:
        """Keep those that weren't used."""
        return self.filter(used_at=None)


class RecoveryCode(models.Model):
    """A code that lets its user in once, for when everything else is lost."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Where the user works"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="recovery_codes", db_comment="Whom it lets in"
    )
    digest = models.CharField(
        max_length=64, unique=True, db_comment="HMAC-SHA-256 of user and code by a key that isn't in the database"
    )
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it was made")
    used_at = models.DateTimeField(null=True, db_comment="When it let somebody in, which it does once")

    objects = RecoveryCodeQuerySet.as_manager()

    class Meta:
        db_table_comment = "Codes for when every other factor is lost, kept as keyed hashes"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(used_at__gte=models.F("created_at")),
                name="accounts_recovery_code_used_after_it_was_made",
            ),
        ]

    def __str__(self) -> str:
        return "Used" if self.used_at else "Not used"
