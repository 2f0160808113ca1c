"""Many callers at once: no task twice, none lost, and nobody is answered by an error of the server."""

import datetime
import time
from collections import Counter
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from taskmanager.accounts.models import Role, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Task
from tests.api.conftest import Caller
from tests.api.serving import Answer, ask, serving, token_of
from tests.racing import race

CLIENTS = 64
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tokens(transactional_db, member: Callable[..., User]) -> list[str]:
    """A token for each client, of a user of its own."""
    return [token_of(member(f"editor-{number}", Role.EDITOR)) for number in range(CLIENTS)]


def make_tasks(board, ada, count: int, **fields) -> list[Task]:
    return [services.create_task(board, actor=ada, title=f"Task {number}", **fields) for number in range(count)]


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def all_answers(found: list[list[Answer] | Exception]) -> list[Answer]:
    failures = [each for each in found if isinstance(each, Exception)]
    assert not failures
    return [answer for each in found if not isinstance(each, Exception) for answer in each]


@pytest.mark.parametrize("seconds", [None, 60])
def test_of_64_clients_that_claim_next_until_nothing_is_left_each_task_goes_to_one(
    board, ada, tokens, tmp_path, seconds
):
    tasks = make_tasks(board, ada, 100)
    body = {} if seconds is None else {"lease_seconds": seconds}

    with serving(tmp_path) as address:

        def client(token: str) -> Callable[[], list[Answer]]:
            def run() -> list[Answer]:
                answers = [ask(address, token, "POST", "/tasks/claim-next", body)]
                while answers[-1].status == 200:
                    answers.append(ask(address, token, "POST", "/tasks/claim-next", body))
                return answers

            return run

        answers = all_answers(race([client(token) for token in tokens]))

    assert statuses(answers) == {200: 100, 204: CLIENTS}
    given = {answer.body["id"]: answer.body["owner"]["id"] for answer in answers if answer.status == 200}
    assert set(given) == {task.pk for task in tasks}
    assert dict(Task.objects.values_list("pk", "owner_id")) == given
    assert Activity.objects.filter(verb="claimed").count() == 100


def test_of_64_clients_that_claim_the_same_tasks_each_task_goes_to_one(board, ada, tokens, tmp_path):
    tasks = make_tasks(board, ada, 6)

    with serving(tmp_path) as address:

        def client(token: str) -> Callable[[], list[Answer]]:
            return lambda: [ask(address, token, "PATCH", f"/tasks/{task.pk}/claim") for task in tasks]

        answers = all_answers(race([client(token) for token in tokens]))

    assert statuses(answers) == {200: 6, 400: 6 * CLIENTS - 6}
    won = {answer.body["id"]: answer.body["owner"]["id"] for answer in answers if answer.status == 200}
    assert dict(Task.objects.values_list("pk", "owner_id")) == won


def test_of_calls_with_one_key_at_once_one_acts(board, ada, ed, caller):
    make_tasks(board, ada, 8)
    callers = [caller(ed) for _ in range(6)]

    def calling(call: Caller):
        return lambda: call("post", "/tasks/claim-next", {"lease_seconds": 60}, Idempotency_Key="one")

    answers = race([calling(call) for call in callers])
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
    assert len({answer["Lease-Expires"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Task.objects.filter(owner=ed).count() == 1


def test_of_bulk_calls_with_one_key_at_once_one_acts(board, ada, caller):
    [task] = make_tasks(board, ada, 1)
    callers = [caller(ada) for _ in range(6)]

    def calling(call: Caller):
        return lambda: call("patch", "/tasks/", {"items": [{"id": task.pk, "title": "New"}]}, Idempotency_Key="one")

    answers = race([calling(call) for call in callers])
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
    task.refresh_from_db()
    assert task.version == 2


@pytest.mark.parametrize("milliseconds", [-20, 0, 10, 20, 40, 60, 80, 120])
def test_of_a_heartbeat_and_the_end_of_the_lease_at_once_never_both_happen(ed, ada, task, caller, milliseconds):
    mine, other = caller(ed), caller(ada)
    assert mine("post", "/tasks/claim-next", {"lease_seconds": 60}).status_code == 200
    other("get", "/me")  # the first use of a token is written
    ends = timezone.now() + datetime.timedelta(milliseconds=milliseconds)
    Task.objects.filter(pk=task.pk).update(lease_expires_at=ends)

    renewed, taken, _freed = race(
        [
            lambda: mine("patch", f"/tasks/{task.pk}/heartbeat", {}),
            lambda: other("post", "/tasks/claim-next", {}),
            lambda: call_command("free_expired_tasks", verbosity=0),
        ]
    )

    assert renewed.status_code in {200, 409}
    assert taken.status_code in {200, 204}
    assert (renewed.status_code, taken.status_code) != (200, 200)
    task.refresh_from_db()
    if renewed.status_code == 200:
        assert (task.owner, task.lease_seconds) == (ed, 60)
    if taken.status_code == 200:
        assert (task.owner, task.lease_expires_at) == (ada, None)


def test_workers_that_look_at_once_free_each_task_once(board, ada, ed, caller):
    call = caller(ed)
    for _task in make_tasks(board, ada, 12):
        call("post", "/tasks/claim-next", {"lease_seconds": 60})
    Task.objects.update(lease_expires_at=timezone.now())
    connection.close()

    counts = race([services.free_expired_tasks] * 5)

    assert sum(counts) == 12
    assert Activity.objects.filter(verb="released").count() == 12
    assert set(Task.objects.values_list("status", "owner", "version")) == {("UNASSIGNED", None, 3)}


def test_expired_tasks_come_back_to_many_that_ask_at_once_each_to_one(board, ada, ed, member, caller):
    call = caller(ed)
    for _task in make_tasks(board, ada, 6):
        call("post", "/tasks/claim-next", {"lease_seconds": 60})
    callers = [caller(member(f"editor-{number}", Role.EDITOR)) for number in range(6)]
    Task.objects.update(lease_expires_at=timezone.now())
    time.sleep(0.01)

    def calling(other: Caller):
        return lambda: other("post", "/tasks/claim-next", {"lease_seconds": 60})

    answers = race([calling(other) for other in callers])
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 6
    assert len({answer.json()["id"] for answer in answers}) == 6
    assert Activity.objects.filter(verb="released").count() == 6
