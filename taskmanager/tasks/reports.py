"""Reports: who has what, how long work takes, what became of sprints. Numbers alone; nothing is stored for them.

Days and weeks are those of the current time zone. A deleted task is in no report.
"""

import datetime
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import TruncWeek
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import queries
from taskmanager.tasks.models import Activity, Project, Sprint, SprintMembership, Task

DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(days=7)
EARLIEST, LATEST = datetime.date(2, 1, 1).toordinal(), datetime.date(9999, 1, 1).toordinal()
SPRINTS_SHOWN = 12
DAYS_SHOWN = 120  # of a burndown: of a longer sprint only every second, third … day is told


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: datetime.date
    last: datetime.date

    @property
    def start(self) -> datetime.datetime:
        """The moment at which it begins."""
        return midnight(self.first)

    @property
    def end(self) -> datetime.datetime:
        """The moment before which it ends."""
        return midnight(self.last, later=1)


def midnight(day: datetime.date, *, later: int = 0) -> datetime.datetime:
    """Return the moment at which the day that many days later begins: a day has 23 or 25 hours where clocks change."""
    # The moments at either end of time can't be told in every time zone.
    ordinal = min(max(day.toordinal() + later, EARLIEST), LATEST)
    return timezone.make_aware(datetime.datetime.combine(datetime.date.fromordinal(ordinal), datetime.time()))


# Who has what


@dataclass(frozen=True)
class Load:
    """How many tasks somebody owns, those in the archive aside."""

    name: str
    open: int
    done: int
    kind: str = "member"  # "member", "former" for all former members together, or "nobody"

    @property
    def total(self) -> int:
        """Open and completed ones."""
        return self.open + self.done


@dataclass(frozen=True)
class Loads:
    """The tasks of each member, those with the most open ones first; then former members', then nobody's."""

    rows: list[Load]
    members: int

    @property
    def owned(self) -> int:
        """How many tasks have a member as their owner."""
        return sum(row.total for row in self.rows if row.kind == "member")

    @property
    def average(self) -> float:
        """How many tasks, open and completed ones, a member owns on average; members without any count."""
        return self.owned / self.members if self.members else 0

    @property
    def average_open(self) -> float:
        """How many open tasks a member owns on average."""
        return sum(row.open for row in self.rows if row.kind == "member") / self.members if self.members else 0


def loads(project: Project) -> Loads:
    """Return who owns how many of the project's tasks: two queries. Who was deactivated is a former member."""
    counts: dict[int | None, Counter[bool]] = defaultdict(Counter)
    tasks = Task.objects.filter(project=project, status__in=queries.BOARD_STATUSES)
    for owner, status, count in tasks.order_by().values_list("owner", "status").annotate(count=Count("pk")):
        counts[owner][status == Task.Status.DONE] += count
    members = User.objects.filter(organization_id=project.organization_id, is_active=True)
    people = members.only("username", "first_name", "last_name")
    nobody = counts.pop(None, Counter())
    rows = [_load(user.display_name, counts.pop(user.pk, Counter())) for user in people]
    found = len(rows)
    rows.sort(key=lambda row: (-row.open, -row.done, row.name.casefold()))
    others = [_load("Former members", sum(counts.values(), Counter()), "former"), _load("Nobody", nobody, "nobody")]
    rows += [row for row in others if row.total]
    return Loads(rows, found)


def _load(name: str, counts: Counter[bool], kind: str = "member") -> Load:
    """Take the numbers by whether they are done."""
    return Load(name, counts[False], counts[True], kind)


# How long it takes


@dataclass(frozen=True)
class Times:
    """How long completed tasks took from their creation; None where there are none."""

    label: str
    count: int
    average: datetime.timedelta | None
    median: datetime.timedelta | None


@dataclass(frozen=True)
class CompletionTimes:
    """The times of all tasks that were completed in a period, and of those of each priority, most urgent first."""

    overall: Times
    by_priority: list[Times]


# Each task asks its history once, and only where it is in the archive: joined by the ORM, every task did so four times,
# which PostgreSQL held for so costly that compiling the query took longer than running it.
COMPLETION_TIMES = """
WITH completed AS (
    SELECT priority, completed_at - created_at AS took
    FROM tasks_task
    WHERE project_id = %(project)s AND completed_at >= %(start)s AND completed_at < %(end)s
    UNION ALL
    SELECT task.priority, line.completed_at - task.created_at
    FROM tasks_task task
    CROSS JOIN LATERAL (
        SELECT (changes #>> '{completed_at,0}')::timestamptz AS completed_at
        FROM tasks_activity
        WHERE task_id = task.id AND changes #>> '{status,1}' = 'ARCHIVED'
        ORDER BY id DESC
        LIMIT 1
    ) line
    WHERE task.organization_id = %(organization)s AND task.project_id = %(project)s AND task.archived_at >= %(start)s
        AND line.completed_at >= %(start)s AND line.completed_at < %(end)s
)
SELECT priority, count(*), avg(took), percentile_cont(0.5) WITHIN GROUP (ORDER BY took)
FROM completed GROUP BY GROUPING SETS ((priority), ())
"""


def completion_times(project: Project, period: Period) -> CompletionTimes:
    """Return how long the tasks took that were completed in the period: one query.

    A task counts once, from its creation to its completion that holds: one that was reopened isn't completed, and
    one in the archive was completed when its history says so, because a row in the archive has no such time itself.
    """
    if connection.vendor != "postgresql":
        return _completion_times_in_python(project, period)
    values: dict[str, int | datetime.datetime] = {
        "organization": project.organization_id,
        "project": project.pk,
        "start": period.start,
        "end": period.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(COMPLETION_TIMES, values)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return CompletionTimes(
        Times("All tasks", *found[None]),
        [Times(label, *found.get(value, (0, None, None))) for value, label in reversed(Task.Priority.choices)],
    )


def _completion_times_in_python(project: Project, period: Period) -> CompletionTimes:
    """Do the same for a database without medians."""
    archived = Activity.objects.filter(task=OuterRef("pk"), changes__status__1=Task.Status.ARCHIVED).order_by("-pk")
    was = Subquery(archived.annotate(was=KT("changes__completed_at__0")).values("was")[:1])
    within = Q(completed_at__gte=period.start, completed_at__lt=period.end)
    # What was completed in the period was archived after that: only those ask their history.
    since = Q(status=Task.Status.ARCHIVED, archived_at__gte=period.start)
    tasks = Task.objects.filter(project=project).filter(within | since).order_by().annotate(was=was)
    took: dict[str, list[datetime.timedelta]] = defaultdict(list)
    for priority, created, completed, before in tasks.values_list("priority", "created_at", "completed_at", "was"):
        moment = completed or (datetime.datetime.fromisoformat(before) if before else None)
        if moment and period.start <= moment < period.end:
            took[priority].append(moment - created)
    return CompletionTimes(
        _times("All tasks", [each for some in took.values() for each in some]),
        [_times(label, took[value]) for value, label in reversed(Task.Priority.choices)],
    )


def _times(label: str, took: Sequence[datetime.timedelta]) -> Times:
    if not took:
        return Times(label, 0, None, None)
    middle = datetime.timedelta(seconds=median(each.total_seconds() for each in took))
    return Times(label, len(took), sum(took, datetime.timedelta()) / len(took), middle)


# How much gets done


@dataclass(frozen=True)
class Week:
    """How many tasks were completed in an ISO week, as far as it lies in the period."""

    monday: datetime.date
    count: int

    @property
    def label(self) -> str:
        """What calendars call it: 2026-W47."""
        year, week, _day = self.monday.isocalendar()
        return f"{year}-W{week:02}"


def throughput(project: Project, period: Period) -> list[Week]:
    """Return each week of the period, the empty ones too, as history tells it: one query.

    A task counts once in each week in which it was completed: done, reopened and done again within a week is one
    completion, and in two weeks it is two. Coming back from the archive completes nothing.
    """
    done = Q(changes__status__1=Task.Status.DONE) & ~Q(changes__status__0=Task.Status.ARCHIVED)
    born_done = Q(verb=Activity.Verb.CREATED, task__completed_at=F("task__created_at"))
    lines = Activity.objects.filter(
        done | born_done,
        organization_id=project.organization_id,
        task__project=project,
        created_at__gte=period.start,
        created_at__lt=period.end,
    )
    weeks = lines.annotate(week=TruncWeek("created_at")).order_by().values_list("week")
    counts = {moment.date(): count for moment, count in weeks.annotate(count=Count("task", distinct=True))}
    first, last = (day - day.weekday() * DAY for day in (period.first, period.last))
    mondays = [first + index * WEEK for index in range((last - first).days // 7 + 1)]
    return [Week(monday, counts.get(monday, 0)) for monday in mondays]


# What became of sprints


@dataclass(frozen=True)
class SprintSummary:
    """What became of a sprint's tasks until its last day was over, or until now.

    Planned are those that it had when its first day was over, which leaves that day for planning; added are those
    that came later, removed those of both that it lost again. What it has at the end is done, or is left over.
    """

    sprint: Sprint
    is_over: bool
    planned: int
    added: int
    removed: int
    done: int
    left: int

    @property
    def percent(self) -> int:
        """How much of what it has at the end is done."""
        return queries.percent(self.done, self.done + self.left)


@dataclass(frozen=True)
class BurndownDay:
    """How a sprint stood when the day was over, or stands now; None for days to come."""

    day: datetime.date
    ideal: float
    remaining: int | None = None
    done: int | None = None


@dataclass(frozen=True)
class Burndown:
    """How many of a sprint's tasks were open at the end of each of its days."""

    sprint: Sprint
    kind: str  # "upcoming" and "empty" have no days; "active" and "ended" have
    days: list[BurndownDay]

    @property
    def told(self) -> list[BurndownDay]:
        """The days that are over, and today."""
        return [day for day in self.days if day.remaining is not None]


class SprintHistory:
    """Which tasks sprints had when, and how these stood then: two queries for any number of sprints."""

    def __init__(self, sprints: Iterable[Sprint]) -> None:
        """Read what history knows of the sprints' tasks."""
        ids = [sprint.pk for sprint in sprints]
        # Per sprint and task when it came, and when it went.
        self._stays: dict[int, dict[int, list[tuple[datetime.datetime, datetime.datetime | None]]]] = {}
        self._first: dict[int, str] = {}
        self._changes: dict[int, list[tuple[datetime.datetime, str]]] = defaultdict(list)
        if not ids:
            return
        memberships = SprintMembership.objects.filter(sprint__in=ids)
        rows = memberships.order_by("planned_at").values_list(
            "sprint", "task", "planned_at", "removed_at", "task__status"
        )
        for sprint, task, planned_at, removed_at, status in rows:
            self._stays.setdefault(sprint, {}).setdefault(task, []).append((planned_at, removed_at))
            self._first[task] = status
        changes = Activity.objects.filter(task__in=memberships.values("task"), changes__has_key="status")
        columns = ("task", "created_at", KT("changes__status__0"), KT("changes__status__1"))
        for task, at, old, new in changes.order_by("created_at", "pk").values_list(*columns):
            if task not in self._changes:
                self._first[task] = old
            self._changes[task].append((at, new))

    def summary(self, sprint: Sprint, now: datetime.datetime) -> SprintSummary:
        """Return what became of the sprint's tasks until its end, or until now."""
        over = midnight(sprint.end_date, later=1)
        end = min(over, now)
        begun = min(midnight(sprint.start_date, later=1), now)
        planned = {task for task, kind in self._at(sprint, begun).items() if kind != "gone"}
        stays = self._stays.get(sprint.pk, {})
        came = {task for task, each in stays.items() if any(begun <= planned_at < end for planned_at, _ in each)}
        added = came - planned
        last = self._at(sprint, end)
        kept = {task for task, kind in last.items() if kind != "gone"}
        done = sum(kind == "done" for kind in last.values())
        return SprintSummary(
            sprint=sprint,
            is_over=over <= now,
            planned=len(planned),
            added=len(added),
            removed=len((planned | added) - kept),
            done=done,
            left=len(kept) - done,
        )

    def burndown(self, sprint: Sprint, now: datetime.datetime) -> Burndown:
        """Return how many tasks were open at the end of each day, up to now."""
        if now < midnight(sprint.start_date):
            return Burndown(sprint, "upcoming", [])
        if not self._stays.get(sprint.pk):
            return Burndown(sprint, "empty", [])
        length = (sprint.end_date - sprint.start_date).days
        begun = min(midnight(sprint.start_date, later=1), now)
        planned = sum(kind != "gone" for kind in self._at(sprint, begun).values())
        today = timezone.localdate(now)
        days = []
        for index in _days_told(length, (today - sprint.start_date).days):
            day = sprint.start_date + index * DAY
            ideal = planned * (1 - index / length)
            if day > today:
                days.append(BurndownDay(day, ideal))
                continue
            kinds = list(self._at(sprint, min(midnight(day, later=1), now)).values())
            days.append(BurndownDay(day, ideal, kinds.count("open"), kinds.count("done")))
        return Burndown(sprint, "ended" if sprint.has_ended(today) else "active", days)

    def _at(self, sprint: Sprint, moment: datetime.datetime) -> dict[int, str]:
        """Return the tasks that the sprint had just before the moment, each "open", "done" or "gone"."""
        return {
            task: self._kind(task, moment)
            for task, stays in self._stays.get(sprint.pk, {}).items()
            if any(
                planned_at < moment and (removed_at is None or removed_at >= moment) for planned_at, removed_at in stays
            )
        }

    def _kind(self, task: int, moment: datetime.datetime) -> str:
        """Return how the task stood. In the archive it stays done, where it was; else it left all plans."""
        changes = self._changes.get(task, [])
        position = bisect_left(changes, moment, key=lambda change: change[0])
        status = changes[position - 1][1] if position else self._first[task]
        if status == Task.Status.ARCHIVED:
            before = [self._first[task], *(new for _at, new in changes)][position - 1] if position else status
            return "done" if before == Task.Status.DONE else "gone"
        return "done" if status == Task.Status.DONE else "open"


def latest_sprints(project: Project, today: datetime.date) -> list[Sprint]:
    """Return the project's sprints that have begun, the latest SPRINTS_SHOWN of them, the newest first."""
    sprints = Sprint.objects.filter(project=project, start_date__lte=today)
    return list(sprints.order_by("-start_date", "-end_date", "-pk")[:SPRINTS_SHOWN])


def _days_told(last: int, today: int) -> list[int]:
    """Return the indices of the days that a burndown tells, with the first, the last and today."""
    step = math.ceil((last + 1) / DAYS_SHOWN)
    told = {*range(0, last + 1, step), last} | ({today} if 0 <= today <= last else set())
    return sorted(told)
