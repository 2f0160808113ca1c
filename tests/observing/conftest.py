"""A server of its own processes, on the database of the tests, and programs that call it."""

import datetime
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope, User
from tests.jobs.conftest import PATIENCE, ROOT, environment, until
from tests.test_newcomer import free_port

SERVE = [sys.executable, "-m", "taskmanager", "serve"]
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "taskmanager/gunicorn.conf.py"]


def fetch(url: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, str]:
    """Return the status and the body of the answer."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, data=body and body.encode(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def answers(url: str) -> bool:
    try:
        return fetch(url)[0] == 200
    except OSError:
        return False


@contextmanager
def running(command: list[str], log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of the product; end it as an operator does."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(**variables), stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def served(log: Path, command: list[str] = SERVE, **variables: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Give the address of a server, and its process."""
    variables = {"PORT": free_port(), "WEB_CONCURRENCY": "1", "DEMO": "0", **variables}
    address = f"http://127.0.0.1:{variables['PORT']}"
    with running(command, log, **variables) as process:
        try:
            until(lambda: answers(f"{address}/metrics") or process.poll() is not None)
        except pytest.fail.Exception:
            pytest.fail(log.read_text())
        assert process.poll() is None, log.read_text()
        yield address, process


def sample(text: str, name: str, /, **labels: str) -> float | None:
    """Return the value in an answer of /metrics: the sum of all samples of that name that have these labels."""
    marks = [f'{label}="{value}"' for label, value in labels.items()]
    lines = [line for line in text.splitlines() if re.split("[{ ]", line)[0] == name]
    found = [float(line.rpartition(" ")[2]) for line in lines if all(mark in line for mark in marks)]
    return sum(found) if found else None


@pytest.fixture
def token(transactional_db: None, ada: User) -> str:
    ends = timezone.now() + datetime.timedelta(days=1)
    return accounts.create_token(ada, name="Tests", scope=Scope.WRITE, expires_at=ends)[1]
