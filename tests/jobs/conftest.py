"""The worker as a process of its own, on the database of the tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests.static import static_root

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30


def database_url() -> str:
    """Return where the database of this very test process lies."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    user = quote(given["USER"] or "", safe="")
    password = f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else ""
    return f"postgres://{user}{password}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def environment(**extra: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "taskmanager.settings.production",
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "STATIC_ROOT": static_root(),
        "SECRET_KEY": settings.SECRET_KEY,
        "JWT_SECRET_KEY": settings.JWT_SECRET_KEY,
        "LOG_LEVEL": "INFO",
        **extra,
    }


def until(condition: Callable[[], object], *, patience: float = PATIENCE) -> None:
    """Wait until the condition holds; fail where it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("It never came to pass.")
        time.sleep(0.05)


class Process:
    """A worker of its own process."""

    def __init__(self, log: Path, *arguments: str, **extra: str) -> None:
        self.log = log
        command = [sys.executable, "-m", "taskmanager", "worker", "--interval=0.1", *arguments]
        with log.open("ab") as file:
            self.popen = subprocess.Popen(command, cwd=ROOT, env=environment(**extra), stdout=file, stderr=file)

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self) -> int:
        return self.popen.wait(PATIENCE)

    def says(self, text: str) -> bool:
        return text in self.log.read_text()


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start workers: `worker("--batch", EMAIL_URL=…)`. They are killed at the end."""
    processes: list[Process] = []

    def start(*arguments: str, **extra: str) -> Process:
        processes.append(Process(tmp_path / f"worker-{len(processes)}.log", *arguments, **extra))
        return processes[-1]

    yield start
    for process in processes:
        if process.popen.poll() is None:
            process.popen.kill()
        process.wait()
