"""How a request becomes somebody's, on whichever page that happens."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from taskmanager.accounts import services
from taskmanager.accounts.models import User
from taskmanager.accounts.requests import Toast, say
from taskmanager.accounts.sessions import hash_of
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.errors import TooManyRequests

ORGANIZATION_COOKIE = "organization"
REMEMBER_SECONDS = 365 * 24 * 3600


def session_of(request: HttpRequest) -> str:
    return hash_of(request.session.session_key)


def known_organization(request: HttpRequest) -> str:
    """Return the organization of the link, or the one that signed in here last."""
    return request.GET.get("org", request.COOKIES.get(ORGANIZATION_COOKIE, ""))[:60]


def too_many(response: HttpResponse, error: TooManyRequests) -> HttpResponse:
    response.status_code = error.status
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def remember_organization(request: HttpRequest, response: HttpResponse, slug: str) -> None:
    """Let the next sign-in form in this browser start with the organization filled in."""
    response.set_cookie(
        ORGANIZATION_COOKIE,
        slug,
        max_age=REMEMBER_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def enter_again(request: HttpRequest, form: Any, error: AlreadySubmitted) -> HttpResponse:
    """Sign in whoever sent the form again that made them a user: it holds the right password, or it is a guess.

    So it is a try to sign in like any other, counted with those of the sign-in page. Raises TooManyRequests.
    """
    user = services.sign_in(
        organization=error.made,
        username=form.cleaned_data["username"],
        password=form.cleaned_data["password1"],
        address=request.META.get("REMOTE_ADDR", ""),
    )
    say(request, Toast(str(error)))
    return enter(request, user) if user else redirect("accounts:login")


def enter(request: HttpRequest, user: User, *, place: str = "") -> HttpResponse:
    """Sign in a user, on the board unless there is another place; the next sign-in form here knows the organization."""
    login(request, user)
    response = redirect(place or settings.LOGIN_REDIRECT_URL)
    remember_organization(request, response, user.organization.slug)
    return response
