"""How a card reads to the person who looks at it."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import cards, queries, services
from taskmanager.tasks.models import COUNT_LIMIT, Task

WEDNESDAY = datetime.date(2026, 7, 15)


@pytest.mark.parametrize(
    ("days", "label"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (2, "Friday"),
        (6, "Tuesday"),
        (7, "Jul 22"),
        (170, "Jan 1, 2027"),
        (-1, "yesterday"),
        (-2, "2 days ago"),
        (-6, "6 days ago"),
        (-7, "Jul 8"),
        (-196, "Dec 31, 2025"),
    ],
)
def test_days_are_said_as_people_say_them(days, label):
    assert cards.day_label(WEDNESDAY + datetime.timedelta(days=days), WEDNESDAY) == label


def due_in(days: int, **fields) -> Task:
    return Task(due_date=timezone.localdate() + datetime.timedelta(days=days), **fields)


@pytest.mark.parametrize(
    ("days", "kind"), [(-400, "late"), (-1, "late"), (0, "soon"), (1, "soon"), (2, "soon"), (3, ""), (60, "")]
)
def test_a_due_date_is_late_soon_or_neither(ada, days, kind):
    assert cards.card(due_in(days), ada).due_kind == kind


@pytest.mark.parametrize(("days", "label"), [(-1, "Due yesterday"), (0, "Due today"), (1, "Due tomorrow")])
def test_near_due_dates_have_their_names(ada, days, label):
    assert cards.card(due_in(days), ada).due_label == label


def test_a_date_long_past_says_which_day_it_was(ada):
    late = due_in(-5)
    assert cards.card(late, ada).due_label == f"Due {late.due_date:%b} {late.due_date.day}"


def test_no_due_date_is_no_label(ada):
    shown = cards.card(Task(), ada)
    assert (shown.due_label, shown.due_kind) == ("", "")


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_is_never_late(ada, status):
    shown = cards.card(due_in(-5, status=status), ada)
    assert (shown.due_label, shown.due_kind) == ("", "")


def test_completed_work_says_when(task, ada):
    services.move_task(task, actor=ada, status="DONE")
    task.refresh_from_db()
    assert cards.card(task, ada).done_label == "today"
    assert cards.card(Task(), ada).done_label == ""


def flags(task: Task, user) -> str:
    shown = cards.card(task, user)
    return " ".join(name for name in ("change", "claim", "release") if getattr(shown, f"may_{name}"))


def test_a_free_task_offers_what_the_roles_allow(board, task, ada, ed, cleo, member):
    bo = member("bo", Role.CREATOR, Role.EDITOR)
    bos = services.create_task(board, actor=bo, title="Bo's")
    assert flags(task, ada) == "change claim"
    assert flags(task, ed) == "claim"
    assert flags(task, cleo) == ""
    assert flags(bos, bo) == "change claim"
    assert flags(services.create_task(board, actor=cleo, title="Cleo's"), cleo) == ""


def test_a_claimed_task_is_released_by_its_owner_or_an_admin(task, ada, ed, member):
    claimed = services.claim_task(task, actor=ed)
    assert flags(claimed, ed) == "change release"
    assert flags(claimed, ada) == "change release"
    assert flags(claimed, member("bo", Role.EDITOR)) == ""


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_is_neither_claimed_nor_released(task, ada, ed, status):
    services.claim_task(task, actor=ed)
    finished = services.move_task(task, actor=ed, status=status)
    assert flags(finished, ed) == "change"
    assert flags(finished, ada) == "change"


def test_what_a_card_offers_is_what_the_service_does(board, task, ada, ed):
    shown = Task.objects.for_cards().get(pk=task.pk)
    assert cards.card(shown, ed).may_claim
    services.claim_task(task, actor=ed)
    shown = Task.objects.for_cards().get(pk=task.pk)
    assert cards.card(shown, ed).may_release
    services.release_task(task, actor=ed)


def test_cards_cost_no_query_beyond_the_users_permissions(board, ada, django_assert_num_queries):
    for number in range(10):
        services.create_task(board, actor=ada, title=str(number))
    page = queries.column_page(board, "UNASSIGNED")
    ada = type(ada).objects.get(pk=ada.pk)
    with django_assert_num_queries(1):
        assert [shown.may_claim for shown in cards.cards(page.tasks, ada)] == [True] * 10


@pytest.mark.parametrize(
    ("count", "label"), [(0, "0"), (24, "24"), (1000, "1,000"), (COUNT_LIMIT + 1, f"{COUNT_LIMIT:,}+")]
)
def test_counts_stop_where_nobody_counts_on(count, label):
    assert cards.count_label(count) == label


def test_a_column_says_how_many_there_are_and_how_many_are_left(board, ada, monkeypatch):
    monkeypatch.setattr(queries, "CARDS_PER_COLUMN", 3)
    for number in range(7):
        services.create_task(board, actor=ada, title=str(number))
    first = cards.column(queries.column_page(board, "UNASSIGNED"), ada)
    assert (first.label, first.size_label, first.rest_label) == ("Unassigned", "7", "4")
    assert [shown.task.title for shown in first.cards] == ["6", "5", "4"]
    second = cards.column(queries.column_page(board, "UNASSIGNED", after=first.more), ada, after=first.more)
    assert [shown.task.title for shown in second.cards] == ["3", "2", "1"]
    assert (second.size_label, second.rest_label) == ("7", "")
    third = cards.column(queries.column_page(board, "UNASSIGNED", after=second.more), ada, after=second.more)
    assert ([shown.task.title for shown in third.cards], third.more) == (["0"], "")
