"""A client that has its answer and doesn't hang up keeps nobody else waiting."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.serving.running import PATIENCE

pytestmark = pytest.mark.once

REQUEST = b"GET /version/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def test_clients_that_do_not_hang_up_keep_nobody_waiting(gunicorn):
    with ExitStack() as clients:
        for _ in range(16):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", gunicorn.port), timeout=PATIENCE))
            client.sendall(REQUEST)
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()
        for _ in range(4):  # of both processes
            assert gunicorn.get("/version/")[0] == 200
        assert time.monotonic() - begun < 4  # one after the other, each process would wait for sixteen seconds
