"""Readings that join several rows: the columns of a board, the neighbours of a card."""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, StringAgg, Subquery, Value

from taskmanager.tasks import search
from taskmanager.tasks.models import (
    CLAIMABLE,
    COUNT_LIMIT,
    PRIORITY_RANK,
    Comment,
    Project,
    Sprint,
    SprintMembership,
    Task,
    TaskQuerySet,
    Watcher,
)
from taskmanager.tasks.search import EVERYTHING, Query

BOARD_STATUSES = (Task.Status.UNASSIGNED, Task.Status.IN_PROGRESS, Task.Status.DONE)
CARDS_PER_COLUMN = 50


class CappedCount(Subquery):
    """How many rows a query has, counted up to COUNT_LIMIT + 1, by the database beside the rows themselves."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"

    def __init__(self, queryset: QuerySet[Any]) -> None:
        """Count `queryset`, which must not depend on the outer query: it is then counted once."""
        super().__init__(queryset.order_by().values("pk")[: COUNT_LIMIT + 1], output_field=IntegerField())


def with_comment_counts(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Count the comments of each task that is shown, as its `comment_count`: None where there are none."""
    comments = Comment.objects.filter(task=OuterRef("pk")).order_by().values("task").values(count=Count("pk"))
    return tasks.annotate(comment_count=Subquery(comments, output_field=IntegerField()))


# No address has one, not even in quotes.
SEPARATOR = "\n"


def with_watchers(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Read with each task who watches it, in the same query: `watchers_of` asks no other then."""
    watchers = Watcher.objects.filter(task=OuterRef("pk")).order_by().values("task")
    return tasks.annotate(watching=Subquery(watchers.values(all=StringAgg("email", Value(SEPARATOR)))))


def field_of(item: Any, name: str) -> Any:
    """Return the value of a field of a task, an epic or a sprint, as its form has it."""
    return watchers_of(item) if name == "watchers" else getattr(item, name)


def watchers_of(task: Task) -> list[str]:
    """Return the addresses that watch the task, in order."""
    if hasattr(task, "watching"):
        return sorted(task.watching.split(SEPARATOR)) if task.watching else []
    return sorted(Watcher.objects.filter(task=task).values_list("email", flat=True))


@dataclass(frozen=True)
class ColumnPage:
    """A part of one column: its tasks from a place on, and how large the column is."""

    status: str
    tasks: list[Task]
    size: int  # of the whole column, at most COUNT_LIMIT + 1
    more: str  # the position after which the next part starts, "" for none


def column_page(project: Project, status: str, *, after: str = "", query: Query = EVERYTHING) -> ColumnPage:
    """Return the first CARDS_PER_COLUMN tasks of a column, or those below the position `after`: one query.

    With a `query`, of those that fit it.
    """
    column = search.matching(Task.objects.column(project, status), query)
    tasks = with_comment_counts(column.for_cards().annotate(column_size=CappedCount(column)))
    if after:
        tasks = tasks.filter(position__gt=after)
    found = list(tasks[: CARDS_PER_COLUMN + 1])
    page = found[:CARDS_PER_COLUMN]
    return ColumnPage(
        status=status,
        tasks=page,
        size=found[0].column_size if found else 0,  # type: ignore[attr-defined]  # annotated
        more=page[-1].position if len(found) > CARDS_PER_COLUMN else "",
    )


def column_size(project: Project, status: str, *, query: Query = EVERYTHING) -> int:
    """Return how many tasks of the column fit the query, at most COUNT_LIMIT + 1."""
    return search.matching(Task.objects.column(project, status), query).capped_count()


def card_above(task: Task) -> Task | None:
    """Return the task directly above in the same column, None at the top."""
    column = Task.objects.filter(project_id=task.project_id, status=task.status).exclude(pk=task.pk)
    above = Q(position__lt=task.position) | Q(position=task.position, pk__lt=task.pk)
    return column.filter(above).order_by("-position", "-pk").first()


def card_below(task: Task, *, without: Task) -> Task | None:
    """Return the task directly below in the same column as if `without` weren't there, None at the end."""
    column = Task.objects.filter(project_id=task.project_id, status=task.status).exclude(pk=without.pk)
    below = Q(position__gt=task.position) | Q(position=task.position, pk__gt=task.pk)
    return column.filter(below).order_by("position", "pk").first()


def active_sprint(project: Project, today: datetime.date) -> Sprint | None:
    """Return the project's sprint of today with the numbers of its tasks, the one that ends first where two overlap."""
    sprints = project.sprints.active(today).for_page()
    return sprints.order_by("end_date", "pk").first()


def backlog(project: Project, today: datetime.date) -> TaskQuerySet:
    """Return the project's unfinished tasks that no open sprint has, the most urgent first."""
    planned = SprintMembership.objects.open().filter(task=OuterRef("pk"), sprint__end_date__gte=today)
    tasks = Task.objects.filter(project=project, status__in=CLAIMABLE).exclude(Exists(planned))
    ordered: TaskQuerySet = by_priority(tasks).order_by("-priority_rank", "pk")
    return ordered


def by_priority(tasks: TaskQuerySet) -> Any:
    """Annotate the rank of the priority, by which can be sorted: LOW is 0."""
    return tasks.annotate(priority_rank=PRIORITY_RANK)


def counts_by(field: str, tasks: Iterable[Task]) -> dict[str, int]:
    """Return how many of the tasks have each value of `field`: one query, or none for tasks that are read already."""
    if isinstance(tasks, QuerySet):
        rows = tasks.order_by().values_list(field).annotate(count=Count("pk"))
        return dict(rows)
    return Counter(getattr(task, field) for task in tasks)


def percent(done: int, total: int) -> int:
    """Return a whole percentage; 100 only where everything is done, and 0 only where nothing is."""
    if not 0 < done < total:
        return 100 if total and done >= total else 0
    return min(99, max(1, round(100 * done / total)))
