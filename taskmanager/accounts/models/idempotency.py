"""What calls of the API were answered, so that one that is sent again acts once."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import User

KEY_LENGTH = 255


class IdempotentCall(models.Model):
    """A call with an Idempotency-Key, and its answer. Rows are kept for a day."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Whose call it was"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Who made the call"
    )
    key = models.CharField(max_length=KEY_LENGTH, db_comment="What the caller named it, in Idempotency-Key")
    fingerprint = models.CharField(max_length=64, db_comment="SHA-256 of its method, address and body")
    status = models.PositiveSmallIntegerField(default=0, db_comment="The status of the answer")
    answer = models.TextField(blank=True, default="", db_comment="The body of the answer")
    created_at = models.DateTimeField(default=timezone.now, db_index=True, db_comment="When it was made")

    class Meta:
        db_table_comment = "Calls of the API that are safe to repeat, with their answers; rows are kept for a day"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="accounts_idempotent_call_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
