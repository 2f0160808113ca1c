"""What reports count: hand-made histories, with every act at a moment of its own."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from taskmanager.tasks import reports, services
from taskmanager.tasks.models import Activity, Sprint, SprintMembership, Task
from taskmanager.tasks.reports import Period, SprintHistory

Day = datetime.date
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
MARCH = Period(Day(2026, 3, 1), Day(2026, 3, 31))


def moment(text: str) -> datetime.datetime:
    """Return a moment of the current time zone."""
    return timezone.make_aware(datetime.datetime.fromisoformat(text))


@pytest.fixture
def at(monkeypatch):
    """Do something at a moment: `at("2026-03-02T09:00", services.create_task, board, actor=ada, title="One")`."""

    def act(text, service, *args, **kwargs):
        now = moment(text)
        lines, stays = Activity.objects.count(), SprintMembership.objects.count()
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda: now)
            result = service(*args, **kwargs)
        # The defaults of models keep the real clock.
        Activity.objects.filter(
            pk__in=list(Activity.objects.order_by("pk").values_list("pk", flat=True)[lines:])
        ).update(created_at=now)
        new = list(SprintMembership.objects.order_by("pk").values_list("pk", flat=True)[stays:])
        SprintMembership.objects.filter(pk__in=new).update(planned_at=now)
        return result

    return act


@pytest.fixture
def create(at, board, ada):
    return lambda text, **fields: at(text, services.create_task, board, actor=ada, **({"title": "x"} | fields))


@pytest.fixture
def move(at, ada):
    return lambda text, task, status: at(text, services.move_task, task, actor=ada, status=status)


@pytest.fixture
def sprint(at, board, ada):
    """From Monday to Thursday."""
    days = {"start_date": Day(2026, 3, 2), "end_date": Day(2026, 3, 5)}
    return at("2026-02-20T09:00", services.create_sprint, board, actor=ada, name="Sprint 1", **days)


@pytest.fixture
def plan(at, sprint, ada):
    return lambda text, *tasks: at(text, services.plan_tasks, sprint, tasks=tasks, actor=ada)


@pytest.fixture
def remove(at, sprint, ada):
    return lambda text, task: at(text, services.remove_task_from_sprint, task, sprint=sprint, actor=ada)


def summary(sprint: Sprint, now: str = "2026-06-01T00:00") -> tuple[int, ...]:
    told = SprintHistory([sprint]).summary(sprint, moment(now))
    return told.planned, told.added, told.removed, told.done, told.left, told.percent


def burndown(sprint: Sprint, now: str = "2026-06-01T00:00") -> list[int | None]:
    return [day.remaining for day in SprintHistory([sprint]).burndown(sprint, moment(now)).days]


# Who has what


def test_tasks_are_counted_by_their_owner_and_former_members_together(board, ada, ed, cleo, member):
    gone, away = member("gone", "Editor"), member("away", "Editor")
    for owner, status in [
        (ed, "IN_PROGRESS"), (ed, "IN_PROGRESS"), (ed, "DONE"), (ed, "ARCHIVED"), (ada, "DONE"), (gone, "DONE"),
        (away, "IN_PROGRESS"), (None, "UNASSIGNED"), (None, "UNASSIGNED"), (None, "DONE"),
    ]:  # fmt: skip
        task = services.create_task(board, actor=ada, title="x", status="UNASSIGNED")
        Task.objects.filter(pk=task.pk).update(
            owner=owner,
            status=status,
            completed_at=timezone.now() if status == "DONE" else None,
            archived_at=timezone.now() if status == "ARCHIVED" else None,
        )
    for user in (gone, away):
        user.is_active = False
        user.save()
    report = reports.loads(board)
    assert [(row.name, row.open, row.done, row.kind) for row in report.rows] == [
        ("Ed Moreno", 2, 1, "member"),
        ("ada", 0, 1, "member"),
        ("Cleo Marsh", 0, 0, "member"),
        ("Former members", 1, 1, "former"),
        ("Nobody", 2, 1, "nobody"),
    ]
    assert (report.members, report.owned) == (3, 4)
    assert report.average == pytest.approx(4 / 3)
    assert report.average_open == pytest.approx(2 / 3)


def test_another_project_and_another_organization_count_for_nothing(board, ada, oscar):
    web = services.create_project(board.organization, name="Website", key="WEB")
    services.create_task(web, actor=ada, title="x")
    services.create_task(oscar.organization.projects.get(), actor=oscar, title="x", owner=oscar)
    assert [(row.name, row.total) for row in reports.loads(board).rows] == [("ada", 0)]


# How long it takes


def test_the_average_and_the_median_are_exact(board, create, move):
    for hours, priority in ((1, "URGENT"), (2, "LOW"), (3, "LOW"), (10, "LOW")):
        task = create("2026-03-02T00:00", priority=priority)
        move(f"2026-03-02T{hours:02}:00", task, "DONE")
    create("2026-03-02T00:00")
    times = reports.completion_times(board, MARCH)
    assert (times.overall.count, times.overall.average, times.overall.median) == (4, 4 * HOUR, 2.5 * HOUR)
    assert [(row.label, row.count, row.average, row.median) for row in times.by_priority] == [
        ("Urgent", 1, HOUR, HOUR),
        ("High", 0, None, None),
        ("Medium", 0, None, None),
        ("Low", 3, 5 * HOUR, 3 * HOUR),
    ]


def test_only_completions_within_the_days_count_and_only_the_last_one(board, create, move):
    first, last, before, after = (create("2026-02-01T00:00") for _each in range(4))
    move("2026-03-01T00:00", first, "DONE")
    move("2026-03-31T23:59:59.999999", last, "DONE")
    move("2026-02-28T23:59:59.999999", before, "DONE")
    move("2026-04-01T00:00", after, "DONE")
    assert reports.completion_times(board, MARCH).overall.count == 2
    move("2026-04-02T00:00", first, "IN_PROGRESS")
    assert reports.completion_times(board, MARCH).overall.count == 1
    move("2026-03-05T00:00", first, "DONE")
    assert reports.completion_times(board, MARCH).overall.count == 2


def test_what_was_completed_and_archived_since_still_counts(board, create, move):
    done, undone, earlier = (create("2026-03-01T00:00") for _each in range(3))
    move("2026-03-03T00:00", done, "DONE")
    move("2026-04-05T00:00", done, "ARCHIVED")
    move("2026-03-05T00:00", undone, "ARCHIVED")
    Task.objects.filter(pk=earlier.pk).update(created_at=moment("2026-02-01T00:00"))
    move("2026-02-02T00:00", earlier, "DONE")
    move("2026-03-02T00:00", earlier, "ARCHIVED")
    times = reports.completion_times(board, MARCH).overall
    assert (times.count, times.median) == (1, 2 * DAY)


def test_without_completed_tasks_there_is_no_time(board, task):
    times = reports.completion_times(board, MARCH).overall
    assert (times.count, times.average, times.median) == (0, None, None)


# How much gets done


def counts(board, period: Period) -> dict[str, int]:
    return {week.label: week.count for week in reports.throughput(board, period)}


def test_a_task_counts_once_in_each_week_in_which_it_was_completed(board, create, move):
    task, other = create("2026-03-02T00:00"), create("2026-03-02T00:00")
    for day in (3, 5, 8, 9):
        move(f"2026-03-{day:02}T10:00", task, "DONE")
        move(f"2026-03-{day:02}T11:00", task, "IN_PROGRESS")
    move("2026-03-08T23:59:59", other, "DONE")
    assert counts(board, Period(Day(2026, 3, 4), Day(2026, 3, 17))) == {"2026-W10": 2, "2026-W11": 1, "2026-W12": 0}
    assert counts(board, Period(Day(2026, 3, 9), Day(2026, 3, 9))) == {"2026-W11": 1}


def test_coming_back_from_the_archive_completes_nothing_and_being_born_completed_does(board, create, move):
    task = create("2026-03-02T00:00")
    move("2026-03-03T00:00", task, "DONE")
    move("2026-03-04T00:00", task, "ARCHIVED")
    move("2026-03-10T00:00", task, "DONE")
    create("2026-03-17T00:00", status="DONE")
    assert counts(board, Period(Day(2026, 3, 2), Day(2026, 3, 22))) == {"2026-W10": 1, "2026-W11": 0, "2026-W12": 1}


def test_weeks_begin_at_midnight_of_the_time_zone_also_where_clocks_change(board, create, move):
    with timezone.override(ZoneInfo("America/New_York")):  # where March 8 had 23 hours
        task, other = create("2026-03-01T00:00"), create("2026-03-01T00:00")
        move("2026-03-08T23:30", task, "DONE")
        move("2026-03-09T00:30", other, "DONE")
        assert counts(board, Period(Day(2026, 3, 2), Day(2026, 3, 15))) == {"2026-W10": 1, "2026-W11": 1}
        assert Period(Day(2026, 3, 8), Day(2026, 3, 8)).end - Period(Day(2026, 3, 8), Day(2026, 3, 8)).start == DAY
        hours = MARCH.end.astimezone(datetime.UTC) - MARCH.start.astimezone(datetime.UTC)
        assert hours == 31 * DAY - HOUR
    assert counts(board, Period(Day(2026, 3, 2), Day(2026, 3, 15))) == {"2026-W10": 0, "2026-W11": 2}


# What became of sprints


def test_a_summary_tells_planned_added_removed_done_and_left(sprint, create, move, plan, remove):
    early, kept, dropped, given_up, late, brief, dawn = (create("2026-02-01T09:00") for _each in range(7))
    plan("2026-02-25T09:00", early, kept, dropped, given_up, dawn)
    remove("2026-03-01T09:00", dawn)  # before it began: it never was a part of it
    plan("2026-03-02T23:00", early)  # it is in it already
    move("2026-03-03T10:00", early, "DONE")
    remove("2026-03-03T11:00", dropped)
    plan("2026-03-04T09:00", late, brief)
    remove("2026-03-04T10:00", brief)
    move("2026-03-04T12:00", given_up, "ARCHIVED")
    move("2026-03-05T23:59", late, "DONE")
    move("2026-03-06T00:00", kept, "DONE")  # too late
    assert summary(sprint) == (4, 2, 3, 2, 1, 67)
    # While it runs, it is told up to now.
    assert summary(sprint, "2026-03-03T10:30") == (4, 0, 0, 1, 3, 25)
    assert summary(sprint, "2026-03-02T08:00") == (4, 0, 0, 0, 4, 0)


def test_what_happens_after_a_sprint_changes_nothing_of_it(sprint, create, move, plan, remove):
    done, left = create("2026-02-01T09:00"), create("2026-02-01T09:00")
    plan("2026-03-01T09:00", done, left)
    move("2026-03-03T10:00", done, "DONE")
    was = summary(sprint)
    remove("2026-03-09T10:00", left)
    move("2026-03-09T10:00", done, "IN_PROGRESS")
    move("2026-03-09T11:00", done, "ARCHIVED")
    assert summary(sprint) == was == (2, 0, 0, 1, 1, 50)


def test_what_is_archived_when_done_stays_done(sprint, create, move, plan):
    task = create("2026-02-01T09:00")
    plan("2026-03-01T09:00", task)
    move("2026-03-03T10:00", task, "DONE")
    move("2026-03-03T11:00", task, "ARCHIVED")
    assert summary(sprint) == (1, 0, 0, 1, 0, 100)
    assert burndown(sprint) == [1, 0, 0, 0]


def test_a_burndown_tells_the_open_tasks_at_the_end_of_each_day(sprint, create, move, plan, remove):
    one, two, three, four = (create("2026-02-01T09:00") for _each in range(4))
    plan("2026-03-01T09:00", one, two, three)
    move("2026-03-02T10:00", one, "DONE")
    move("2026-03-03T10:00", one, "IN_PROGRESS")  # reopened
    plan("2026-03-04T09:00", four)
    remove("2026-03-04T23:59", two)
    move("2026-03-05T10:00", one, "DONE")
    move("2026-03-05T11:00", three, "DONE")
    assert burndown(sprint) == [2, 3, 3, 1]
    told = SprintHistory([sprint]).burndown(sprint, moment("2026-06-01T00:00"))
    assert (told.kind, [day.ideal for day in told.days]) == ("ended", [3, 2, 1, 0])
    assert [day.done for day in told.days] == [1, 0, 0, 2]
    # Its line ends now; what is to come is empty, and the ideal goes on.
    told = SprintHistory([sprint]).burndown(sprint, moment("2026-03-04T10:00"))
    assert (told.kind, [day.remaining for day in told.days]) == ("active", [2, 3, 4, None])
    assert len(told.told) == 3


def test_a_task_that_left_and_came_back_is_one_task(sprint, create, plan, remove):
    task = create("2026-02-01T09:00")
    plan("2026-03-01T09:00", task)
    remove("2026-03-03T09:00", task)
    plan("2026-03-04T09:00", task)
    assert burndown(sprint) == [1, 0, 1, 1]
    assert summary(sprint) == (1, 0, 0, 0, 1, 0)


def test_days_of_a_burndown_end_at_midnight_of_the_time_zone(sprint, create, move, plan):
    task = create("2026-02-01T09:00")
    plan("2026-03-01T09:00", task)
    move("2026-03-04T03:00", task, "DONE")
    assert burndown(sprint) == [1, 1, 0, 0]
    with timezone.override(ZoneInfo("America/New_York")):
        assert burndown(sprint) == [1, 0, 0, 0]


def test_a_sprint_over_the_change_of_clocks_has_one_value_per_day(at, board, ada, create, move):
    with timezone.override(ZoneInfo("Europe/Berlin")):  # where October 25 had 25 hours
        days = {"start_date": Day(2026, 10, 24), "end_date": Day(2026, 10, 26)}
        sprint = at("2026-10-01T09:00", services.create_sprint, board, actor=ada, name="S", **days)
        task = create("2026-10-01T09:00")
        at("2026-10-02T09:00", services.plan_tasks, sprint, tasks=[task], actor=ada)
        move("2026-10-25T23:59", task, "DONE")
        assert burndown(sprint, "2026-12-01T00:00") == [1, 0, 0]


def test_a_sprint_that_has_not_begun_or_has_no_tasks_has_no_days(sprint, create, plan):
    assert SprintHistory([sprint]).burndown(sprint, moment("2026-03-01T23:59")).kind == "upcoming"
    told = SprintHistory([sprint]).burndown(sprint, moment("2026-03-02T00:00"))
    assert (told.kind, told.days) == ("empty", [])
    assert summary(sprint) == (0, 0, 0, 0, 0, 0)
    assert SprintHistory([]).summary(sprint, moment("2026-03-03T00:00")).planned == 0


def test_a_sprint_as_long_as_the_calendar_is_told_in_steps(sprint, create, plan):
    task = create("2026-02-01T09:00")
    plan("2026-03-02T09:00", task)
    Sprint.objects.update(start_date=Day(1, 1, 1), end_date=Day(9999, 12, 31))
    sprint.refresh_from_db()
    told = SprintHistory([sprint]).burndown(sprint, moment("2026-06-01T00:00"))
    assert len(told.days) <= reports.DAYS_SHOWN + 2
    assert (told.kind, told.told[-1].day, told.told[-1].remaining) == ("active", Day(2026, 6, 1), 1)
    assert summary(sprint) == (0, 1, 0, 0, 1, 0)


def test_the_latest_sprints_that_have_begun_are_summed_up(board, ada):
    for month in range(1, 13):
        for day in (1, 15):
            services.create_sprint(
                board, actor=ada, name=f"{month}-{day}", start_date=Day(2026, month, day), end_date=Day(2026, month, 28)
            )
    names = [sprint.name for sprint in reports.latest_sprints(board, Day(2026, 11, 14))]
    assert names == ["11-1", "10-15", "10-1", "9-15", "9-1", "8-15", "8-1", "7-15", "7-1", "6-15", "6-1", "5-15"]
