"""Servers of a test's own, to be stopped, frozen and started again, and the product running on them."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests import servers
from tests.jobs.conftest import ROOT, until
from tests.static import static_root
from tests.test_newcomer import bare_environment, free_port

PREPARE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0, skip_checks=True)
"""

# Few, so that a test can take all of them.
CONNECTIONS = 50


class Server:
    """A program that can be ended, frozen and started again at the same place, with the same data."""

    def __init__(self, command: list[str], folder: Path, port: str, hello: tuple[bytes, bytes]) -> None:
        self.command, self.folder, self.port, self.hello = command, folder, port, hello
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        owner = self.folder.stat()
        other = (
            {} if owner.st_uid == os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        )
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **other
            )
        until(lambda: servers._answers(int(self.port), self.hello))

    def stop(self) -> None:
        if self.process:
            self.freeze(False)
            self.process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            self.process.wait(30)
            self.process = None

    def freeze(self, frozen: bool = True) -> None:
        """Let it hang, or go on: what it holds stays, and connections are accepted by the kernel alone."""
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in [self.process.pid, *map(int, children)]:
            with suppress(ProcessLookupError):  # a child that has just ended
                os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)


@contextmanager
def postgresql() -> Iterator[Server]:
    """Give a PostgreSQL that runs."""
    programs = servers._postgresql_programs()
    if not programs or sys.platform != "linux":
        pytest.skip("needs PostgreSQL's own programs")
    with servers._folder(for_anyone=True) as folder:
        with servers._process(
            [f"{programs}/initdb", "-D{folder}/data", "-Upostgres", "-Atrust", *servers.INITDB], folder
        ) as process:
            assert process.wait() == 0
        port = free_port()
        place = ["--listen_addresses=127.0.0.1", f"--port={port}", "--unix_socket_directories="]
        server = Server(
            [f"{programs}/postgres", f"-D{folder}/data", *place, *servers.POSTGRES, f"-N{CONNECTIONS}"],
            folder,
            port,
            servers.POSTGRES_HELLO,
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def redis() -> Iterator[Server]:
    """Give an empty Redis that runs."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("needs redis-server")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        place = ["--dir", folder, "--bind", "127.0.0.1", "--port", port]
        server = Server([program, *servers.REDIS, *place], Path(folder), port, servers.REDIS_HELLO)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Answer:
    def __init__(self, response: http.client.HTTPResponse, seconds: float) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read().decode()
        self.seconds = seconds

    def json(self) -> Any:
        return json.loads(self.body)


class Product:
    """The product behind Gunicorn, at a port: its web part on its own, one process."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port, self.log = free_port(), folder / "product.log"
        self.env = bare_environment(
            PORT=self.port,
            DATA_DIR=str(folder / "var"),
            STATIC_ROOT=static_root(),
            DJANGO_SETTINGS_MODULE="taskmanager.settings.production",
            SECRET_KEY=settings.SECRET_KEY,  # so that it knows tokens that a test has made
            JWT_SECRET_KEY=settings.JWT_SECRET_KEY,
            **variables,
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "taskmanager/gunicorn.conf.py"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        until(lambda: _listens(self.port))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=60)

    def ask(self, path: str, *, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        connection = self.connect()
        begun = time.monotonic()
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            return Answer(connection.getresponse(), time.monotonic() - begun)
        finally:
            connection.close()


@contextmanager
def product(folder: Path, *, migrated: bool = True, **variables: str) -> Iterator[Product]:
    """Give the product that runs, on a database that it has migrated."""
    served = Product(folder, **variables)
    if migrated:
        subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=served.env, check=True)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def _listens(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    except OSError:
        return False
    return True
