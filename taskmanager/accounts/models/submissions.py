"""What forms were sent."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import User


class FormSubmission(models.Model):
    """A form that was sent, and what came of it; for a day a second submission is told so."""

    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_comment="Whose it is; empty for a form sent without a sign-in",
    )
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_comment="Who sent it; empty for a form sent without a sign-in",
    )
    form = models.CharField(max_length=200, db_comment="The address that it was sent to")
    uuid = models.UUIDField("UUID", db_comment="The one-time UUID in the form")
    made = models.CharField(max_length=200, blank=True, db_comment="What it made: the address of that, for most forms")
    created_at = models.DateTimeField(default=timezone.now, db_index=True, db_comment="When it was sent")

    class Meta:
        db_table_comment = "Forms that were sent, so that none acts twice; rows are kept for a day"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "form", "uuid"], name="accounts_form_submission_once_per_user"),
            # To the database two empty users are never the same.
            models.UniqueConstraint(
                fields=["form", "uuid"],
                condition=models.Q(user=None),
                name="accounts_form_submission_once_without_user",
            ),
            models.CheckConstraint(
                condition=models.Q(user=None, organization=None)
                | models.Q(user__isnull=False, organization__isnull=False),
                name="accounts_form_submission_of_a_member_or_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.uuid}"
