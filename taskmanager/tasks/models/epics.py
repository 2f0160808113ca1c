"""Epics: big pieces of work made of tasks."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.tasks.models.projects import Project

EPIC_COLOURS = 8


class EpicQuerySet(models.QuerySet["Epic"]):
    """How epics are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's epics."""
        return self.filter(organization=organization)

    def by_name(self) -> Self:
        """Order as people look one up."""
        return self.order_by("name", "pk")

    def for_page(self) -> Self:
        """Fetch what a page shows, with the numbers of its tasks; a query that a template would cause raises."""
        return (
            self.select_related("project", "creator")
            .annotate(
                task_count=Count("tasks", filter=Q(tasks__status__in=["UNASSIGNED", "IN_PROGRESS", "DONE"])),
                done_count=Count("tasks", filter=Q(tasks__status="DONE")),
            )
            .fetch_mode(models.FETCH_RAISE)
        )


class Epic(models.Model):
    """A big piece of work. How far it is, its tasks say: that is never stored."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Whose epic it is"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="epics", db_comment="The board that it is planned on"
    )
    name = models.CharField(max_length=100, db_comment="What people call it")
    description = models.TextField(blank=True, max_length=50_000, db_comment="What it is for, as Markdown")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="created_epics",
        db_comment="Who wrote it; empty for a former member",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was created")
    updated_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was changed last")
    version = models.PositiveIntegerField(
        default=1, editable=False, db_comment="Counts its changes; an edit names the one it started from"
    )

    objects = EpicQuerySet.as_manager()

    class Meta:
        db_table_comment = "Big pieces of work, made of tasks"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="tasks_epic_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def colour(self) -> int:
        """The number of its colour, the same on every page."""
        return self.pk % EPIC_COLOURS
