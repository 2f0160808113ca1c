"""Moving cards: where they land, what it costs, and who may."""

import random
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taskmanager.accounts.models import Role
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import positions, services
from taskmanager.tasks.models import Project, Task
from tests.racing import race


def column(project: Project, status: str = "UNASSIGNED") -> list[str]:
    return list(Task.objects.column(project, status).values_list("title", flat=True))


def make_cards(project: Project, actor, count: int) -> list[Task]:
    """Return the tasks "0", "1", … that stand in the first column in this order."""
    made = [services.create_task(project, actor=actor, title=str(number)) for number in reversed(range(count))]
    return made[::-1]


def has_total_order(project: Project, status: str = "UNASSIGNED") -> bool:
    keys = list(Task.objects.column(project, status).values_list("position", flat=True))
    return keys == sorted(set(keys))


@pytest.fixture
def cards(board, ada):
    return make_cards(board, ada, 5)


def test_new_cards_stand_on_top(board, cards):
    assert column(board) == ["0", "1", "2", "3", "4"]


def test_a_card_goes_to_the_top(board, cards, ada):
    services.move_task(cards[3], actor=ada, status="UNASSIGNED")
    assert column(board) == ["3", "0", "1", "2", "4"]


@pytest.mark.parametrize(
    ("moved", "above", "order"),
    [(0, 2, "12034"), (3, 0, "03124"), (0, 4, "12340"), (4, 3, "01234"), (2, 1, "01234"), (1, 2, "02134")],
)
def test_a_card_goes_directly_below_another(board, cards, ada, moved, above, order):
    services.move_task(cards[moved], actor=ada, status="UNASSIGNED", after=cards[above].pk)
    assert column(board) == list(order)


def test_a_card_goes_to_another_column_on_top_in_between_or_at_the_end(board, cards, ada):
    services.move_task(cards[0], actor=ada, status="DONE")
    services.move_task(cards[1], actor=ada, status="DONE", after=cards[0].pk)
    services.move_task(cards[2], actor=ada, status="DONE", after=cards[0].pk)
    services.move_task(cards[3], actor=ada, status="DONE")
    assert column(board, "DONE") == ["3", "0", "2", "1"]
    assert column(board) == ["4"]


def test_random_moves_end_in_the_order_that_a_list_would_have(board, cards, ada):
    dice = random.Random(20261122)
    expected = [str(number) for number in range(5)]
    for _move in range(60):
        moved, above = dice.sample(cards, 2)
        services.move_task(moved, actor=ada, status="UNASSIGNED", after=above.pk)
        expected.remove(moved.title)
        expected.insert(expected.index(above.title) + 1, moved.title)
        assert column(board) == expected


def test_hundreds_of_moves_into_one_gap_keep_the_order_and_the_keys_short(board, cards, ada, monkeypatch):
    monkeypatch.setattr(positions, "MAX_LENGTH", 100)
    top, *others = cards
    longest = 0
    for number in range(400):
        services.move_task(others[number % 4], actor=ada, status="UNASSIGNED", after=top.pk)
        longest = max(longest, *map(len, Task.objects.values_list("position", flat=True)))
    assert column(board) == ["0", "4", "3", "2", "1"]
    assert has_total_order(board)
    # Each move adds some 0.3 digits; without the spread they would be 150 by now.
    assert 90 < longest <= 100


def test_a_card_that_is_created_after_a_spread_stands_on_top(board, cards, ada, monkeypatch):
    monkeypatch.setattr(positions, "MAX_LENGTH", 30)
    for number in range(40):
        services.move_task(cards[1 + number % 2], actor=ada, status="UNASSIGNED", after=cards[0].pk)
    assert max(map(len, Task.objects.values_list("position", flat=True))) <= 30
    services.create_task(board, actor=ada, title="new")
    assert column(board) == ["new", "0", "2", "1", "3", "4"]


@pytest.mark.parametrize("count", [3, 300])
def test_a_move_updates_one_row_however_long_the_column_is(board, ada, count):
    cards = make_cards(board, ada, count)
    visitor = services.create_task(board, actor=ada, title="visitor", status="DONE")
    for moved in (cards[0], visitor):
        with CaptureQueriesContext(connection) as queries:
            services.move_task(moved, actor=ada, status="UNASSIGNED", after=cards[count // 2].pk)
        updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
        assert len(updates) == 1
        assert updates[0].startswith('UPDATE "tasks_task"')
        assert updates[0].endswith(f'"tasks_task"."id" = {moved.pk}')
        assert len(queries) <= 10


def test_a_place_in_the_column_is_a_version_but_no_news(task, ada):
    services.move_task(task, actor=ada, status="UNASSIGNED")
    line = task.activities.latest("pk")
    assert (line.verb, line.changes, line.version) == ("reordered", {}, 2)
    assert [line.verb for line in task.activities.for_timeline()] == ["created"]


def test_a_move_between_columns_is_history(task, ada):
    services.move_task(task, actor=ada, status="DONE")
    task.refresh_from_db()
    line = task.activities.latest("pk")
    assert (line.actor, line.verb, line.version) == (ada, "moved", 2)
    assert line.changes == {
        "status": ["UNASSIGNED", "DONE"],
        "completed_at": [None, task.completed_at.isoformat()],
    }


def test_below_a_neighbour_that_has_just_left_the_column_is_its_top(board, cards, ada):
    services.move_task(cards[1], actor=ada, status="DONE")
    services.move_task(cards[3], actor=ada, status="UNASSIGNED", after=cards[1].pk)
    assert column(board) == ["3", "0", "2", "4"]


def test_neighbours_that_do_not_exist_here_are_not_found(acme, task, ada, oscar):
    foreign = services.create_task(Project.objects.of(oscar.organization).get(), actor=oscar, title="Foreign")
    elsewhere = services.create_task(services.create_project(acme, name="Web"), actor=ada, title="Elsewhere")
    for neighbour in (foreign.pk, elsewhere.pk, task.pk, 2**62):
        with pytest.raises(NotFound):
            services.move_task(task, actor=ada, status="UNASSIGNED", after=neighbour)


def test_moving_a_free_task_in_progress_claims_it(task, ed):
    services.move_task(task, actor=ed, status="IN_PROGRESS")
    task.refresh_from_db()
    assert (task.owner, task.status) == (ed, "IN_PROGRESS")
    line = task.activities.latest("pk")
    assert (line.verb, line.changes) == (
        "claimed",
        {"status": ["UNASSIGNED", "IN_PROGRESS"], "owner": [None, ed.pk]},
    )


def test_a_claim_by_moving_that_comes_too_late_is_refused(task, ada, ed):
    services.claim_task(task, actor=ada)
    with pytest.raises(services.AlreadyClaimed):
        services.move_task(task, actor=ed, status="IN_PROGRESS")
    task.refresh_from_db()
    assert (task.owner, task.version) == (ada, 2)


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_of_others_is_not_reopened_by_a_claim(task, ada, ed, status):
    services.move_task(task, actor=ada, status=status)
    with pytest.raises(services.AlreadyClaimed):
        services.move_task(task, actor=ed, status="IN_PROGRESS")
    task.refresh_from_db()
    assert (task.owner, task.status) == (None, status)


def test_moving_back_to_unassigned_releases(task, ed):
    services.claim_task(task, actor=ed)
    services.move_task(task, actor=ed, status="UNASSIGNED")
    task.refresh_from_db()
    assert (task.owner, task.status) == (None, "UNASSIGNED")
    line = task.activities.latest("pk")
    assert (line.verb, line.changes["owner"]) == ("released", [ed.pk, None])


def test_the_owner_keeps_a_task_that_is_done(task, ed):
    services.claim_task(task, actor=ed)
    services.move_task(task, actor=ed, status="DONE")
    task.refresh_from_db()
    assert (task.owner, task.status) == (ed, "DONE")


@pytest.mark.parametrize("status", ["UNASSIGNED", "DONE", "ARCHIVED"])
def test_an_editor_may_not_move_what_is_not_theirs(task, ed, status):
    with pytest.raises(NotAllowed, match="creator, its owner or an Admin"):
        services.move_task(task, actor=ed, status=status)


def test_creator_owner_and_admin_may_move(board, ada, ed, member):
    bo = member("bo", Role.CREATOR, Role.EDITOR)
    task = services.create_task(board, actor=bo, title="Bo's")
    services.move_task(task, actor=bo, status="UNASSIGNED")
    services.claim_task(task, actor=ed)
    services.move_task(task, actor=ed, status="IN_PROGRESS")
    services.move_task(task, actor=ada, status="DONE")
    task.refresh_from_db()
    assert (task.status, task.owner) == ("DONE", ed)


def test_who_may_not_change_tasks_may_not_move_their_own(board, cleo):
    task = services.create_task(board, actor=cleo, title="Own")
    with pytest.raises(NotAllowed):
        services.move_task(task, actor=cleo, status="IN_PROGRESS")


def test_a_stranger_finds_nothing_to_move(task, oscar):
    with pytest.raises(NotFound):
        services.move_task(task, actor=oscar, status="DONE")


def test_a_deleted_task_cannot_be_moved(task, ada):
    services.delete_task(Task.objects.get(pk=task.pk), actor=ada)
    with pytest.raises(NotFound):
        services.move_task(task, actor=ada, status="DONE")


@pytest.mark.django_db(transaction=True)
def test_racing_moves_into_one_gap_keep_a_strict_order(board, ada):
    cards = make_cards(board, ada, 9)
    top, bottom = cards[0], cards[-1]
    for _round in range(5):
        outcomes = race(
            [partial(services.move_task, card, actor=ada, status="UNASSIGNED", after=top.pk) for card in cards[1:-1]]
        )
        assert all(isinstance(outcome, Task) for outcome in outcomes), outcomes
        assert has_total_order(board)
        titles = column(board)
        assert (titles[0], titles[-1], len(titles)) == (top.title, bottom.title, 9)


@pytest.mark.django_db(transaction=True)
def test_of_racing_moves_in_progress_one_claims(board, ada, member):
    editors = [member(f"editor-{number}", Role.EDITOR) for number in range(6)]
    for _round in range(5):
        task = services.create_task(board, actor=ada, title="Wanted")
        moves = [partial(services.move_task, task, actor=editor, status="IN_PROGRESS") for editor in editors]
        outcomes = race(moves)
        winners = [editor for editor, outcome in zip(editors, outcomes, strict=True) if isinstance(outcome, Task)]
        task.refresh_from_db()
        assert winners == [task.owner]
        assert sum(isinstance(outcome, services.AlreadyClaimed) for outcome in outcomes) == 5
