"""The lines of a running server: all of one form, Gunicorn's own too, and none with what a stranger has sent."""

import json
import socket

import pytest

from tests.serving.running import PATIENCE, Server, until

pytestmark = pytest.mark.once


def send(server: Server, data: bytes) -> bytes:
    """Return what the server answers to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        return connection.recv(100)


def test_every_line_is_json_and_tells_of_what_never_became_a_request(gunicorn):
    assert send(gunicorn, b"GET /SECRET SECRET\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert send(gunicorn, b"GET /help/ HTTP/1.1\r\nSECRET\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert gunicorn.get("/broken/?SECRET=SECRET")[0] == 500
    until(lambda: gunicorn.says('"status": 500'), gunicorn.log)
    lines = [json.loads(line) for line in gunicorn.log.read_text().splitlines()]
    loggers = {line["logger"] for line in lines}
    # Where the server has no folder of static files, it warns of that in the same form.
    assert loggers - {"py.warnings"} == {"gunicorn.error", "taskmanager.requests", "django.request"}
    refused = [line["message"] for line in lines if "could not be read" in line["message"]]
    assert [text.rpartition(": ")[2] for text in refused] == ["InvalidHTTPVersion.", "InvalidHeader."]
    assert "SECRET" not in json.dumps(lines)
    assert sum("Traceback" in line.get("exception", "") for line in lines) == 1
