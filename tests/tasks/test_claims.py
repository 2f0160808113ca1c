"""Claiming and releasing: one winner, whoever races."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from taskmanager.accounts.models import Role, User
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task

STRATEGIES = [services.claim_task, services.claim_task_optimistically]


@pytest.fixture(params=STRATEGIES, ids=["pessimistic", "optimistic"])
def claim(request: pytest.FixtureRequest) -> Callable[..., Task]:
    return request.param


def test_a_claimer_becomes_the_owner_and_the_task_goes_in_progress(claim, task, ed):
    claim(task, actor=ed)
    task.refresh_from_db()
    assert (task.owner, task.status, task.version) == (ed, "IN_PROGRESS", 2)


def test_a_claim_is_history(claim, task, ed):
    claim(task, actor=ed)
    line = task.activities.latest("pk")
    assert (line.actor, line.verb, line.version) == (ed, "claimed", 2)
    assert line.changes == {"status": ["UNASSIGNED", "IN_PROGRESS"], "owner": [None, ed.pk]}


def test_a_claimed_task_cannot_be_claimed(claim, task, ed, ada):
    claim(task, actor=ed)
    with pytest.raises(services.AlreadyClaimed, match="already claimed or completed"):
        claim(task, actor=ada)


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_cannot_be_claimed(claim, task, ada, status):
    services.move_task(task, actor=ada, status=status)
    with pytest.raises(services.AlreadyClaimed):
        claim(task, actor=ada)
    task.refresh_from_db()
    assert task.status == status


def test_a_task_in_progress_whose_owner_left_can_be_claimed(claim, task, ed, ada):
    claim(task, actor=ed)
    ed.delete()
    claim(task, actor=ada)
    task.refresh_from_db()
    assert task.owner == ada


def test_a_creator_may_not_claim(claim, task, cleo):
    with pytest.raises(NotAllowed):
        claim(task, actor=cleo)


def test_a_stranger_finds_nothing_to_claim(claim, task, oscar):
    with pytest.raises(NotFound):
        claim(task, actor=oscar)


def test_an_edit_meanwhile_does_not_lose_an_optimistic_claim(task, ada, ed):
    stale = Task.objects.get(pk=task.pk)
    services.edit_task(task, actor=ada, version=1, title="Another title")
    services.claim_task_optimistically(stale, actor=ed)
    task.refresh_from_db()
    assert (task.owner, task.title) == (ed, "Another title")


@pytest.mark.django_db(transaction=True)
def test_of_64_threads_that_claim_the_same_200_tasks_each_task_has_one_winner(
    claim: Callable[..., Task], board: Project, ada: User, member: Callable[..., User]
):
    editors = [member(f"editor-{number}", Role.EDITOR) for number in range(64)]
    tasks = [services.create_task(board, actor=ada, title=f"Task {number}") for number in range(200)]
    outcomes: Counter[str] = Counter()
    winners: dict[int, list[int]] = {task.pk: [] for task in tasks}
    start = threading.Barrier(len(editors))

    def race(editor: User) -> None:
        try:
            start.wait()
            for task in tasks:
                try:
                    claim(task, actor=editor)
                    winners[task.pk].append(editor.pk)
                    outcomes["won"] += 1
                except services.AlreadyClaimed:
                    outcomes["lost"] += 1
                except Exception as error:  # noqa: BLE001 (whatever else happens fails the test below)
                    outcomes[repr(error)] += 1
                if connection.vendor == "postgresql":
                    connection.close()  # as at the end of a request: 64 threads share the few connections of the pool
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=[editor]) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == {"won": 200, "lost": 64 * 200 - 200}
    assert all(len(who) == 1 for who in winners.values())
    stored = dict(Task.objects.values_list("pk", "owner_id"))
    assert stored == {pk: who[0] for pk, who in winners.items()}


def test_a_release_frees_the_task(task, ed):
    services.claim_task(task, actor=ed)
    services.release_task(task, actor=ed)
    task.refresh_from_db()
    assert (task.owner, task.status, task.version) == (None, "UNASSIGNED", 3)
    assert task.activities.latest("pk").verb == "released"


def test_only_work_in_progress_can_be_released(task, ada):
    with pytest.raises(services.NotClaimed):
        services.release_task(task, actor=ada)


def test_an_editor_may_not_release_a_colleagues_task(task, ada, ed):
    services.claim_task(task, actor=ada)
    with pytest.raises(NotAllowed):
        services.release_task(task, actor=ed)
