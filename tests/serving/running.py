"""A running server whose code a test can change, and clients that ask it without a pause."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.test_newcomer import bare_environment, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
CLIENTS, WORKERS = 4, 2
COMMANDS = {
    "serve": ["-m", "taskmanager", "serve"],
    "gunicorn": ["-m", "gunicorn", "-c", str(ROOT / "taskmanager/gunicorn.conf.py")],
}
SETTINGS = """
import sys
from taskmanager.settings.production import *
ROOT_URLCONF = "changing_urls"
VERSION = "{version}"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
if "serve" in sys.argv:
    STATICFILES_FINDERS = []  # collecting takes longer than what is looked at
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""
URLS = """
import logging, os, time
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import path
from taskmanager.urls import *

@login_not_required
def version(request):
    time.sleep(0.01)
    return HttpResponse(f"{version} {settings.VERSION} {os.getpid()}")

@login_not_required
def slow(request):
    logging.getLogger("taskmanager").info("a slow one begins")
    time.sleep(1.5)
    return HttpResponse("at last")

@login_not_required
def broken(request):
    raise ZeroDivisionError

urlpatterns = [path("version/", version), path("slow/", slow), path("broken/", broken), *urlpatterns]
"""


@dataclass
class Server:
    """A server of two web processes."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    code: Path

    def write(self, version: str) -> None:
        """Change its code, settings included."""
        write(self.code, version)

    def get(self, path: str) -> tuple[int, str]:
        """Ask over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def versions(self) -> set[str]:
        """Return what its processes say that their code and their settings are."""
        return {self.get("/version/")[1].rpartition(" ")[0] for _ in range(10)}

    def workers(self) -> set[int]:
        """Return its web processes that answer: both of them, as a rule."""
        found: set[int] = set()
        for _ in range(50):  # the system may give many to the same one
            found.add(int(self.get("/version/")[1].rpartition(" ")[2]))
            if len(found) == WORKERS:
                break
        return found

    def says(self, text: str) -> bool:
        return text in self.log.read_text()


def write(code: Path, version: str) -> None:
    (code / "changing_settings.py").write_text(SETTINGS.replace("{version}", version))
    (code / "changing_urls.py").write_text(URLS.replace("{version}", version))


@contextmanager
def serving(folder: Path, kind: str, **extra: str) -> Iterator[Server]:
    """Run a server of version 1 in the folder. `extra` are variables, in which {port} stands for its port."""
    code, log, port = folder / "code", folder / "log", free_port()
    code.mkdir()
    write(code, "1")
    environment = bare_environment(
        PORT=port,
        DATA_DIR=str(folder / "var"),
        DEMO="0",
        WEB_CONCURRENCY=str(WORKERS),
        SECRET_KEY="s" * 50,
        JWT_SECRET_KEY="j" * 50,
        DJANGO_SETTINGS_MODULE="changing_settings",
        PYTHONPATH=os.pathsep.join([str(code), str(ROOT)]),
        PYTHONDONTWRITEBYTECODE="1",  # two versions of a second would be taken for one
        **{name: value.replace("{port}", port) for name, value in extra.items()},
    )
    with log.open("wb") as file:
        command = [sys.executable, *COMMANDS[kind]]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)
    server = Server(process, int(port), log, code)
    try:
        until(lambda: answers(server) or process.poll() is not None, log)
        assert process.poll() is None, log.read_text()
        until(lambda: len(server.workers()) == 2, log)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def answers(server: Server) -> bool:
    try:
        return server.get("/version/")[0] == 200
    except OSError:
        return False


def until(condition, log: Path) -> None:
    """Wait until the condition holds; fail with the log where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"It never came to pass.\n{log.read_text()[-5000:]}")
        time.sleep(0.02)


@dataclass
class Load:
    """Clients that ask one after the other: half of them by one kept connection, the others by a new one each time."""

    port: int
    answered: list[float] = field(default_factory=list)  # when
    failed: list[str] = field(default_factory=list)
    retried: int = 0
    is_over: bool = False

    def ask_without_a_pause(self, *, keeps: bool) -> None:
        connection, is_reused, is_retry = None, False, False
        while not self.is_over:
            try:
                if connection is None:
                    connection, is_reused = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE), False
                    connection.connect()
            except ConnectionRefusedError:
                return  # nobody is there any more: nothing was asked
            try:
                connection.request("GET", "/version/", headers={} if keeps else {"Connection": "close"})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                connection = None
                # A server may close a kept connection at any time, and then a client asks again (RFC 9110, 9.2.2).
                if is_reused and not is_retry:
                    self.retried += 1
                    is_retry = True
                    continue
                self.failed.append(repr(error))
            else:
                if response.status == 200:
                    self.answered.append(time.monotonic())
                else:
                    self.failed.append(str(response.status))
                is_reused, is_retry = True, False
                if response.will_close:
                    connection.close()
                    connection = None
        if connection is not None:
            connection.close()

    def wait_for(self, number: int) -> None:
        """Wait for so many more answers."""
        enough = len(self.answered) + number
        deadline = time.monotonic() + PATIENCE
        while len(self.answered) < enough and not self.failed:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@contextmanager
def loaded(server: Server) -> Iterator[Load]:
    """Let clients ask the server; give what they get."""
    load = Load(server.port)
    threads = [
        threading.Thread(target=load.ask_without_a_pause, kwargs={"keeps": bool(number % 2)})
        for number in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        load.wait_for(20)
        yield load
    finally:
        load.is_over = True
        for thread in threads:
            thread.join(PATIENCE)
