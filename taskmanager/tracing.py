"""Traces: what a request, its queries and its jobs took, sent to OTEL_EXPORTER_OTLP_ENDPOINT.

OpenTelemetry's packages cost a process memory and time, so they are imported where traces are wanted alone. Its
standard variables (OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS, …) are read by its own SDK.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from taskmanager import __version__

# What is told of a span, and nothing else: paths hold the tokens of links, queries of addresses what people look for,
# and messages of errors the values that a database refused.
TOLD = frozenset({
    "db.name", "db.namespace", "db.operation", "db.operation.name", "db.query.text", "db.redis.args_length",
    "db.redis.database_index", "db.statement", "db.system", "db.system.name", "exception.type", "http.method",
    "http.request.method", "http.response.status_code", "http.route", "http.scheme", "http.status_code",
    "messaging.destination.name", "messaging.message.id", "messaging.operation.type", "messaging.system",
    "net.peer.name", "net.peer.port", "server.address", "server.port", "url.scheme",
})  # fmt: skip
# Of a request the peer is the client.
TOLD_OF_CLIENTS = frozenset({"net.peer.name", "net.peer.port"})
PATIENCE = 2.0  # seconds
# Probes and scrapers ask all the time, and nobody asks how they fared.
UNTRACED = "/health/,/metrics$"


class _State:
    """Whether this process traces."""

    tracer: Any = None
    provider: Any = None


def start() -> None:
    """Trace this process from now on, where OTEL_EXPORTER_OTLP_ENDPOINT is set. To be called after every fork.

    A receiver that is away or slow is no harm: spans wait in memory, 2048 at most, and are sent by a thread.
    """
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or _State.tracer is not None:
        return
    # ruff: noqa: PLC0415 (see above)
    os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", settings.OTEL_EXPORTER_OTLP_ENDPOINT)  # read from a _FILE
    os.environ.setdefault("OTEL_SERVICE_NAME", "taskmanager")
    os.environ.setdefault("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", UNTRACED)
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # stop() does it, and has no patience
    provider.add_span_processor(BatchSpanProcessor(_discreet(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    # Behind what writes headers, which also a refused host gets, and behind static files.
    position = settings.MIDDLEWARE.index("taskmanager.middleware.GZipMiddleware")
    DjangoInstrumentor().instrument(middleware_position=position)
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()
    _State.provider = provider
    _State.tracer = trace.get_tracer("taskmanager", __version__)


def stop() -> None:
    """Send what is left, for two seconds at most: a receiver that is away must not keep a process from ending."""
    if _State.provider is not None:
        thread = threading.Thread(target=_State.provider.shutdown, daemon=True)
        thread.start()
        thread.join(PATIENCE)


def current_trace_id() -> str:
    """Return the id of the trace that goes on here, 32 hexadecimal digits; "" where there is none."""
    if _State.tracer is None:
        return ""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def traceparent() -> str:
    """Return by what a job can go on with this trace (W3C Trace Context); "" where there is none."""
    if _State.tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def job_span(name: str, *, job_id: str, parent: str) -> Iterator[None]:
    """Trace what is done inside as the job of that name, in the trace whose `traceparent` is the parent."""
    if _State.tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent})
    about = {
        "messaging.system": "taskmanager",
        "messaging.operation.type": "process",
        "messaging.destination.name": name,
        "messaging.message.id": job_id,
    }
    with _State.tracer.start_as_current_span(f"job {name}", context=context, kind=SpanKind.CONSUMER, attributes=about):
        yield


def _discreet(exporter: Any) -> Any:
    """Return the exporter as one that tells nothing of people."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class DiscreetExporter(SpanExporter):
        def export(self, spans: Sequence[Any]) -> SpanExportResult:
            result: SpanExportResult = exporter.export([_without_people(span) for span in spans])
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return bool(exporter.force_flush(timeout_millis))

    return DiscreetExporter()


def _without_people(span: Any) -> Any:
    """Return the span with what is TOLD alone."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import SpanKind, Status

    told = TOLD - TOLD_OF_CLIENTS if span.kind == SpanKind.SERVER else TOLD

    def kept(attributes: Any) -> dict[str, Any]:
        return {name: value for name, value in (attributes or {}).items() if name in told}

    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept(span.attributes),
        events=[Event(event.name, kept(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
