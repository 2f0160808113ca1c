"""What the pages of all apps have in common: who asks, and what is said on the page that follows."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django_htmx.middleware import HtmxDetails

from taskmanager.accounts.addresses import known_address
from taskmanager.accounts.models import User
from taskmanager.accounts.submissions import AlreadySubmitted


class MemberRequest(HttpRequest):
    """A request of somebody who is signed in, as every view behind the sign-in gets it."""

    user: User
    htmx: HtmxDetails


def address_of(request: HttpRequest) -> str:
    """Return where the request came from, "" where that isn't known."""
    return known_address(str(request.META.get("REMOTE_ADDR", "")))


@dataclass(frozen=True)
class Undo:
    """The way back from what was just done: a form's address and its fields."""

    url: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Toast:
    """A sentence about what was done, with the way back where there is one."""

    text: str
    undo: Undo | None = None
    kind: str = "success"


def say(request: HttpRequest, toast: Toast) -> None:
    """Show the sentence on the next page."""
    html = render_to_string("toasts.html#message", {"text": toast.text, "undo": toast.undo}, request=request)
    level = messages.ERROR if toast.kind == "error" else messages.SUCCESS
    messages.add_message(request, level, mark_safe(html))  # noqa: S308 (rendered by our template)


def made_before(request: HttpRequest, error: AlreadySubmitted, *, otherwise: str) -> HttpResponse:
    """Lead who sent a form again to what it made the first time, or to the page `otherwise`; say so there."""
    say(request, Toast(str(error)))
    return redirect(error.made or otherwise)
