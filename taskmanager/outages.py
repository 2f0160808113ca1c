"""What happens while the database is away: how long a request waits, and what it is answered.

An error that means "unreachable" ends in a 503 that says when to come back. What means anything else, such as a
statement that took too long, a deadlock or a full disk, is an error of ours or for the operator, and stays a 500.
"""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from psycopg import Error as PostgresError

from taskmanager.health import probes
from taskmanager.middleware import error_response
from taskmanager.redis_errors import no_redis_errors
from taskmanager.settings.pool import patience

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5
# No statement of a page takes as long, and Gunicorn gives up on a worker after 30 seconds.
STATEMENT_SECONDS = 15.0
# SQLSTATE: connection exceptions; admin_shutdown, crash_shutdown, cannot_connect_now (it starts); too_many_connections.
UNREACHABLE_CLASS = "08"
UNREACHABLE = frozenset({"57P01", "57P02", "57P03", "53300"})


class PatienceMiddleware:
    """Bounds the time that a request waits for an answer of the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        with patience(STATEMENT_SECONDS):
            return self.get_response(request)


def is_outage(error: BaseException | None) -> bool:
    """Whether the error, or one that it followed from, means that the database or the cache can't be reached."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, no_redis_errors()):
            return True
        if isinstance(error, (OperationalError, InterfaceError)) and _means_unreachable(error.__cause__):
            return True
        error = error.__cause__ or error.__context__
    return False


def awaits_migration(error: BaseException | None) -> bool:
    """Whether the error comes from a database that lacks migrations of this version: soon, `migrate` will have run."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, DatabaseError):
            return probes.awaits_migration()
        error = error.__cause__ or error.__context__
    return False


def _means_unreachable(cause: BaseException | None) -> bool:
    """Whether the driver's error does. Without a SQLSTATE, it wasn't the server who spoke: the connection broke."""
    if not isinstance(cause, PostgresError):
        return False
    state = cause.sqlstate
    return state is None or state.startswith(UNREACHABLE_CLASS) or state in UNREACHABLE


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Return the answer to a request that can't be served now: a page, a toast or JSON, with `Retry-After`."""
    # One line for each request; a traceback for each would fill the disk in an outage.
    logger.error("Answered 503: %s", _name(error), extra={"path": request.path})
    response = error_response(request, HTTPStatus.SERVICE_UNAVAILABLE, "")
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 (Django's own word for it)
    _forget_session(request)
    return response


def _forget_session(request: HttpRequest) -> None:
    """Let nobody ask for the session again, wait a second time in vain, and take its cookie for a wrong one."""
    vars(request).pop("session", None)
    vars(request).pop("_messages", None)  # they may lie there


def _name(error: BaseException | None) -> str:
    """Return the kind of an error: its text may name hosts and users."""
    if not is_outage(error):
        return "the database lacks migrations of this version; run `taskmanager migrate`."
    part = "cache" if isinstance(error, no_redis_errors()) else "database"
    state = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    return f"the {part} can't be reached ({type(error).__name__}{f', {state}' if state else ''})."


def shown_without_database(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a page that asks the database only who is looking be shown without a name while that can't be known."""

    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except (OperationalError, InterfaceError) as error:
            if not is_outage(error):
                raise
            request.user = AnonymousUser()
            _forget_session(request)
            return view(request, *arguments, **named)

    return shown
