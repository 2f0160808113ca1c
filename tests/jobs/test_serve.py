"""`serve` runs a worker along: restarted when it dies, ended with the server however that ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.jobs.conftest import PATIENCE, ROOT, until
from tests.static import static_root
from tests.test_newcomer import bare_environment, free_port


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    log = folder / "log"
    data = {"DATA_DIR": str(folder / "var"), "STATIC_ROOT": static_root()}
    environment = bare_environment(PORT=free_port(), DEMO="0", **data)
    with log.open("ab") as file:
        command = [sys.executable, "-m", "taskmanager", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process, log
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def pids(log: Path) -> list[int]:
    """Return the workers that have started, the latest last."""
    return [int(pid) for pid in re.findall(r"Worker (\d+)-\w+ started", log.read_text())]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_runs_beside_the_server_is_restarted_and_ends_with_it(tmp_path):
    with serving(tmp_path) as (server, log):
        until(lambda: pids(log))
        [first] = pids(log)
        os.kill(first, signal.SIGKILL)
        until(lambda: len(pids(log)) == 2)
        second = pids(log)[-1]
        # Ctrl+C is for the whole terminal; the worker must still finish its job.
        os.killpg(server.pid, signal.SIGINT)
        server.wait(PATIENCE)
        until(lambda: not is_alive(second))
        assert "ended by SIGTERM" in log.read_text()


def test_a_server_that_is_killed_leaves_no_worker_behind(tmp_path):
    with serving(tmp_path) as (server, log):
        until(lambda: pids(log))
        server.kill()
        server.wait(PATIENCE)
        until(lambda: not is_alive(pids(log)[-1]))
