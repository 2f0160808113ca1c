"""What happens around every request: the sign-in, and the one place where domain errors become answers."""

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions import middleware as sessions
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware import gzip
from django.shortcuts import redirect, resolve_url
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from taskmanager.accounts.addresses import known_address
from taskmanager.accounts.models import User
from taskmanager.accounts.sessions import SECOND_FACTOR_KEY, note_use
from taskmanager.errors import DomainError, TooManyRequests
from taskmanager.logs import request_id
from taskmanager.tasks.views.requests import Toast, page_before, wants_json

# As Django makes them.
SESSION_KEY = re.compile(r"[a-z0-9]{32}")


class ClientAddressMiddleware:
    """Makes REMOTE_ADDR the address of the client, where the connection comes from a proxy that is trusted.

    Else throttles, which count by address, would take everybody for one, and one could lock everybody out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, from the client's address."""
        peer = request.META.get("REMOTE_ADDR", "")
        # No header comes under this name, and the proxy's own address is gone behind us.
        request.META["FROM_TRUSTED_PROXY"] = _is_trusted_proxy(peer)
        request.META["REMOTE_ADDR"] = _client_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", "").split(","))
        return self.get_response(request)


def _client_address(address: str, forwarded: list[str]) -> str:
    """Return the last address that is no trusted proxy's: each proxy appends, and what stands before is hearsay."""
    while forwarded and _is_trusted_proxy(address):
        try:
            address = str(ipaddress.ip_address(forwarded.pop().strip()))
        except ValueError:
            break
    return address


def _is_trusted_proxy(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # a socket in the file system has none
        return False
    # A server that listens on IPv6 sees IPv4 in this disguise.
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in settings.TRUSTED_PROXY_CIDRS)


class HeadersMiddleware:
    """Gives every answer the headers that Django has no middleware for, and every cookie what a cookie should have.

    It also knows the headers of Django's SecurityMiddleware, which itself may refuse a host, and then gives none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response
        self.headers = {
            **settings.CROSS_ORIGIN_HEADERS,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what the answer hasn't got already."""
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        for cookie in response.cookies.values():
            # Libraries set cookies, too, and think of less.
            cookie["secure"] = cookie["secure"] or settings.SESSION_COOKIE_SECURE
            cookie["httponly"] = True
            cookie["samesite"] = cookie["samesite"] or "Lax"
        return response


class GZipMiddleware(gzip.GZipMiddleware):
    """Django's, for pages. A file is sent as it is: parts of it are asked for by their place in it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what is no file."""
        if isinstance(response, FileResponse):
            return response
        return super().process_response(request, response)


class BodyLimitMiddleware:
    """Refuses a request that is larger than anything that we take, before it fills the disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on what is of a size that can be."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) <= settings.BODY_MAX_SIZE:
            return self.get_response(request)
        read_away(request, min(int(length), 2 * settings.BODY_MAX_SIZE))
        return error_response(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "")


def read_away(request: HttpRequest, length: int) -> None:
    """Read so much of what is refused: who is still sending when the connection ends sees no answer."""
    with suppress(OSError):
        while length > 0 and (chunk := request.read(min(length, 64 * 1024))):
            length -= len(chunk)


class SessionMiddleware(sessions.SessionMiddleware):
    """Django's sessions, for cookies that Django could have made: PostgreSQL fails on a key with a NUL."""

    def process_request(self, request: HttpRequest) -> None:
        """Begin a new session where the key in the cookie is no key."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        request.session = self.SessionStore(key if SESSION_KEY.fullmatch(key) else None)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Note that the session is used, before it is saved."""
        if hasattr(request, "session"):
            address = known_address(request.META.get("REMOTE_ADDR", ""))
            note_use(request.session, address=address, agent=request.META.get("HTTP_USER_AGENT", ""))
        return super().process_response(request, response)


class SignInMiddleware(LoginRequiredMiddleware):
    """Asks for a sign-in before every view that isn't marked with `login_not_required`."""

    def handle_no_permission(  # type: ignore[override]  # Django itself only ever redirects
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Send people to the sign-in page; say so in their own language to htmx and to JSON clients."""
        if getattr(request, "htmx", False):
            # A fragment of the sign-in page in the place of a card would help nobody: go there, and come back.
            page = _path_before(request)
            return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page})}")
        if wants_json(request):
            return JsonResponse({"message": "Sign in first."}, status=401)
        if request.method not in {"GET", "HEAD"}:
            # Where a form is sent to, there may be nothing to come back to: come back to the form.
            return redirect_to_login(_path_before(request))
        return super().handle_no_permission(request, view_func)


class SecondFactorMiddleware:
    """Leads to the page that sets up a second factor whose organization requires one that they came in without."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any) -> HttpResponseBase | None:
        """Let through who needs none, or has one, and whatever is public or helps to set one up."""
        is_open = not getattr(view, "login_required", True) or getattr(view, "second_factor_not_required", False)
        # The organization came with the user, and the session is there: nothing is asked of the database.
        if is_open or not isinstance(request.user, User) or not request.user.organization.require_second_factor:
            return None
        if SECOND_FACTOR_KEY in request.session:
            return None
        page = resolve_url("accounts:second-factor-setup")
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(page)
        if wants_json(request):
            sentence = "Your organization requires a second factor. Set one up in your browser first."
            return JsonResponse({"message": sentence}, status=HTTPStatus.FORBIDDEN)
        return redirect(page)


class TimeZoneMiddleware:
    """Lets a page be made in the time zone of whoever asked for it: its times, and what is today."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; afterwards the thread, which serves others next, is in UTC again."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any) -> None:
        """Take the zone of who is signed in.

        Public pages tell no times; looking for a user there would cost a query, and may be what can't be done.
        """
        if getattr(view, "login_required", True) and isinstance(request.user, User):
            timezone.activate(request.user.zone)


def _path_before(request: HttpRequest) -> str:
    return urlsplit(page_before(request))._replace(scheme="", netloc="", fragment="").geturl()


class DomainErrorMiddleware:
    """Turns domain errors that a view leaves to it into answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a domain error; everything else is a bug and goes on as one."""
        if not isinstance(exception, DomainError):
            return None
        response = error_response(request, exception.status, str(exception))
        if isinstance(exception, TooManyRequests):
            response.headers["Retry-After"] = str(exception.retry_after)
        return response


def error_response(request: HttpRequest, status: int, message: str, *, template: str = "") -> HttpResponse:
    """Return the designed page of an error, or the same sentence as a toast for htmx or as JSON.

    Nothing of it asks the database.
    """
    page = template or f"{int(status)}.html"
    if getattr(request, "htmx", False):
        text = message or DEFAULT_SENTENCES.get(page, "That did not work. Reload the page and try again.")
        html = render_to_string("toasts.html#toast", {"toast": Toast(text, kind="error")})
        return HttpResponse(html, status=status, headers={"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"})
    if wants_json(request):
        return JsonResponse({"message": message or DEFAULT_SENTENCES.get(page, "")}, status=status)
    # By the id, whoever runs this finds what happened in the log.
    return HttpResponse(render_to_string(page, {"message": message, "request_id": request_id.get()}), status=status)


DEFAULT_SENTENCES = {
    "400.html": "The request could not be read.",
    "403.html": "Your role doesn't allow that.",
    "403_csrf.html": "This page is too old to be sent. Reload it and try again.",
    "404.html": "Object not found.",
    "413.html": "That was larger than anything that can be sent here. Nothing was stored.",
    "500.html": "Something went wrong on our side.",
    "503.html": "The server can’t reach its database. Nothing that was saved is lost: try again in a few seconds.",
}
