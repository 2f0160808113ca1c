"""What a backup and a restore take at 1,000 and at 200,000 tasks: seconds, the most memory, the size of the file.

    python -m bench.backups

Starts PostgreSQL for this run alone; from it into SQLite, and from there into another database of PostgreSQL. Each is
the command as an operator gives it, in a process of its own, with 1,000 uploads of 100 kB that don't shrink.
"""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench import speed
from tests import servers

UPLOADS, UPLOAD = 1_000, 100_000  # bytes


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, nargs="+", default=speed.SIZES, help="the sizes")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with servers.postgresql() as database, tempfile.TemporaryDirectory(prefix="taskmanager-bench-") as folder:
            print("| tasks | command | seconds | computing | memory, MB | file, MB |\n|---:|---|---:|---:|---:|---:|")
            for number, tasks in enumerate(given.tasks, 1):
                measure(tasks, number, database, Path(folder))
    except (servers.ServerMissing, servers.ServerFailed, speed.Failed, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def measure(tasks: int, number: int, database: str, folder: Path) -> None:
    """Print a line for each of the four commands."""
    place = folder / f"{tasks}-backups"
    first, second, sqlite = place / "first.tar.gz", place / "second.tar.gz", f"sqlite:///{place}/there.sqlite3"
    with speed.filled(tasks, number, database, "redis://127.0.0.1:1/0", folder) as (source, _given):
        uploads = Path(source["DATA_DIR"]) / "uploads"
        uploads.mkdir(parents=True, exist_ok=True)
        place.mkdir()
        for each in range(UPLOADS):
            (uploads / f"{each}.bin").write_bytes(secrets.token_bytes(UPLOAD))
        with empty(database, number) as target:
            into = source | {"DATABASE_URL": sqlite, "DATA_DIR": str(place / "there")}
            back = source | {"DATABASE_URL": target, "DATA_DIR": str(place / "back")}
            for name, environment, command, file in (
                ("backup of PostgreSQL", source, "backup", first),
                ("restore into SQLite", into, "restore", first),
                ("backup of SQLite", into, "backup", second),
                ("restore into PostgreSQL", back, "restore", second),
            ):
                seconds, busy, megabytes = timed(command, file, environment)
                size = file.stat().st_size / 1e6
                print(f"| {tasks:,} | {name} | {seconds:.0f} | {busy:.0f} | {megabytes:.0f} | {size:.0f} |", flush=True)


@contextmanager
def empty(database: str, number: int) -> Iterator[str]:
    """Give the URL of a database without tables."""
    name = f"taskmanager_back_{os.getpid()}_{number}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield database.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def timed(command: str, file: Path, environment: dict[str, str]) -> tuple[float, float, float]:
    """Run it; return its seconds, those that it computed for, and its megabytes at most. Raises speed.Failed."""
    without_redis = {name: value for name, value in environment.items() if name != "REDIS_URL"}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "taskmanager", command, str(file)], cwd=speed.ROOT, env=without_redis, stderr=said
        )
        # Of this child alone: getrusage() tells the largest of all.
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode:
            said.seek(0)
            raise speed.Failed(f"taskmanager {command} failed:\n{said.read().decode()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main())
