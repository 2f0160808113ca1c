"""Attachments."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.files.sizes import size_label
from taskmanager.tasks.models.tasks import Task

# What a picture of a file has room for.
SUFFIX_LENGTH = 5


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """How attachments are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's attachments."""
        return self.filter(organization=organization)

    def for_list(self) -> Self:
        """Order the oldest first, and fetch who attached them; a query that a template would cause raises instead."""
        return self.select_related("uploader").order_by("pk").fetch_mode(models.FETCH_RAISE)

    def for_pages(self) -> Self:
        """Fetch what the pages of one attachment show."""
        return self.select_related("uploader", "task__project").fetch_mode(models.FETCH_RAISE)


class Attachment(models.Model):
    """A file that belongs to a task. What it contains never changes."""

    class Preview(models.TextChoices):
        """What there is to be seen of it: the state of its thumbnail."""

        NONE = "NONE", "No image"
        PENDING = "PENDING", "Being made"
        READY = "READY", "Made"
        TOO_LARGE = "TOO_LARGE", "Too large for a preview"
        BROKEN = "BROKEN", "Not readable"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Whose attachment it is"
    )
    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="attachments", db_index=False, db_comment="The task it belongs to"
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="Who attached it; empty for a former member",
    )
    name = models.CharField(max_length=255, db_comment="What its uploader called it, made harmless; no path")
    size = models.PositiveBigIntegerField(db_comment="How many bytes it has")
    content_type = models.CharField(max_length=127, db_comment="What it is, read from its content and not its name")
    file = models.FileField(max_length=100, unique=True, db_comment="Where it lies in the storage: nothing to guess")
    preview = models.CharField(
        max_length=9,
        choices=Preview,
        default=Preview.NONE,
        db_comment="NONE, PENDING, READY, TOO_LARGE or BROKEN: what became of the thumbnail",
    )
    thumbnail = models.FileField(
        max_length=110, blank=True, db_comment="Where its thumbnail lies in the storage; empty for none"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was attached")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        db_table_comment = "Files that belong to tasks"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="tasks_attachment_has_a_name"),
            models.CheckConstraint(condition=Q(size__gt=0), name="tasks_attachment_is_not_empty"),
            models.CheckConstraint(condition=~Q(content_type=""), name="tasks_attachment_has_a_content_type"),
            models.CheckConstraint(condition=~Q(file=""), name="tasks_attachment_has_a_file"),
            models.CheckConstraint(
                condition=Q(preview__in=["NONE", "PENDING", "READY", "TOO_LARGE", "BROKEN"]),
                name="tasks_attachment_preview_check",
            ),
            models.CheckConstraint(
                condition=Q(preview="READY") & ~Q(thumbnail="") | ~Q(preview="READY") & Q(thumbnail=""),
                name="tasks_attachment_thumbnail_only_when_ready",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["task", "id"], name="tasks_attachment_of_task")]

    def __str__(self) -> str:
        return self.name

    @property
    def size_label(self) -> str:
        """How large it is, as people read it."""
        return size_label(self.size)

    @property
    def suffix(self) -> str:
        """The ending of its name in capitals, where that is short: what people know a kind of file by."""
        suffix = self.name.rpartition(".")[2]
        return suffix.upper() if suffix != self.name and len(suffix) <= SUFFIX_LENGTH and suffix.isalnum() else ""
