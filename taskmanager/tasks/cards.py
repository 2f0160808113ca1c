"""How a task reads to the person who looks: its labels, and what they may do with it."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import queries
from taskmanager.tasks.models import COUNT_LIMIT, Sprint, Task
from taskmanager.tasks.permissions import may_change, may_claim
from taskmanager.tasks.queries import ColumnPage
from taskmanager.tasks.search import EVERYTHING, Query

SOON_DAYS = 3
WEEK_DAYS = 7
RAISED: dict[str, str] = dict(pairwise(Task.Priority.values))
LOWERED: dict[str, str] = {higher: lower for lower, higher in RAISED.items()}


@dataclass(frozen=True)
class Card:
    """A task as one user sees it."""

    task: Task
    may_change: bool
    may_claim: bool
    may_release: bool
    due_label: str = ""
    due_kind: str = ""  # "late", "soon" or ""
    done_label: str = ""
    comments_label: str = ""
    raised: str = ""  # the next higher priority, "" for none
    lowered: str = ""


@dataclass(frozen=True)
class Column:
    """A column of the board, or the part of it that is asked for."""

    status: str
    label: str
    cards: list[Card]
    size_label: str
    rest_label: str = ""
    more: str = ""
    after: str = ""


def card(task: Task, user: User) -> Card:
    """Return the task as the user sees it; no query, unless the user's permissions weren't read yet."""
    today = timezone.localdate()
    changeable = may_change(task, user)
    label, kind = _due(task, today)
    return Card(
        task=task,
        may_change=changeable,
        may_claim=may_claim(task, user),
        may_release=changeable and task.status == Task.Status.IN_PROGRESS and task.owner_id is not None,
        due_label=label,
        due_kind=kind,
        done_label=day_label(timezone.localdate(task.completed_at), today) if task.completed_at else "",
        comments_label=_comments(task),
        raised=RAISED.get(task.priority, ""),
        lowered=LOWERED.get(task.priority, ""),
    )


def cards(tasks: Iterable[Task], user: User) -> list[Card]:
    """Return each task as the user sees it."""
    return [card(task, user) for task in tasks]


def column(page: ColumnPage, user: User, *, after: str = "") -> Column:
    """Return a part of a column as the user sees it."""
    rest = page.size - len(page.tasks)
    return Column(
        status=page.status,
        label=Task.Status(page.status).label,
        cards=cards(page.tasks, user),
        size_label=count_label(page.size),
        # Further down only the database knows how many are left.
        rest_label="" if after or page.size > COUNT_LIMIT else count_label(rest),
        more=page.more,
        after=after,
    )


def column_sizes(task: Task, *statuses: str, query: Query = EVERYTHING) -> list[Column]:
    """Return the given columns of the task's board without their cards: only how many fit the query, now."""
    shown = dict.fromkeys(status for status in statuses if status in queries.BOARD_STATUSES)
    return [
        Column(
            status=status,
            label=Task.Status(status).label,
            cards=[],
            size_label=count_label(queries.column_size(task.project, status, query=query)),
        )
        for status in shown
    ]


@dataclass(frozen=True)
class Span:
    """A sprint as a reader sees it today."""

    sprint: Sprint
    kind: str  # "active", "upcoming" or "ended"
    label: str


def span(sprint: Sprint) -> Span:
    """Return where the sprint stands, in words; no query."""
    today = timezone.localdate()
    if sprint.is_active(today):
        days = (sprint.end_date - today).days
        label = "last day" if days == 0 else f"{days} {'day' if days == 1 else 'days'} left"
        return Span(sprint, "active", label)
    if sprint.has_ended(today):
        return Span(sprint, "ended", f"ended {day_label(sprint.end_date, today)}")
    return Span(sprint, "upcoming", f"starts {day_label(sprint.start_date, today)}")


def count_label(count: int, limit: int = COUNT_LIMIT) -> str:
    """Return "24", or "1,000+" for what was counted no further."""
    return f"{limit:,}+" if count > limit else f"{count:,}"


def day_label(day: datetime.date, today: datetime.date) -> str:
    """Return a day in the past or the future as people say it: "yesterday", "Friday", "Dec 4", "Dec 4, 2025"."""
    days = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return near[days]
    if -WEEK_DAYS < days < 0:
        return f"{-days} days ago"
    if 0 < days < WEEK_DAYS:
        return f"{day:%A}"
    return _date_label(day, today)


def _comments(task: Task) -> str:
    # Only the board asks the database to count; elsewhere nothing shows it.
    count = getattr(task, "comment_count", None) or 0
    return "1 comment" if count == 1 else f"{count:,} comments" if count else ""


def _date_label(day: datetime.date, today: datetime.date) -> str:
    shown = f"{day:%b} {day.day}"
    return shown if day.year == today.year else f"{shown}, {day.year}"


def _due(task: Task, today: datetime.date) -> tuple[str, str]:
    days = task.days_until_due(today)
    if days is None or task.due_date is None:
        return "", ""
    label = day_label(task.due_date, today)
    if task.status in {Task.Status.DONE, Task.Status.ARCHIVED}:
        return "", ""
    if days < 0:
        late = _date_label(task.due_date, today) if days < -1 else label
        return f"Due {late}", "late"
    return f"Due {label}", "soon" if days < SOON_DAYS else ""
