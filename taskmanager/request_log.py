"""One line for each request: what was asked, by whom, how it ended and what it cost; and the id that its lines share.

The path is never logged, because it may hold a token; the route is, `accounts/invitations/<str:token>/`.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.functional import SimpleLazyObject

from taskmanager import tracing
from taskmanager.accounts.models import User
from taskmanager.logs import request_id, trace_id

logger = logging.getLogger("taskmanager.requests")

# What a proxy may call a request: nothing that could break a line, or be markup.
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Asked every few seconds by programs, which see for themselves how that ended.
PROBES = ("/health/", "/metrics")


class RequestLogMiddleware:
    """Gives each request an id, its answer the header X-Request-ID, and the log a line.

    A query is counted where it is made, so this costs none. Its own cost is some 20 µs per request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, and log when the answer is complete: a streamed one, when its last part was sent."""
        measured = Measured(request)
        with measured.going_on():
            response = self.get_response(request)
        response.headers["X-Request-ID"] = measured.id
        if not isinstance(response, StreamingHttpResponse):
            measured.log(response, len(getattr(response, "content", b"")))
        elif isinstance(response, FileResponse):
            length = response.headers.get("Content-Length")
            log_at_the_end(response, lambda: measured.log(response, int(length) if length else None))
        elif not response.is_async:
            stream = Stream(iter(response), measured)
            response.streaming_content = stream
            log_at_the_end(response, lambda: measured.log(response, stream.size))
        return response

    def process_view(self, *_arguments: Any) -> None:
        """Let the lines carry the id of the trace as well, which has begun by now."""
        trace_id.set(tracing.current_trace_id())


class Measured:
    """A request, and what it has cost so far."""

    def __init__(self, request: HttpRequest) -> None:
        """Begin to count."""
        given = request.META.get("HTTP_X_REQUEST_ID", "") if request.META.get("FROM_TRUSTED_PROXY") else ""
        self.id = given if GIVEN_ID.fullmatch(given) else secrets.token_hex(16)
        self.request = request
        self.began = perf_counter()
        self.queries = 0
        self.database_seconds = 0.0
        self.trace_id = ""

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Count the queries that are made inside, and let the lines that are logged inside carry the ids."""
        with self._named(), connection.execute_wrapper(self._query):
            try:
                yield
            finally:
                self.trace_id = trace_id.get()

    @contextmanager
    def _named(self) -> Iterator[None]:
        tokens = request_id.set(self.id), trace_id.set(self.trace_id)
        try:
            yield
        finally:
            request_id.reset(tokens[0])
            trace_id.reset(tokens[1])

    def _query(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (as Django calls it)
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.queries += 1
            self.database_seconds += perf_counter() - began

    def _elsewhere(self) -> str:
        """Return what is told of an address that no view has."""
        static = urlsplit(settings.STATIC_URL).path
        return static if self.request.path_info.startswith(static) else "-"

    def log(self, response: HttpResponseBase, size: int | None) -> None:
        """Write the line."""
        seconds = perf_counter() - self.began
        status, slow = response.status_code, seconds >= settings.SLOW_REQUEST_SECONDS
        is_probe = self.request.path_info.startswith(PROBES)
        if status >= 500 and status != 503:
            level = logging.ERROR
        elif slow or status == 503:
            level = logging.WARNING
        else:
            level = logging.DEBUG if is_probe and status < 400 else logging.INFO
        if not logger.isEnabledFor(level):
            return
        match = self.request.resolver_match
        user = known_user(self.request)
        fields = {
            "method": self.request.method if self.request.method in METHODS else "-",
            "route": f"/{match.route}" if match else self._elsewhere(),
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "queries": self.queries,
            "database_ms": round(self.database_seconds * 1000, 1),
            "bytes": size,
            "user": user.pk if user else None,
            "organization": user.organization_id if user else None,
        }
        with self._named():
            logger.log(level, "Slow request" if slow else "Request", extra=fields)


METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"})


class Stream:
    """The parts of a streamed answer, as they are made: what that costs belongs to the request, too."""

    def __init__(self, parts: Iterator[bytes], measured: Measured) -> None:
        """Take what is streamed, and what counts."""
        self.parts = parts
        self.measured = measured
        self.size = 0

    def __iter__(self) -> "Stream":
        """Return this: it is read once."""
        return self

    def __next__(self) -> bytes:
        """Return the next part."""
        with self.measured.going_on():
            part = next(self.parts)
        self.size += len(part)
        return part


def log_at_the_end(response: HttpResponseBase, log: Callable[[], None]) -> None:
    """Log once the server has sent the answer, or has given up."""
    close, waiting = response.close, [log]

    def closed() -> None:
        try:
            close()
        finally:
            if waiting:  # a server may close more than once
                waiting.pop()()

    response.close = closed  # type: ignore[method-assign]  # Django tells nobody else


def known_user(request: HttpRequest) -> User | None:
    """Return whose request it was, where somebody has looked that up: it is worth no query here."""
    for found in (getattr(request, "auth", None), vars(request).get("user"), getattr(request, "_cached_user", None)):
        # The user of a session is looked up by whoever looks at it, were it only at its class.
        if type(found) is not SimpleLazyObject and isinstance(found, User):
            return found
    return None
