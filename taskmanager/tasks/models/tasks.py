"""Tasks."""

import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.tasks.models.epics import Epic
from taskmanager.tasks.models.projects import Project
from taskmanager.tasks.models.sprints import Sprint, SprintMembership, SprintQuerySet

# Counting stops here: people need "1,000+", not 183,412, and the page costs the same at any size.
COUNT_LIMIT = 1000
# Seconds for which a claim may hold. Shorter than any pause of a program, it would be lost by chance.
SHORTEST_LEASE, LONGEST_LEASE = 10, 86_400


# The rank of a task's priority, by which can be sorted: LOW is 0.
PRIORITY_RANK = models.Case(
    *(
        models.When(priority=value, then=models.Value(rank))
        for rank, value in enumerate(("LOW", "MEDIUM", "HIGH", "URGENT"))
    ),
    output_field=models.IntegerField(),
)


class DayOf(models.Func):
    """The day of a moment in UTC, in SQL that a check constraint may hold on either database."""

    output_field = models.DateField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Render for PostgreSQL."""
        return self.as_sql(compiler, connection, template="(%(expressions)s AT TIME ZONE 'UTC')::date", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Render for SQLite, which keeps moments in UTC."""
        return self.as_sql(compiler, connection, template="DATE(%(expressions)s)", **context)


class TaskQuerySet(models.QuerySet["Task"]):
    """How tasks are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's tasks."""
        return self.filter(organization=organization)

    def column(self, project: Project, status: str) -> Self:
        """Keep one column of a board, in its order."""
        return self.filter(project=project, status=status).order_by("position", "pk")

    def in_sprint(self, sprint: Sprint) -> Self:
        """Keep those that are in the sprint now."""
        return self.filter(pk__in=SprintMembership.objects.open().filter(sprint=sprint).values("task"))

    def expired(self, moment: datetime.datetime) -> Self:
        """Keep those whose lease had ended by then."""
        return self.filter(lease_expires_at__lte=moment)

    def created_on(self, day: datetime.date) -> Self:
        """Keep those created on that day in the current time zone, the newest first."""
        return self._within("created_at", day, day)

    def archived_in(self, year: int) -> Self:
        """Keep those that are archived, and were so in that year in the current time zone, the latest first."""
        return self._within("archived_at", datetime.date(year, 1, 1), datetime.date(year, 12, 31))

    def _within(self, field: str, first: datetime.date, last: datetime.date) -> Self:
        if not datetime.MINYEAR < first.year < datetime.MAXYEAR:
            return self.none()  # the moments at either end of time can't be told in every time zone
        # A range of moments, and not the day of each: only that finds them by the index.
        midnights = [datetime.datetime.combine(day, datetime.time()) for day in (first, last + datetime.timedelta(1))]
        start, end = (timezone.make_aware(midnight) for midnight in midnights)
        tasks = self.filter(**{f"{field}__gte": start, f"{field}__lt": end})
        return tasks.order_by(f"-{field}", "-pk")

    def for_cards(self) -> Self:
        """Fetch what a card shows and nothing more; a query that a template would cause raises instead."""
        return (
            self.select_related("owner", "project", "epic")
            .defer("description", "epic__description", "owner__biography")
            .fetch_mode(models.FETCH_RAISE)
        )

    def for_results(self, characters: int) -> Self:
        """Fetch what a found task shows: a card's fields, and as `beginning` that of the description."""
        return self.for_cards().annotate(beginning=Left("description", characters))

    def for_detail(self) -> Self:
        """Fetch what the page of one task shows."""
        return self.select_related("owner", "creator", "project", "epic").fetch_mode(models.FETCH_RAISE)

    def found_first(self, limit: int) -> Self:
        """Keep the same rows, at most `limit`, but have them all found before they are sorted.

        PostgreSQL would rather walk from the newest task on until a page is full, which is quick where the rows are
        spread evenly, and reads every task of the organization where they are few and old.
        """
        return self.filter(pk__in=self.order_by().values("pk")[:limit])

    def capped_count(self, *, limit: int = COUNT_LIMIT) -> int:
        """Return how many there are, counting no further than `limit` + 1."""
        return self.order_by().values("pk")[: limit + 1].count()


class Task(models.Model):
    """One piece of work."""

    class Status(models.TextChoices):
        """Where a task stands: its column on the board."""

        UNASSIGNED = "UNASSIGNED", "Unassigned"
        IN_PROGRESS = "IN_PROGRESS", "In progress"
        DONE = "DONE", "Completed"
        ARCHIVED = "ARCHIVED", "Archived"

    class Priority(models.TextChoices):
        """How much it matters, the least first."""

        LOW = "LOW", "Low"
        MEDIUM = "MEDIUM", "Medium"
        HIGH = "HIGH", "High"
        URGENT = "URGENT", "Urgent"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Whose task it is"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="tasks", db_index=False, db_comment="The board it is on"
    )
    number = models.PositiveIntegerField(
        editable=False, db_comment="Counts from 1 in each project, without gaps; WEB-12 is number 12 of WEB"
    )
    title = models.CharField(max_length=200, db_comment="What is to be done, in one line")
    description = models.TextField(blank=True, max_length=50_000, db_comment="The details, as Markdown")
    status = models.CharField(
        max_length=11,
        choices=Status,
        default=Status.UNASSIGNED,
        db_comment="UNASSIGNED, IN_PROGRESS, DONE or ARCHIVED; an unassigned task has no owner",
    )
    priority = models.CharField(
        max_length=6,
        choices=Priority,
        default=Priority.MEDIUM,
        db_comment="LOW, MEDIUM, HIGH or URGENT",
    )
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="created_tasks",
        db_comment="Who wrote it; empty for a former member",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="owned_tasks",
        db_comment="Who is responsible for it; empty for nobody",
    )
    epic = models.ForeignKey(
        Epic,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tasks",
        db_index=False,
        db_comment="The epic that it is part of; empty for none",
    )
    due_date = models.DateField(
        null=True, blank=True, db_comment="The day by which it should be done; not before the day of creation"
    )
    position = models.CharField(
        max_length=250,
        editable=False,
        db_comment="Its place in its column: digits that are compared as text, so that a new one fits between any two",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was created")
    updated_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it was changed last")
    completed_at = models.DateTimeField(
        null=True, editable=False, db_comment="When it became DONE; empty in every other status"
    )
    archived_at = models.DateTimeField(
        null=True, editable=False, db_comment="When it became ARCHIVED; empty in every other status"
    )
    version = models.PositiveIntegerField(
        default=1, editable=False, db_comment="Counts its changes; an edit names the one it started from"
    )
    lease_expires_at = models.DateTimeField(
        null=True,
        editable=False,
        db_comment="When it comes back to everybody, unless its owner renews the claim; empty for a claim without end",
    )
    lease_seconds = models.PositiveIntegerField(
        null=True, editable=False, db_comment="For how long the claim was made and renewed last; empty without a lease"
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table_comment = "Pieces of work"
        permissions: ClassVar = [("change_any_task", "Can change tasks of others")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="tasks_task_number_once_per_project"),
            models.CheckConstraint(
                condition=Q(status__in=["UNASSIGNED", "IN_PROGRESS", "DONE", "ARCHIVED"]), name="status_check"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=["LOW", "MEDIUM", "HIGH", "URGENT"]), name="priority_check"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="tasks_task_has_a_title"),
            models.CheckConstraint(condition=Q(number__gte=1), name="tasks_task_number_counts_from_one"),
            models.CheckConstraint(
                condition=~Q(status="UNASSIGNED") | Q(owner=None), name="tasks_task_unassigned_has_no_owner"
            ),
            models.CheckConstraint(
                condition=Q(status="DONE", completed_at__isnull=False) | (~Q(status="DONE") & Q(completed_at=None)),
                name="tasks_task_completed_at_only_when_done",
            ),
            models.CheckConstraint(
                condition=Q(status="ARCHIVED", archived_at__isnull=False)
                | (~Q(status="ARCHIVED") & Q(archived_at=None)),
                name="tasks_task_archived_at_only_when_archived",
            ),
            models.CheckConstraint(
                condition=Q(due_date=None) | Q(due_date__gte=DayOf(F("created_at"))),
                name="tasks_task_not_due_before_its_creation",
            ),
            models.CheckConstraint(
                condition=Q(lease_expires_at=None, lease_seconds=None)
                | Q(status="IN_PROGRESS", lease_expires_at__isnull=False, lease_seconds__isnull=False),
                name="tasks_task_lease_only_in_progress",
            ),
            models.CheckConstraint(
                condition=Q(lease_seconds=None) | Q(lease_seconds__range=(SHORTEST_LEASE, LONGEST_LEASE)),
                name="tasks_task_lease_of_ten_seconds_to_a_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "status", "position", "id"], name="tasks_task_column"),
            models.Index(fields=["organization", "-id"], name="tasks_task_newest"),
            models.Index(fields=["organization", "-updated_at", "-id"], name="tasks_task_changed_last"),
            models.Index(fields=["organization", "status", "-id"], name="tasks_task_by_status"),
            models.Index(fields=["organization", "due_date", "id"], name="tasks_task_by_due_date"),
            models.Index(fields=["organization", "-created_at", "-id"], name="tasks_task_by_creation"),
            models.Index(fields=["organization", "title", "id"], name="tasks_task_by_title"),
            models.Index("organization", PRIORITY_RANK, "id", name="tasks_task_by_priority"),
            models.Index(
                fields=["organization", "-archived_at", "-id"],
                condition=Q(archived_at__isnull=False),
                name="tasks_task_by_archiving",
            ),
            models.Index(
                fields=["organization", "priority", "due_date", "id"],
                condition=Q(owner__isnull=True, status__in=["UNASSIGNED", "IN_PROGRESS"]),
                name="tasks_task_free",
            ),
            models.Index(
                fields=["lease_expires_at"],
                condition=Q(lease_expires_at__isnull=False),
                name="tasks_task_by_end_of_lease",
            ),
            models.Index(fields=["epic", "status", "-id"], condition=Q(epic__isnull=False), name="tasks_task_of_epic"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        """What people call it: WEB-12."""
        return f"{self.project.key}-{self.number}"

    @property
    def is_claimable(self) -> bool:
        """Whether somebody may still take it."""
        return self.owner_id is None and self.status in CLAIMABLE

    def has_expired(self, moment: datetime.datetime) -> bool:
        """Whether the lease of its claim had ended by then."""
        return self.lease_expires_at is not None and self.lease_expires_at <= moment

    @property
    def sprints(self) -> SprintQuerySet:
        """The sprints that it is in now; in which it ever was, its memberships tell."""
        return Sprint.objects.filter(memberships__task=self, memberships__removed_at=None).in_order()

    def days_until_due(self, today: datetime.date) -> int | None:
        """Return the days from `today` to the due date, negative where it has passed; None without one."""
        return (self.due_date - today).days if self.due_date else None


CLAIMABLE = (Task.Status.UNASSIGNED, Task.Status.IN_PROGRESS)
