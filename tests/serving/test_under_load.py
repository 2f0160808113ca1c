"""While clients ask without a pause, a server loses a process, is given new code, and is stopped.

One server for all of it, because starting one takes longer than what is looked at.
"""

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.jobs.test_serve import is_alive, pids
from tests.serving.running import CLIENTS, PATIENCE, Load, Server, loaded, serving, until

pytestmark = pytest.mark.once


def test_serve_under_load_fails_no_request_but_those_of_a_process_that_is_killed(tmp_path):
    with serving(tmp_path, "serve") as server, loaded(server) as load:
        a_killed_worker_fails_no_more_than_what_it_was_answering(server, load)
        until(lambda: len(pids(server.log)) == 1, server.log)  # its worker of jobs, too, starts with the first code
        new_code_that_does_not_start_changes_nothing(server, load)
        sighup_takes_new_code_and_fails_no_request(server, load)
        until(lambda: len(pids(server.log)) == 2, server.log)
        first, second = pids(server.log)
        until(lambda: has_ended(first), server.log)
        assert is_alive(second)
        sigterm_fails_no_request(server, load)
        assert not is_alive(second)


def test_gunicorn_under_load_fails_no_request(tmp_path):
    with serving(tmp_path, "gunicorn") as server, loaded(server) as load:
        server.process.send_signal(signal.SIGUSR2)
        until(lambda: server.says("SIGUSR2 starts no second server"), server.log)
        sighup_takes_new_code_and_fails_no_request(server, load, kills_a_new_worker=True)
        sigterm_fails_no_request(server, load)


def a_killed_worker_fails_no_more_than_what_it_was_answering(server: Server, load: Load) -> None:
    victim = min(server.workers())
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(server.workers() - {victim}) == 2, server.log)
    load.wait_for(50)
    # Each client has one request at a time, and some of these were the other worker's.
    assert len(load.failed) < CLIENTS
    load.failed.clear()
    load.retried = 0


def new_code_that_does_not_start_changes_nothing(server: Server, load: Load) -> None:
    before = server.workers()
    (server.code / "changing_settings.py").write_text("this is no Python")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: server.says("the new code does not start"), server.log)
    assert server.versions() == {"1 1"}
    assert server.workers() == before
    assert load.failed == []


def sighup_takes_new_code_and_fails_no_request(server: Server, load: Load, *, kills_a_new_worker: bool = False) -> None:
    before = server.workers()
    assert server.versions() == {"1 1"}
    server.write("2")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: server.says("the new code is being tried"), server.log)
    server.process.send_signal(signal.SIGHUP)  # impatience does no harm
    if kills_a_new_worker:
        until(lambda: server.says("the master becomes the new code"), server.log)
        until(lambda: children(server) - before, server.log)
        # It can't be ready yet, and another one has to relieve its former one.
        os.kill(min(children(server) - before), signal.SIGKILL)
    until(lambda: server.versions() == {"2 2"} and all(map(has_ended, before)), server.log)
    assert len(server.workers()) == 2
    assert (load.failed, load.retried) == ([], 0)
    assert server.process.poll() is None


def sigterm_fails_no_request(server: Server, load: Load) -> None:
    load.wait_for(50)
    answers: list[tuple[int, str]] = []
    slow = threading.Thread(target=lambda: answers.append(server.get("/slow/")))
    slow.start()
    until(lambda: server.says("a slow one begins"), server.log)
    server.process.terminate()
    until(lambda: not answers_anybody(server), server.log)
    # Nobody new waits in vain while what was asked before is answered.
    assert slow.is_alive()
    assert server.process.wait(PATIENCE) == 0
    slow.join(PATIENCE)
    assert answers == [(200, "at last")]
    assert (load.failed, load.retried) == ([], 0)


def answers_anybody(server: Server) -> bool:
    try:
        server.get("/version/")
    except ConnectionRefusedError:
        return False
    return True


def has_ended(pid: int) -> bool:
    """Whether the process is over, even where its parent hasn't asked for it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(server: Server) -> set[int]:
    pid = server.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
