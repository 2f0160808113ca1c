"""Comments."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.tasks.models.tasks import Task

COMMENT_LENGTH = 20_000


class CommentQuerySet(models.QuerySet["Comment"]):
    """How comments are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's comments."""
        return self.filter(organization=organization)

    def for_editing(self) -> Self:
        """Fetch what the pages of one comment show; a query that a template would cause raises instead."""
        return self.select_related("author", "task__project").fetch_mode(models.FETCH_RAISE)


class Comment(models.Model):
    """What somebody said about a task. Its place in the task's history is that of its line `commented`."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Whose comment it is"
    )
    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="comments", db_index=False, db_comment="The task it is about"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="Who wrote it; empty for a former member",
    )
    text = models.TextField(max_length=COMMENT_LENGTH, db_comment="What it says, as Markdown")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was written")
    edited_at = models.DateTimeField(
        null=True, editable=False, db_comment="When its author changed it last; empty where they never did"
    )
    version = models.PositiveIntegerField(
        default=1, editable=False, db_comment="Counts its changes; an edit names the one it started from"
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        db_table_comment = "What people say about tasks"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="tasks_comment_has_a_text"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), COMMENT_LENGTH), name="tasks_comment_is_not_too_long"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["task", "id"], name="tasks_comment_of_task")]

    def __str__(self) -> str:
        return f"Comment {self.pk} on task {self.task_id}"
