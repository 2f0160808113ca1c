"""How fast the product answers, against the limit of the machine, and how that grows from 1,000 to 200,000 tasks.

    make bench

Starts PostgreSQL and Redis for this run alone, as the tests do, and for each size `taskmanager serve` with two web
processes. wrk calls; the sizes, and the limit and what is held against it, take turns, so that whatever else the
machine does hits all of them. Each figure is the median of three rounds.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 200_000)
ROUNDS = 3
CONNECTIONS = 8  # as many as both processes have threads
API = "/api/v1/tasks"
BARE, LIST = "bare rows", "API list"
# What is called, and whether it belongs to the growth that the specification limits.
CALLS = {
    BARE: "GET /bare/{organization}/",
    LIST: f"GET {API}/?limit=100",
    "API one": f"GET {API}/{{id}}",
    "API claim and release": f"PATCH {API}/{{id}}/claim PATCH {API}/{{id}}/release",
    "API claim-next and release": f"POST {API}/claim-next PATCH {API}/{{id}}/release",
    "board": "GET /",
    "list": "GET /tasks/",
    "search, a common word": "GET /search/?q=word9",
    "search, a rare word": "GET /search/?q=seldom",
}
GROWTH, RATIO = 1.5, 0.4


class Failed(Exception):
    """The benchmark can't say anything; the message says why."""


@dataclass
class Site:
    """A running product with so many tasks, and what a caller needs."""

    tasks: int
    port: int
    pid: int
    start_seconds: float
    given: dict[str, Any]
    figures: dict[tuple[str, int], list["Figure"]] = field(default_factory=dict)

    def call(self, path: str, **headers: str) -> bytes:
        """Return the body of an answer; anything but success ends the run."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            body: bytes = response.read()
            return body


@dataclass(frozen=True)
class Figure:
    """What wrk measured."""

    per_second: float
    milliseconds: float
    slowest: float  # milliseconds that 99 of 100 calls stay under


def main() -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--tasks", type=int, nargs=2, default=SIZES, help="the two sizes")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        wrk = find_wrk()
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmanager-bench-")))
            database, redis = stack.enter_context(servers.postgresql()), stack.enter_context(servers.redis())
            sites = [
                stack.enter_context(site(tasks, number, database, redis, folder))
                for number, tasks in enumerate(given.tasks, 1)
            ]
            for each in sites:
                require_same_rows(each)
            measure(wrk, sites, given.seconds)
            report(sites)
    except (servers.ServerMissing, servers.ServerFailed, Failed, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def find_wrk() -> str:
    """Return the path of wrk, installed where it is missing. Raises ServerMissing."""
    need = "wrk, which calls in the benchmark: install it"
    return servers.find_or_install("wrk", need)


@contextmanager
def site(tasks: int, number: int, database: str, redis: str, folder: Path) -> Iterator[Site]:
    """Make a database of so many tasks and serve it, with a Redis database of its own."""
    with filled(tasks, number, database, redis, folder) as (environment, given):
        with server(environment, folder / f"{tasks}.log"):
            pass  # the first start collects the static files
        with server(environment, folder / f"{tasks}.log") as (pid, seconds):
            yield Site(tasks, int(environment["PORT"]), pid, seconds, given)


@contextmanager
def filled(
    tasks: int, number: int, database: str, redis: str, folder: Path
) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Make a database of so many tasks; give the environment of a server for it, and what a caller needs."""
    name = f"taskmanager_bench_{os.getpid()}_{number}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}} | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATABASE_URL": database.rpartition("/")[0] + f"/{name}",
        "REDIS_URL": redis.rpartition("/")[0] + f"/{number}",
        "DATA_DIR": str(folder / str(tasks)),
        "SECRET_KEY": "only-for-the-benchmark-" * 3,
        "JWT_SECRET_KEY": "only-for-the-benchmark-" * 3,
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    try:
        say(f"Making {tasks:,} tasks …")
        command = [sys.executable, "-m", "bench.fill", "--tasks", str(tasks)]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"The database could not be filled:\n{done.stderr}")
        yield environment, json.loads(done.stdout)
    finally:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server(
    environment: dict[str, str], log: Path, command: Sequence[str] = ("-m", "taskmanager", "serve")
) -> Iterator[tuple[int, float]]:
    """Run `taskmanager serve`, or another command; give its process and how many seconds it took to answer."""
    started = time.perf_counter()
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True
        )
    try:
        while not answers(f"http://127.0.0.1:{environment['PORT']}/about/"):
            if process.poll() is not None or time.perf_counter() - started > servers.PATIENCE:
                raise Failed(f"The server does not start:\n{log.read_text()}")
            time.sleep(0.02)
        yield process.pid, time.perf_counter() - started
    finally:
        process.terminate()
        try:
            process.wait(servers.PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str) -> bool:
    """Whether somebody answers there."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def require_same_rows(site: Site) -> None:
    """Fail unless the list answers with the very rows of the limit that it is held against."""
    bare = json.loads(site.call(CALLS[BARE].split()[1].format(**site.given)))
    token = {"Authorization": f"Bearer {site.given['token']}"}
    if bare != json.loads(site.call(CALLS[LIST].split()[1], **token))["items"]:
        raise Failed("The list and the limit that it is held against answer with different rows.")


def measure(wrk: str, sites: list[Site], seconds: float) -> None:
    """Let wrk call everything, one call at a time and many at once."""
    for each in sites:
        for name in (BARE, LIST, "board"):
            run(wrk, each, name, CONNECTIONS, 5)  # what a process does once isn't measured
    for number in range(1, ROUNDS + 1):
        say(f"Round {number} of {ROUNDS} …")
        for connections in (1, CONNECTIONS):
            for name in CALLS:
                for each in sites:
                    figure = run(wrk, each, name, connections, seconds)
                    each.figures.setdefault((name, connections), []).append(figure)


def run(wrk: str, site: Site, name: str, connections: int, seconds: float) -> Figure:
    """Return what wrk measures. Raises Failed where a call is refused."""
    headers = "Content-Type: application/json"
    if CALLS[name].startswith("GET /bare") or "/api/" in CALLS[name]:
        headers += f"\nAuthorization: Bearer {site.given['token']}"
    else:
        headers += f"\nCookie: {site.given['cookie']}\nAccept-Encoding: gzip"
    environment = os.environ | {
        "CALLS": CALLS[name].replace("{organization}", str(site.given["organization"])),
        "HEADERS": headers,
    }
    if "claim-next" in name:
        environment["READS_ANSWERS"] = "1"
    elif "{id}" in CALLS[name]:
        # A thread per connection, and a task for each: no claim meets another, nor what the run before left claimed.
        site.given["free"], own = site.given["free"][connections:], site.given["free"][:connections]
        environment["IDS"] = " ".join(map(str, own))
    command = [wrk, f"-t{connections}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout=60s"]
    script = str(ROOT / "bench/calls.lua")
    done = subprocess.run(
        [*command, "-s", script, f"http://127.0.0.1:{site.port}"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("FIGURES ")), "")
    if not line:
        raise Failed(f"wrk failed:\n{done.stdout}{done.stderr}")
    requests, microseconds, median, slowest, failed = map(int, line.split()[1:])
    if failed or not requests:
        raise Failed(f"{name}: {failed} of {requests} calls were not answered as they should be.\n{done.stdout}")
    return Figure(requests * 1e6 / microseconds, median / 1000, slowest / 1000)


def median(site: Site, name: str, connections: int, figure: str) -> float:
    """Return the median of the rounds."""
    return statistics.median(getattr(each, figure) for each in site.figures[name, connections])


def report(sites: list[Site]) -> None:
    """Print what was measured, and what is asked."""
    small, large = sites
    cores, load = os.cpu_count(), os.getloadavg()[1]
    print(
        f"\n{cores} cores; load {load:.1f} in the last five minutes, of which the benchmark itself makes some {cores}."
    )
    print(f"\n{'':28}{'one at a time, ms':>26}{'':>8}{f'{CONNECTIONS} at once, calls/s':>28}")
    print(f"{'':28}{small.tasks:>13,}{large.tasks:>13,}{'growth':>8}{small.tasks:>14,}{large.tasks:>14,}")
    for name in CALLS:
        times = [median(each, name, 1, "milliseconds") for each in sites]
        rates = [median(each, name, CONNECTIONS, "per_second") for each in sites]
        growth = times[1] / times[0]
        print(f"{name:28}{times[0]:13.1f}{times[1]:13.1f}{growth:8.2f}{rates[0]:14.1f}{rates[1]:14.1f}")
    print(f"\nGrowth is to be at most {GROWTH}. Against the limit, which is to be at least {RATIO}:")
    for each in sites:
        slow = median(each, BARE, 1, "milliseconds") / median(each, LIST, 1, "milliseconds")
        many = median(each, LIST, CONNECTIONS, "per_second") / median(each, BARE, CONNECTIONS, "per_second")
        print(f"  {each.tasks:>9,} tasks: {slow:.2f} one at a time, {many:.2f} with {CONNECTIONS} at once")
    print("\nStart, in seconds, and the memory of a web process after all of this, in MB:")
    for each in sites:
        print(f"  {each.tasks:>9,} tasks: {each.start_seconds:.1f} s, {memory(each.pid)} MB")


def memory(pid: int) -> str:
    """Return the resident megabytes of each web process of the server, where the system tells."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return "?"
    found = []
    for child in children.read_text().split():
        place = Path(f"/proc/{child}")
        if b"worker" in (place / "cmdline").read_bytes():
            continue  # the one for jobs
        [line] = [line for line in (place / "status").read_text().splitlines() if line.startswith("VmRSS")]
        found.append(f"{int(line.split()[1]) / 1024:.0f}")
    return " and ".join(found)


def say(text: str) -> None:
    """Tell who waits."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
