"""What is measured of each request, and the page on which Prometheus reads all numbers of this server."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from http import HTTPMethod
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily, Metric

from taskmanager import metrics
from taskmanager.accounts import services as accounts
from taskmanager.jobs.queue import queue_numbers

# How many seconds a scrape waits for the database and for Redis. Prometheus itself gives up after ten.
PATIENCE = 2.0
METHODS = frozenset(HTTPMethod)


class MeasuringMiddleware:
    """Counts answers, and measures how long they and their queries took. Stands before all others, to see all answers.

    By the name of the view and never by the address: each label that differs is another row in Prometheus for ever.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, and count."""
        queries = Queries()
        begun = time.perf_counter()
        with connection.execute_wrapper(queries):
            response = self.get_response(request)
        seconds = time.perf_counter() - begun
        method = request.method if request.method in METHODS else "other"
        view = _name_of_view(request, response)
        metrics.REQUEST_SECONDS.labels(view, method).observe(seconds)
        metrics.RESPONSES.labels(response.status_code, view, method).inc()
        if queries.count:
            metrics.QUERIES.labels(connection.vendor).inc(queries.count)
            metrics.QUERY_SECONDS.labels(connection.vendor).inc(queries.seconds)
        return response


class Queries:
    """Counts the queries that it is wrapped around."""

    def __init__(self) -> None:
        """Start at none."""
        self.count = 0
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (as Django calls it)
        """Pass on, and count."""
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - begun


def _name_of_view(request: HttpRequest, response: HttpResponseBase) -> str:
    if request.resolver_match:
        return request.resolver_match.view_name or request.resolver_match.route
    return "static" if isinstance(response, FileResponse) else "unknown"


class Reading:
    """Asks a server for numbers without waiting for it longer than a scrape may take: it may hang instead of refusing.

    One question at a time: while one waits, the server is away.
    """

    def __init__(self, ask: Callable[[], dict[str, float]]) -> None:
        """Take what asks; it runs in a thread of its own."""
        self.ask = ask
        self.lock = threading.Lock()
        self.question: Future[dict[str, float]] | None = None

    def __call__(self) -> dict[str, float] | None:
        """Return the numbers, None where the server doesn't answer."""
        try:
            return self.begin().result(PATIENCE)
        except Exception:  # noqa: BLE001 (whatever is wrong with it, the other numbers are told)
            return None

    def begin(self) -> Future[dict[str, float]]:
        """Ask, unless the last question still waits for its answer; return the question."""
        with self.lock:
            if self.question is None or self.question.done():
                self.question = Future()
                # A daemon, which no executor's thread is: a server that hangs must not keep this process from ending.
                threading.Thread(target=self._answer, args=[self.question], name="metrics", daemon=True).start()
            return self.question

    def _answer(self, question: Future[dict[str, float]]) -> None:
        try:
            question.set_result(self.ask())
        except Exception as error:  # noqa: BLE001 (told to whoever waits)
            question.set_exception(error)


def _ask_database() -> dict[str, float]:
    try:
        return {**queue_numbers(), "sessions": accounts.count_active_sessions()}
    finally:
        connection.close()


def _ask_cache() -> dict[str, float]:
    caches["strict"].get("metrics")
    return {}


read_database = Reading(_ask_database)
read_cache = Reading(_ask_cache)


@login_not_required
@require_safe
@never_cache
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Show all numbers of this server to METRICS_ALLOWED_CIDRS; for others there is nothing here."""
    if not metrics.may_read(request.META.get("REMOTE_ADDR", "")) or _is_hidden_by_a_proxy(request):
        raise Http404
    return HttpResponse(metrics.exposition(_families()), content_type=metrics.CONTENT_TYPE)


def _is_hidden_by_a_proxy(request: HttpRequest) -> bool:
    """Whether a proxy asks for somebody, and no proxy is trusted to say for whom: its own address tells nothing."""
    return "HTTP_X_FORWARDED_FOR" in request.META and not settings.TRUSTED_PROXY_CIDRS


def _families() -> Iterable[Metric]:
    """Give what is read at each scrape. Whichever server is away, the numbers of the others come."""
    has_cache = bool(settings.REDIS_URL)
    if has_cache:
        read_cache.begin()  # so that two that hang are waited for at the same time
    numbers = read_database()
    yield GaugeMetricFamily("taskmanager_database_up", "Whether the database answers", value=numbers is not None)
    if numbers is not None:
        jobs = GaugeMetricFamily(
            "taskmanager_jobs",
            "Jobs: queued, running, or failed for good (dead letters)",
            labels=["state"],
        )
        for state in ("queued", "running", "failed"):
            jobs.add_metric([state], numbers[state])
        yield jobs
        yield GaugeMetricFamily(
            "taskmanager_job_oldest_due_seconds",
            "For how many seconds the oldest job that is due has waited",
            value=numbers["oldest_due"],
        )
        yield GaugeMetricFamily(
            "taskmanager_sessions_active",
            "Sessions of people that were used in the last 15 minutes",
            value=numbers["sessions"],
        )
    if has_cache:
        yield GaugeMetricFamily("taskmanager_redis_up", "Whether Redis answers", value=read_cache() is not None)
