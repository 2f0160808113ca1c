"""SIGHUP: new code, and no moment without a server.

Gunicorn's own reload forks new workers from a master that has read settings and half of the product long ago, and stops
the old ones before the new ones can answer. Here the master makes sure that the new code starts, and then becomes it:
it executes its own command line in the same process, with the port open and the old workers going on. Each of these
stops when a new one is ready.
"""

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

# How the new master learns of the old workers, its children; and, from Gunicorn, of the open port.
FORMER_WORKERS = "TASKMANAGER_FORMER_WORKERS"
STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


def become_new(master: Any, *, preparation: Sequence[str], last_act: Callable[[], None] = lambda: None) -> None:
    """Replace this master by one with the code that is on the disk now; return where that doesn't start.

    Takes Gunicorn's master, arguments for Python that fail where the new code wouldn't start, and what to do right
    before the old code is gone.
    """
    master.log.info("Reload: the new code is being tried.")
    if not _is_prepared(master, preparation):
        return
    last_act()
    # Another one meanwhile would end the new master, which doesn't listen yet.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    environment = os.environ | {
        "GUNICORN_PID": str(os.getpid()),
        "GUNICORN_FD": ",".join(str(listener.fileno()) for listener in master.LISTENERS),
        FORMER_WORKERS: ",".join(map(str, master.WORKERS)),
    }
    master.log.info("Reload: the master becomes the new code.")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 (our own command line)


def _is_prepared(master: Any, preparation: Sequence[str]) -> bool:
    """Whether the new code starts. A signal to stop ends the attempt."""
    command = [sys.executable, *preparation]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 (ours)
    kept = []
    stopped = False
    while process.poll() is None and not stopped:
        with suppress(queue.Empty):
            number = master.SIG_QUEUE.get(timeout=0.1)
            stopped = number in STOPPING
            if number != signal.SIGHUP:
                kept.append(number)
        for worker in list(master.WORKERS.values()):
            worker.tmp.notify()  # nobody looks after them here, so nobody may take them for dead afterwards
    for number in kept:
        master.SIG_QUEUE.put(number)
    if stopped:
        process.terminate()
        process.wait()
        return False
    if process.returncode:
        master.log.error("Reload: the new code does not start; the server goes on with the old one.")
    return process.returncode == 0


def former_workers() -> list[int]:
    """Return the workers of the master that this process was before, once."""
    return [int(pid) for pid in os.environ.pop(FORMER_WORKERS, "").split(",") if pid]


def place(former: Sequence[int], master: Any, worker: Any) -> None:
    """Give a worker to come one of the master's places, and the former workers in that place, which it will relieve.

    One that comes for a worker that was killed takes its place, and so nobody former stays for ever.
    """
    taken = {each.place for each in master.WORKERS.values()}
    worker.place = min(set(range(len(taken) + 1)) - taken)
    share = former[worker.place :: master.cfg.workers] if worker.place < master.cfg.workers else []
    worker.former = [pid for pid in share if _is_child(pid)]


def _is_child(pid: int) -> bool:
    """Whether that is a child of this process that runs; hours later, another process may have the number."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


def relieve(worker: Any) -> None:
    """Let a worker that is ready stop the former ones in its place."""
    for pid in worker.former:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def refuse_second_master(master: Any) -> None:
    """Answer SIGUSR2, by which Gunicorn starts a second master beside the first: SIGHUP does what that is for."""
    master.log.warning("SIGUSR2 starts no second server here. SIGHUP takes new code, and no request fails.")
