"""The API, version 1: its routers, who may call, and the one place where refusals become answers.

Another version is another NinjaAPI beside this one, with routers of its own where they differ.
"""

import json
import logging
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from taskmanager.accounts.api.access import Bearer
from taskmanager.accounts.api.answers import json_answer, refusal
from taskmanager.accounts.api.people import router as people
from taskmanager.accounts.api.throttling import CallThrottle, tell_allowance
from taskmanager.errors import DomainError, TooManyRequests
from taskmanager.tasks.api.attachments import router as attachments
from taskmanager.tasks.api.bulk import router as tasks
from taskmanager.tasks.api.claims import router as claims
from taskmanager.tasks.api.comments import router as comments
from taskmanager.tasks.api.epics import router as epics
from taskmanager.tasks.api.projects import router as projects
from taskmanager.tasks.api.sprints import router as sprints

logger = logging.getLogger(__name__)

DESCRIPTION = """Everything that people can do in Taskmanager, for scripts, CI jobs, apps and agents.

Send a token as `Authorization: Bearer …`; people make theirs at `/accounts/tokens/`.
"""


class Api(NinjaAPI):
    """Django's sign-in page is for people: a call without a token gets 401 instead."""

    @property
    def urls(self) -> Any:
        """Return the addresses, each marked as one that asks for no session."""
        entries: Any
        entries, app_name, namespace = super().urls
        for entry in entries:
            entry.callback.login_required = False  # as login_not_required() does, for what isn't a function, too
        return entries, app_name, namespace


def with_allowance(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let each answer of a call say how many more may follow."""

    @wraps(run)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response = run(request, *arguments, **named)
        tell_allowance(request, response)
        return response

    return wrapped


def make_api() -> NinjaAPI:
    """Return version 1. A test makes another one beside it."""
    api = Api(
        title="Taskmanager",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api-v1",
        auth=Bearer(),
        throttle=[CallThrottle("THROTTLE_DEFAULT")],
    )
    for router in (people, tasks, claims, comments, attachments, epics, sprints, projects):
        api.add_router("", router)
    api.add_decorator(with_allowance, mode="view")
    for kind, answer in ANSWERS.items():
        api.add_exception_handler(kind, answer)
    return api


def refused(_request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer what a rule refused."""
    status, body = refusal(error)
    response = json_answer(json.dumps(body), status=status)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


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
    ValidationError: malformed,
    AuthenticationError: unknown,
    HttpError: unreadable,
    Http404: missing,
}

api = make_api()
