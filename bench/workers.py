"""How Gunicorn's kinds of workers and its settings suit the product: calls per second, the slowest, memory.

    python -m bench.workers

Starts PostgreSQL and Redis for this run alone, and one server after the other on the same data, each with two web
processes; wrk calls. `preload` is `--preload`. Gunicorn's worker for ASGI isn't among them: the product is a WSGI
application, which Django would run in a thread of one pool behind it, one at a time.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from bench import speed
from tests import servers

CALLS = ("board", "API list", "API one")
CONNECTIONS = (8, 32)
OURS = "taskmanager.serving.worker.Worker"
# What is compared, by options that stand behind our configuration; the second is that configuration.
VARIANTS: dict[str, Sequence[str]] = {
    "sync": ("--worker-class=sync", "--threads=1"),
    "4 threads": (f"--worker-class={OURS}", "--threads=4"),
    "Gunicorn's, 4 threads": ("--worker-class=gthread", "--threads=4"),
    "2 threads": (f"--worker-class={OURS}", "--threads=2"),
    "8 threads": (f"--worker-class={OURS}", "--threads=8"),
    "16 threads": (f"--worker-class={OURS}", "--threads=16"),
    "4 threads, preload": (f"--worker-class={OURS}", "--threads=4", "--preload"),
    "4 threads, max 0": (f"--worker-class={OURS}", "--threads=4", "--max-requests=0"),
    "4 threads, max 500": (f"--worker-class={OURS}", "--threads=4", "--max-requests=500", "--max-requests-jitter=50"),
}


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--tasks", type=int, default=20_000, help="how many there are")
    parser.add_argument("--only", choices=VARIANTS, nargs="+", default=list(VARIANTS), help="some of the variants")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        wrk = speed.find_wrk()
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmanager-bench-")))
            database, redis = stack.enter_context(servers.postgresql()), stack.enter_context(servers.redis())
            made = speed.filled(given.tasks, 1, database, redis, folder)
            environment, caller = stack.enter_context(made)
            # As many connections as the most threads need; what a variant doesn't use isn't opened.
            environment["WEB_THREADS"] = "16"
            with speed.server(environment, folder / "first.log"):
                pass  # collects the static files
            lines = [
                measured(wrk, name, environment=environment, caller=caller, folder=folder, seconds=given.seconds)
                for name in given.only
            ]
    except (servers.ServerMissing, servers.ServerFailed, speed.Failed, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    titles = "".join(f"{f'{name}, {number}':>20}" for name in CALLS for number in CONNECTIONS)
    print(f"\nCalls per second, and the milliseconds that 99 of 100 stay under; {given.tasks:,} tasks.\n")
    print(f"{'':24}{titles}{'MB each':>16}")
    print("\n".join(lines))
    return 0


def measured(
    wrk: str,
    name: str,
    *,
    environment: dict[str, str],
    caller: dict[str, object],
    folder: Path,
    seconds: float,
) -> str:
    """Return the line of one variant."""
    speed.say(f"{name} …")
    command = ["-m", "gunicorn", "-c", str(speed.ROOT / "taskmanager/gunicorn.conf.py"), *VARIANTS[name]]
    with speed.server(environment, folder / "variant.log", command) as (pid, start):
        site = speed.Site(0, int(environment["PORT"]), pid, start, caller)
        for call in CALLS:
            with suppress(speed.Failed):  # where it fails again below, the table says so
                speed.run(wrk, site, call, 8, 5)  # what a process does once isn't measured
        cells = []
        for call in CALLS:
            for connections in CONNECTIONS:
                settle(pid)
                try:
                    figure = speed.run(wrk, site, call, connections, seconds)
                except speed.Failed as error:
                    speed.say(str(error))
                    cells.append("calls failed")
                else:
                    cells.append(f"{figure.per_second:10.0f}/s{figure.slowest:6.0f} ms"[-20:])
        return f"{name:24}" + "".join(f"{cell:>20}" for cell in cells) + f"{proportional_memory(pid):>16}"


def settle(pid: int) -> None:
    """Wait until the web processes rest: they still answer what the measurement before has left waiting."""
    used = cpu_seconds(pid)
    while True:
        time.sleep(0.5)
        before, used = used, cpu_seconds(pid)
        if used - before < 0.05:
            return


def cpu_seconds(pid: int) -> float:
    """Return what the web processes have computed so far, in seconds; 0 where the system doesn't tell."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return 0
    # User and system time, behind the name of the program in brackets.
    times = [
        (Path("/proc") / child / "stat").read_text().rpartition(")")[2].split()[11:13]
        for child in children.read_text().split()
    ]
    return sum(int(ticks) for both in times for ticks in both) / os.sysconf("SC_CLK_TCK")


def proportional_memory(pid: int) -> str:
    """Return the megabytes of each web process, what several share divided among them, where the system tells."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return "?"
    found = []
    for child in children.read_text().split():
        rollup = (Path("/proc") / child / "smaps_rollup").read_text().splitlines()
        [line] = [line for line in rollup if line.startswith("Pss:")]
        found.append(f"{int(line.split()[1]) / 1024:.0f}")
    return " and ".join(found)


if __name__ == "__main__":
    sys.exit(main())
