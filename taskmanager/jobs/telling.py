"""Where a worker tells of itself, at WORKER_PORT: its numbers, and whether it lives."""

import json
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskmanager import __version__, metrics

# After how many seconds without a sign a worker counts as dead. It looks for jobs every second, and the heart of a job
# beats every ten; a database that hangs instead of refusing may keep both waiting for a while.
SILENCE = 120.0


class Pulse:
    """When the worker last gave a sign of life: a turn of its loop, or a heartbeat of its job."""

    def __init__(self) -> None:
        """Begin alive."""
        self.at = time.monotonic()

    def beat(self) -> None:
        """Give a sign."""
        self.at = time.monotonic()

    @property
    def seconds_ago(self) -> float:
        """How long ago that was."""
        return time.monotonic() - self.at


class Server(ThreadingHTTPServer):
    """Answers beside the worker, in threads that end with it."""

    daemon_threads = True

    def __init__(self, port: int, pulse: Pulse) -> None:
        """Take the port and the worker's pulse. Raises ImproperlyConfigured where the port can't be had."""
        self.pulse = pulse
        if ":" in settings.HOST:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((settings.HOST, port), Handler)
        except OSError as error:
            raise ImproperlyConfigured(
                f"WORKER_PORT: the worker can't listen on {settings.HOST}:{port}: {error.strerror}."
            ) from error

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self.serve_forever, name="telling", daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """Two addresses, for a probe and a scraper."""

    server: Server
    server_version = f"Taskmanager/{__version__}"
    sys_version = ""
    timeout = 10.0  # seconds for which a client may think about its request

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        if path == "/health/liveness/":
            self._tell_whether_alive()
        elif path == "/metrics" and metrics.may_read(self.client_address[0]):
            self._answer(HTTPStatus.OK, metrics.exposition(), metrics.CONTENT_TYPE)
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"Not found.\n", "text/plain")

    do_HEAD = do_GET  # noqa: N815 (the name that the library asks for)

    def _tell_whether_alive(self) -> None:
        silent_for = self.server.pulse.seconds_ago
        if silent_for < SILENCE:
            self._answer(HTTPStatus.OK, json.dumps({"status": "ok"}).encode(), "application/json")
        else:
            said = {"status": "silent", "seconds": round(silent_for)}
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(said).encode(), "application/json")

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: a probe asks every few seconds."""
