"""The API, version 1: its routers, who may call, and the one place where refusals become answers.

Another version is another Api beside this one, with routers of its own where they differ.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import parse_etags
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import DocsBase

from taskmanager.accounts.api.access import Bearer
from taskmanager.accounts.api.answers import json_answer, refusal
from taskmanager.accounts.api.people import router as people
from taskmanager.accounts.api.throttling import CallThrottle, tell_allowance
from taskmanager.accounts.api.tokens import router as tokens
from taskmanager.errors import DomainError, TooManyRequests
from taskmanager.middleware import DEFAULT_SENTENCES, read_away
from taskmanager.openapi import finished
from taskmanager.tasks import services
from taskmanager.tasks.api.attachments import router as attachments
from taskmanager.tasks.api.bulk import router as tasks
from taskmanager.tasks.api.claims import router as claims
from taskmanager.tasks.api.comments import router as comments
from taskmanager.tasks.api.conflicts import conflict, stale
from taskmanager.tasks.api.epics import router as epics
from taskmanager.tasks.api.projects import router as projects
from taskmanager.tasks.api.sprints import router as sprints

logger = logging.getLogger(__name__)
_document_lock = threading.Lock()


class DocsPage(DocsBase):
    """The document as a page to read and to try calls on; its scripts are our own files."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """Return the page."""
        return render(request, "api_docs.html", {"document_url": self.get_openapi_url(api, kwargs)})


class Api(NinjaAPI):
    """An API with our document, whose addresses ask for no session and say everything in JSON."""

    @property
    def urls(self) -> Any:
        """Return the addresses."""
        entries: Any
        entries, app_name, namespace = super().urls
        for entry in entries:
            methods = ("GET", "HEAD") if entry.name in {"openapi-json", "openapi-view"} else ()
            entry.callback = for_programs(entry.callback, methods=methods)
        return entries, app_name, namespace

    def get_openapi_schema(self, **_options: Any) -> Any:
        """Return the document; the server in it is where people find us."""
        # Two requests at once would make it side by side from the same parts of django-ninja, which fails.
        with _document_lock:
            return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        return finished(super().get_openapi_schema(), server=settings.PUBLIC_URL)


def for_programs(view: Callable[..., Any], *, methods: Sequence[str]) -> Callable[..., Any]:
    """Return the view as one that needs no session, and refuses other methods in JSON; () is for what knows its own."""

    def called(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        if methods and request.method not in methods:
            return not_allowed(", ".join(methods))
        response = view(request, *arguments, **named)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return not_allowed(response["Allow"])
        return response

    called.csrf_exempt = True  # type: ignore[attr-defined]
    called.login_required = False  # type: ignore[attr-defined]
    return called


def not_allowed(methods: str) -> HttpResponse:
    """Answer a call by a method that there isn't."""
    response = _sentence(HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {methods}.")
    response.headers["Allow"] = methods
    return response


def with_allowance(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let each answer say how many more calls may follow. One too many is refused here: django-ninja lets it pass."""

    @wraps(run)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            response = run(request, *arguments, **named)
        except TooManyRequests as error:
            response = refused(request, error)
        tell_allowance(request, response)
        return response

    return wrapped


def only_what_changed(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let each answer to a GET have an ETag, and be 304 where the caller has it already (`If-None-Match`).

    The ETag of one thing is its version, which a write can name. What its answer tells of others, such as the name of a
    task's epic, can change without it; callers to whom that matters send no If-None-Match. Every other answer's is
    a hash of it, and misses nothing.
    """

    @wraps(run)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response = run(request, *arguments, **named)
        if request.method != "GET" or response.status_code != HTTPStatus.OK or response.streaming:
            return response
        if not response.has_header("ETag"):
            response.headers["ETag"] = f'"{hashlib.blake2b(response.content, digest_size=12).hexdigest()}"'
        response.headers["Cache-Control"] = "private, no-cache"  # keep it, but ask before each use
        if response["ETag"] not in parse_etags(request.headers.get("If-None-Match", "")):
            return response
        unchanged = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
        del unchanged.headers["Content-Type"]
        for name in {"ETag", "Cache-Control", "Link"} & set(response.headers):
            unchanged.headers[name] = response.headers[name]
        return unchanged

    return wrapped


def make_api() -> NinjaAPI:
    """Return version 1. A test makes another one beside it."""
    api = Api(
        title="Taskmanager",
        version="1",
        urls_namespace="api-v1",
        docs=DocsPage(),
        auth=Bearer(),
        throttle=[CallThrottle("THROTTLE_DEFAULT")],
    )
    for router in (tokens, people, tasks, claims, comments, attachments, epics, sprints, projects):
        api.add_router("", router)
    api.add_decorator(only_what_changed, mode="view")
    api.add_decorator(with_allowance, mode="view")
    for kind, answer in ANSWERS.items():
        api.add_exception_handler(kind, answer)
    return api


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer what a rule refused."""
    status, body = refusal(error)
    response = json_answer(json.dumps(body), status=status)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 wants it with each 401
    return response


def too_late(_request: HttpRequest, error: services.EditConflict | services.CommentConflict) -> HttpResponse:
    """Answer an edit that contradicts what others did."""
    return conflict(error)


def outdated(_request: HttpRequest, error: services.OtherVersion) -> HttpResponse:
    """Answer an edit that began with another version."""
    return stale(error)


def too_large(request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    """Answer a body that is larger than any that makes sense."""
    read_away(request, int(request.META.get("CONTENT_LENGTH") or 0))
    return _sentence(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, DEFAULT_SENTENCES["413.html"])


def malformed(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer input of the wrong shape, as django-ninja tells it."""
    detail = [{"loc": _place(each["loc"]), "msg": each["msg"], "type": each["type"]} for each in error.errors]
    return json_answer(json.dumps({"detail": detail}), status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _place(loc: Sequence[str | int]) -> list[str | int]:
    """Return where it stands for the caller, who doesn't know what our function calls the body."""
    return [loc[0], *loc[2:]] if loc[0] == "body" and len(loc) > 1 else list(loc)


def unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Answer a call without a token that counts (RFC 6750)."""
    response = _sentence(HTTPStatus.UNAUTHORIZED, "Send a valid token as “Authorization: Bearer …”.")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a body that is no JSON."""
    return _sentence(
        error.status_code, "The body is no JSON that can be read." if error.status_code == 400 else str(error)
    )


def missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    """Answer a call about nothing that is there."""
    return _sentence(HTTPStatus.NOT_FOUND, "Object not found.")


def _sentence(status: int, message: str) -> HttpResponse:
    return json_answer(json.dumps({"message": message}), status=status)


# What is raised, and how it is answered; the closest class counts.
ANSWERS: dict[type[Exception], Any] = {
    DomainError: refused,
    services.EditConflict: too_late,
    services.CommentConflict: too_late,
    services.OtherVersion: outdated,
    RequestDataTooBig: too_large,
    ValidationError: malformed,
    AuthenticationError: unknown,
    HttpError: unreadable,
    Http404: missing,
}

api = make_api()
