"""Gunicorn's threaded worker, which loses no request when it stops, and waits for nobody who has been answered."""

import os
import selectors
import socket
import time
from collections import deque
from functools import partial
from typing import Any

from django.db import connection
from gunicorn.workers.gthread import ThreadWorker

from taskmanager.serving.deep_calls import with_room
from taskmanager.settings import pool

# How long an answered client has to hang up, and how many bytes of it are read away meanwhile.
LINGER_SECONDS = 2.0
DRAINED_BYTES = 65_536


class Worker(ThreadWorker):  # type: ignore[misc]  # Gunicorn has no types
    """Answers whoever has connected before it goes.

    Gunicorn's own stops to accept, but keeps the port open until its last request is answered. The system goes on
    taking connections in that time, which are reset in the end: those clients have sent a request and get no answer.

    It also waits for each answered client to hang up, up to two seconds and one after the other, in the thread that
    accepts connections. A few that don't would keep everybody waiting, and the worker from stopping. Here these wait
    beside each other.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nobody."""
        super().__init__(*args, **kwargs)
        self.answered: deque[Any] = deque()  # the earliest first

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 (as Gunicorn calls it)
        """Accept connections, or stop to; for good, take those that wait, and close the port."""
        super().set_accept_enabled(enabled)
        is_stopping = not self.alive or self.ppid != os.getppid()
        if is_stopping and not enabled:
            for listener in self.sockets:
                if listener.sock is not None:
                    self._take_all(listener)
                    listener.close()
            if connection.vendor == "postgresql":
                pool.expect_little(connection.pool)  # type: ignore[attr-defined]

    def _take_all(self, listener: Any) -> None:
        while True:
            before = self.nr_conns
            self.accept(listener)
            if self.nr_conns == before:
                return

    def handle(self, conn: Any) -> Any:
        """Answer what a connection asks, in a thread of the pool."""
        return with_room(super().handle, conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Keep the connection for the next request, or let the client hang up."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        try:
            # Closed with something of the client's unread, the end of our answer would be lost (RFC 9112, 9.6).
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.settimeout(0)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):
            self._close(conn)
            return
        conn.timeout = time.monotonic() + LINGER_SECONDS
        conn.drained = 0
        self.answered.append(conn)

    def _drain(self, conn: Any, _client: Any) -> None:
        try:
            size = len(conn.sock.recv(4096))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        conn.drained += size
        if not size or conn.drained > DRAINED_BYTES:
            self.answered.remove(conn)
            self._hang_up(conn)

    def murder_pending(self) -> None:
        """Close what has been silent for too long."""
        super().murder_pending()
        while self.answered and self.answered[0].timeout <= time.monotonic():
            self._hang_up(self.answered.popleft())

    def _hang_up(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def run(self) -> None:
        """Serve until stopped."""
        super().run()
        if connection.vendor == "postgresql":
            pool.end(connection.pool)  # type: ignore[attr-defined]
        if self.nr_conns > 0:
            # The time to stop in is over. Python would wait for the threads that still work, whatever they wait for.
            self.log.warning("Worker %s stops in the middle of %d requests.", self.pid, self.nr_conns)
            self.cfg.worker_exit(self.app, self)
            os._exit(1)
