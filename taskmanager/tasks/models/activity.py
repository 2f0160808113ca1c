"""History."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.tasks.models.comments import Comment
from taskmanager.tasks.models.epics import Epic
from taskmanager.tasks.models.sprints import Sprint
from taskmanager.tasks.models.tasks import Task


class ActivityQuerySet(models.QuerySet["Activity"]):
    """How history is read: of one task, the newest first."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's history."""
        return self.filter(organization=organization)

    def for_timeline(self) -> Self:
        """Order the newest first, and fetch who acted and what they said.

        A place in a column is no news, an edited comment says so itself, and one that was deleted leaves the line
        of its deletion alone.
        """
        lines = self.exclude(verb__in=["reordered", "edited_comment"]).exclude(verb="commented", comment=None)
        return lines.select_related("actor", "comment").defer("actor__biography").order_by("-pk")


class Activity(models.Model):
    """One line of history: who did what to which item. Written by the service that made the change."""

    class Verb(models.TextChoices):
        """What was done."""

        CREATED = "created", "created this"
        EDITED = "edited", "edited it"
        CLAIMED = "claimed", "claimed it"
        RELEASED = "released", "released it"
        MOVED = "moved", "moved it"
        REORDERED = "reordered", "changed its place in the column"
        ARCHIVED = "archived", "archived it"
        DELETED = "deleted", "deleted it"
        COMMENTED = "commented", "commented"
        EDITED_COMMENT = "edited_comment", "edited a comment"
        DELETED_COMMENT = "deleted_comment", "deleted a comment"
        PLANNED = "planned", "planned it"
        REMOVED = "removed", "removed it"
        ATTACHED = "attached", "attached"
        DELETED_ATTACHMENT = "deleted_attachment", "deleted"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Whose history it is"
    )
    task = models.ForeignKey(
        Task,
        null=True,
        on_delete=models.SET_NULL,
        related_name="activities",
        db_index=False,
        db_comment="The task it is about; empty for other items, and once that is deleted",
    )
    epic = models.ForeignKey(
        Epic,
        null=True,
        on_delete=models.SET_NULL,
        related_name="activities",
        db_index=False,
        db_comment="The epic it is about; empty for other items, and once that is deleted",
    )
    sprint = models.ForeignKey(
        Sprint,
        null=True,
        on_delete=models.SET_NULL,
        related_name="activities",
        db_index=False,
        db_comment="The sprint it is about, or that the task was planned into; empty once that is deleted",
    )
    reference = models.CharField(
        max_length=100, db_comment="What the item was called then: a task as in WEB-12, an epic or sprint by its name"
    )
    comment = models.ForeignKey(
        Comment,
        null=True,
        on_delete=models.SET_NULL,
        related_name="activities",
        db_index=False,
        db_comment="The comment that was written or edited; empty for other changes, and once it is deleted",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="Who did it; empty for a former member",
    )
    verb = models.CharField(max_length=20, choices=Verb, db_comment="What was done")
    changes = models.JSONField(
        default=dict, db_comment='Per changed field its old and its new value: {"status": ["UNASSIGNED", "DONE"]}'
    )
    version = models.PositiveIntegerField(db_comment="The version of the item that this change made")
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it was done")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        db_table_comment = "History: one row per change, written in the transaction of the change"
        verbose_name_plural = "activities"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    verb__in=[
                        "created",
                        "edited",
                        "claimed",
                        "released",
                        "moved",
                        "reordered",
                        "archived",
                        "deleted",
                        "commented",
                        "edited_comment",
                        "deleted_comment",
                        "planned",
                        "removed",
                        "attached",
                        "deleted_attachment",
                    ]
                ),
                name="tasks_activity_verb_check",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["task", "-id"], name="tasks_activity_of_task"),
            models.Index(fields=["epic", "-id"], condition=Q(epic__isnull=False), name="tasks_activity_of_epic"),
            models.Index(fields=["sprint", "-id"], condition=Q(sprint__isnull=False), name="tasks_activity_of_sprint"),
            models.Index(fields=["organization", "-id"], name="tasks_activity_newest"),
            models.Index(fields=["comment"], condition=~Q(comment=None), name="tasks_activity_of_comment"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.verb}"
