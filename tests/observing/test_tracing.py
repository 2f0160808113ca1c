"""Traces as a real receiver gets them: one request, its queries, and the job that it queued."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from taskmanager.tasks import services
from tests.jobs.conftest import PATIENCE, ROOT, environment, until
from tests.observing.conftest import GUNICORN, fetch, running, served
from tests.test_newcomer import free_port

pytestmark = pytest.mark.once

SECRET = "bo@example.com"  # a watcher's address stands for all that is personal
WORKER = [sys.executable, "-m", "taskmanager", "worker", "--batch"]
# Each span as soon as it is over.
AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_SERVICE_NAME": "acme-tasks", "NOTIFICATION_DELAY": "0"}


class Receiver:
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[Any] = []
        self.raw = b""

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    def of_trace(self, span: Any) -> list[Any]:
        return [each for each in self.spans if each.trace_id == span.trace_id]


@contextmanager
def receiving() -> Iterator[tuple[str, Receiver]]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.raw += body
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                receiver.resources.append(group.resource)
                for scope in group.scope_spans:
                    receiver.spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def attributes(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes}


def test_a_request_its_queries_and_its_job_are_one_trace_that_tells_nothing_of_people(token, board, ada, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's queries are not traced")
    watched = services.create_task(board, actor=ada, title="Rotate the keys", watchers=[SECRET])
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with receiving() as (endpoint, receiver):
        tracing = {**AT_ONCE, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
        with served(tmp_path / "log", GUNICORN, **tracing) as (address, _process):
            status, _body = fetch(
                f"{address}/api/v1/tasks/{watched.pk}/comments?secret={SECRET}",
                "POST",
                json.dumps({"text": f"Ask {SECRET}."}),
                **bearer,
            )
            assert status == 201
            fetch(f"{address}/api/v1/tasks/?q={SECRET}", **bearer)
            fetch(f"{address}/nowhere/{SECRET}/")
            fetch(f"{address}/metrics")
            with running(WORKER, tmp_path / "worker.log", EMAIL_URL="console:", **tracing) as worker:
                worker.wait(PATIENCE)
            until(lambda: receiver.named("job mail_watchers"))
            until(lambda: receiver.named("GET api/v1/tasks/"))
            [request] = [span for span in receiver.spans if span.name.startswith("POST api/v1/tasks/")]
            trace = receiver.of_trace(request)
            [job] = [span for span in trace if span.name == "job mail_watchers"]
            queries = [span for span in trace if span.parent_span_id == request.span_id and span.name == "INSERT"]
    assert job.parent_span_id == request.span_id
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line.get("method") == "POST"]
    assert line["trace_id"] == request.trace_id.hex(), "The log tells which trace a request is."
    assert attributes(request)["http.route"].startswith("api/v1/tasks/")
    statements = " ".join(attributes(span).get("db.statement", "") for span in queries)
    assert 'INSERT INTO "tasks_comment"' in statements
    assert "%s" in statements
    assert [span for span in trace if span.parent_span_id == job.span_id], "The job's own queries are in it."
    told = {each.key: each.value.string_value for resource in receiver.resources for each in resource.attributes}
    assert told["service.name"] == "acme-tasks"
    assert told["service.version"]
    # Probes and scrapers are left out, and whatever people typed.
    assert [span.name for span in receiver.spans if "metrics" in span.name] == []
    for word in (SECRET.encode(), b"Rotate", b"secret=", b"Python-urllib"):
        assert word not in receiver.raw, word
    assert "127.0.0.1" not in attributes(request).values(), "Where a client is, is told to nobody."


@pytest.mark.usefixtures("transactional_db")
def test_a_receiver_that_is_away_slows_and_breaks_nothing(tmp_path):
    tracing = {**AT_ONCE, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    with served(tmp_path / "log", GUNICORN, **tracing) as (address, process):
        begun = time.monotonic()
        for _many in range(20):
            assert fetch(f"{address}/api/v1/me")[0] == 401
        assert time.monotonic() - begun < 5
        process.terminate()
        begun = time.monotonic()
        assert process.wait(30) == 0
        assert time.monotonic() - begun < 10, "It doesn't wait until the receiver is back."


def test_without_an_endpoint_what_traces_is_not_even_imported():
    script = (
        "import sys, django; django.setup(); from taskmanager import tracing, urls, wsgi; tracing.start();"
        "assert tracing.current_trace_id() == tracing.traceparent() == '';"
        # The client of Redis looks for OpenTelemetry's metrics by itself.
        "parts = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'opentelemetry.instrumentation', 'google');"
        "assert not [name for name in sys.modules if name.startswith(parts)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_job_says_of_which_trace_it_is_and_the_log_can_too(tmp_path):
    script = """
import django; django.setup()
from django.conf import settings
from taskmanager import tracing
tracing.start()
with tracing.job_span("write", job_id="1", parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
    print(tracing.current_trace_id(), tracing.traceparent()[:35])
print(repr(tracing.current_trace_id()), repr(tracing.traceparent()))
tracing.stop()
"""
    with receiving() as (endpoint, receiver):
        env = environment(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, check=False
        )
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert done.stdout.splitlines() == [f"{trace} 00-{trace}", "'' ''"], done.stderr
    [span] = receiver.spans
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (trace, "b7ad6b7169203331")
