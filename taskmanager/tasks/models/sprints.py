"""Sprints, and which tasks they had when."""

import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.tasks.models.epics import Epic
from taskmanager.tasks.models.projects import Project


class SprintQuerySet(models.QuerySet["Sprint"]):
    """How sprints are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's sprints."""
        return self.filter(organization=organization)

    def active(self, today: datetime.date) -> Self:
        """Keep those in which `today` lies, both ends included."""
        return self.filter(start_date__lte=today, end_date__gte=today)

    def upcoming(self, today: datetime.date) -> Self:
        """Keep those that begin after `today`."""
        return self.filter(start_date__gt=today)

    def ended(self, today: datetime.date) -> Self:
        """Keep those that ended before `today`."""
        return self.filter(end_date__lt=today)

    def open(self, today: datetime.date) -> Self:
        """Keep those that still take tasks."""
        return self.filter(end_date__gte=today)

    def in_order(self) -> Self:
        """Order by time, the earliest first."""
        return self.order_by("start_date", "end_date", "pk")

    def for_page(self) -> Self:
        """Fetch what a page shows, with the numbers of its tasks; a query that a template would cause raises."""
        planned = Q(memberships__removed_at=None)
        return (
            self.select_related("project", "creator", "epic")
            .annotate(
                task_count=Count(
                    "memberships",
                    filter=planned & Q(memberships__task__status__in=["UNASSIGNED", "IN_PROGRESS", "DONE"]),
                ),
                done_count=Count("memberships", filter=planned & Q(memberships__task__status="DONE")),
            )
            .fetch_mode(models.FETCH_RAISE)
        )


class Sprint(models.Model):
    """A period in which a project's team does certain tasks."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Whose sprint it is"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="sprints", db_index=False, db_comment="The board it plans"
    )
    name = models.CharField(max_length=100, db_comment="What people call it")
    description = models.TextField(blank=True, max_length=50_000, db_comment="Its goal, as Markdown")
    start_date = models.DateField(db_comment="Its first day")
    end_date = models.DateField(db_comment="Its last day, which belongs to it")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="created_sprints",
        db_comment="Who wrote it; empty for a former member",
    )
    epic = models.ForeignKey(
        Epic,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="sprints",
        db_comment="The epic that it is about; empty for none",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was created")
    updated_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was changed last")
    version = models.PositiveIntegerField(
        default=1, editable=False, db_comment="Counts its changes; an edit names the one it started from"
    )

    objects = SprintQuerySet.as_manager()

    class Meta:
        db_table_comment = "Periods in which certain tasks are to be done"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="tasks_sprint_has_a_name"),
            models.CheckConstraint(condition=Q(end_date__gt=F("start_date")), name="end_date_after_start_date"),
        ]
        indexes: ClassVar = [
            # What is active, to come and over, is asked by the end; the start sorts the few that are found.
            models.Index(fields=["project", "end_date"], name="tasks_sprint_by_end"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_active(self, today: datetime.date) -> bool:
        """Whether `today` lies in it, both ends included."""
        return self.start_date <= today <= self.end_date

    def has_ended(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.end_date < today


class MembershipQuerySet(models.QuerySet["SprintMembership"]):
    """How it is read which tasks a sprint has and had."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's."""
        return self.filter(organization=organization)

    def open(self) -> Self:
        """Keep those of tasks that are still in the sprint."""
        return self.filter(removed_at=None)


class SprintMembership(models.Model):
    """That a task was planned into a sprint, and perhaps taken out again. Rows are closed, never deleted."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Whose plan it is"
    )
    sprint = models.ForeignKey(
        Sprint, on_delete=models.CASCADE, related_name="memberships", db_comment="The sprint it was planned into"
    )
    task = models.ForeignKey(
        "tasks.Task", on_delete=models.CASCADE, related_name="memberships", db_comment="The task that was planned"
    )
    planned_at = models.DateTimeField(default=timezone.now, db_comment="When it was planned into the sprint")
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="Who planned it; empty for a former member",
    )
    removed_at = models.DateTimeField(null=True, db_comment="When it was taken out; empty while it is in the sprint")
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="Who took it out; empty while it is in the sprint, and for a former member",
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table_comment = "Which tasks a sprint has and had: one row for each time that a task was planned into it"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sprint", "task"], condition=Q(removed_at=None), name="tasks_sprintmembership_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(removed_at__gte=F("planned_at")),
                name="tasks_sprintmembership_removed_after_planned",
            ),
            models.CheckConstraint(
                condition=Q(removed_by=None) | Q(removed_at__isnull=False),
                name="tasks_sprintmembership_removed_by_only_when_removed",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.task_id} in sprint {self.sprint_id}"
