"""The example client of docs/workers.md, run as its readers run it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskmanager.accounts.models import Role, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Task
from tests.api.serving import serving, token_of
from tests.jobs.conftest import PATIENCE, ROOT, until
from tests.test_newcomer import bare_environment

# Leases and claims themselves are tested on either database.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
FOR_EVER = [sys.executable, "-c", "import time; time.sleep(600)"]
WORKER = ROOT / "examples" / "worker.py"
LEASE = 10


class Worker:
    """One run of the example."""

    def __init__(self, log: Path, address: str, token: str, command: list[str]) -> None:
        self.log = log
        environment = bare_environment(
            TASKMANAGER_URL=address, TASKMANAGER_TOKEN=token, LEASE_SECONDS=str(LEASE), no_proxy="*"
        )
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, str(WORKER), *command],
                env=environment,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it alone, and return how it ended."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def clear_away(self) -> None:
        """Kill it with whatever it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start workers: `start(address, token, command)`. They are killed at the end, with what they started."""
    workers: list[Worker] = []

    def make(address: str, token: str, command: list[str]) -> Worker:
        workers.append(Worker(tmp_path / f"client-{len(workers)}.log", address, token, command))
        return workers[-1]

    yield make
    for worker in workers:
        worker.clear_away()
        print(worker.log.read_text())


def writing(path: Path, *, seconds: float = 0) -> list[str]:
    """Return a command that writes down which task it got, some time later."""
    write = f"open({str(path)!r}, 'a').write(text + '\\n')"
    return [sys.executable, "-c", f"import sys, time; text = sys.stdin.read(); time.sleep({seconds}); {write}"]


def written(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def is_done(task: Task) -> bool:
    task.refresh_from_db()
    return task.status == Task.Status.DONE


def owner(task: Task) -> User | None:
    task.refresh_from_db()
    return task.owner


def test_what_a_killed_worker_leaves_behind_another_does_after_the_lease(task, ed, member, tmp_path, start):
    bo = member("bo", Role.EDITOR)
    result = tmp_path / "result"
    with serving(tmp_path) as address:
        first = start(address, token_of(ed), FOR_EVER)
        until(lambda: owner(task) == ed)
        first.end(signal.SIGKILL)
        start(address, token_of(bo), writing(result))
        until(lambda: is_done(task), patience=LEASE + 60)

    assert [each["id"] for each in written(result)] == [task.pk]
    lines = Activity.objects.filter(task=task).order_by("pk")
    assert [(line.verb, line.actor) for line in lines][1:] == [
        ("claimed", ed),
        ("released", None),
        ("claimed", bo),
        ("edited", bo),
    ]
    _created, claimed, released, *_ = lines
    assert (released.created_at - claimed.created_at).total_seconds() >= LEASE


def test_workers_of_one_user_share_a_board_though_they_are_throttled(board, ada, ed, tmp_path, start):
    tasks = [services.create_task(board, actor=ada, title=f"Task {number}") for number in range(8)]
    result = tmp_path / "result"
    token = token_of(ed)
    with serving(tmp_path, throttle="4/s") as address:
        workers = [start(address, token, writing(result)) for _ in range(2)]
        until(lambda: all(is_done(task) for task in tasks), patience=120)
        assert [worker.end() for worker in workers] == [0, 0]

    assert sorted(each["id"] for each in written(result)) == [task.pk for task in tasks]
    assert Activity.objects.filter(verb="claimed").count() == 8


def test_work_that_takes_longer_than_a_lease_is_kept(task, ed, tmp_path, start):
    with serving(tmp_path) as address:
        start(address, token_of(ed), writing(tmp_path / "result", seconds=LEASE + 3))
        until(lambda: is_done(task), patience=LEASE + 60)
    assert [line.verb for line in Activity.objects.filter(task=task).order_by("pk")] == ["created", "claimed", "edited"]


def test_a_worker_that_is_told_to_end_gives_its_task_back(task, ed, tmp_path, start):
    with serving(tmp_path) as address:
        worker = start(address, token_of(ed), FOR_EVER)
        until(lambda: owner(task) == ed)
        assert worker.end() == 0
        assert owner(task) is None
        assert task.status == "UNASSIGNED"
        # Neither does it work on what somebody took from it.
        second = start(address, token_of(ed), FOR_EVER)
        until(lambda: owner(task) == ed)
        ada = task.creator
        services.edit_task(task, actor=ada, version=None, owner=ada)
        assert second.end() == 0
        assert owner(task) == ada


def test_a_task_whose_work_fails_is_given_back(task, ed, tmp_path, start):
    with serving(tmp_path) as address:
        start(address, token_of(ed), [sys.executable, "-c", "raise SystemExit(1)"])
        until(lambda: Activity.objects.filter(task=task, changes__has_key="status").count() == 2)
        assert owner(task) is None


def test_a_token_that_does_not_count_ends_the_worker_with_the_reason(db, tmp_path, start):
    with serving(tmp_path) as address:
        worker = start(address, "nonsense", FOR_EVER)
        assert worker.process.wait(PATIENCE) == 1
    assert worker.log.read_text().startswith("401")
