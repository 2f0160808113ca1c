"""The product served for real, on the database of the tests, and clients that are no more than HTTP."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope, User
from tests.jobs.conftest import PATIENCE, ROOT, environment, until
from tests.test_newcomer import free_port

# Not by way of a proxy that the environment may name.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: Any
    headers: Any


def ask(address: str, token: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Make one call over HTTP, below /api/v1."""
    data = None if body is None else json.dumps(body).encode()
    named = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{address}/api/v1{path}", data, named, method=method)
    try:
        response = opener.open(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        text = response.read()
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return Answer(response.status, json.loads(text) if is_json and text else None, response.headers)


def token_of(user: User) -> str:
    """Return a token of the user, which may write."""
    ends = timezone.now() + timedelta(days=1)
    return accounts.create_token(user, name="test", scope=Scope.WRITE, expires_at=ends)[1]


@contextmanager
def serving(folder: Path, *, throttle: str = "1000000/m") -> Iterator[str]:
    """Serve with two web processes and a worker; yield the address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    extra = {
        "HOST": "127.0.0.1",
        "PORT": port,
        "PUBLIC_URL": address,
        "WEB_CONCURRENCY": "2",
        "DEMO": "0",
        "THROTTLE_DEFAULT": throttle,
        "LOG_LEVEL": "WARNING",
    }
    with (folder / "server.log").open("ab") as log:
        command = [sys.executable, "-m", "taskmanager", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(**extra), stdout=log, stderr=log)
    try:
        until(lambda: process.poll() is not None or _is_alive(address), patience=120)
        assert process.poll() is None, (folder / "server.log").read_text()
        yield address
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_alive(address: str) -> bool:
    with suppress(OSError):
        return ask(address, "", "GET", "/me").status == 401
    return False
