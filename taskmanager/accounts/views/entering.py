"""How a request becomes somebody's, on whichever page that happens."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditKind, User
from taskmanager.accounts.requests import Toast, address_of, say
from taskmanager.accounts.sessions import SECOND_FACTOR_KEY, hash_of
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.errors import TooManyRequests

ORGANIZATION_COOKIE = "organization"
REMEMBER_SECONDS = 365 * 24 * 3600
# Ways in that have made sure by two factors already: a device that knows its owner, a provider who cares for it.
BRINGS_SECOND_FACTOR = {"passkey", "sso"}
# What a session holds of who has given the right password, and not yet a second factor.
PENDING_KEY = "pending_sign_in"
PENDING_SECONDS = 600
# When somebody last proved who they are.
PROOF_KEY = "proved_at"
PROOF_SECONDS = 600


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
        address=address_of(request),
    )
    say(request, Toast(str(error)))
    return enter(request, user) if user else redirect("accounts:login")


def enter(request: HttpRequest, user: User, *, url: str = "", how: str = "password") -> HttpResponse:
    """Let in whom a password, a passkey or another provider has made known; every sign-in comes through here.

    Who has a second factor is asked for it first, and is nobody until then. `url` is where to go in the end, the board
    by default; the next sign-in form in this browser knows the organization.
    """
    if how in BRINGS_SECOND_FACTOR:
        response = _let_in(request, user, url=url, how=how, second_factor=how)
    elif services.has_second_factor(user):
        response = _ask_for_second_factor(request, user, url=url, how=how)
    else:
        response = _let_in(request, user, url=url, how=how)
    remember_organization(request, response, user.organization.slug)
    return response


def enter_with_second_factor(request: HttpRequest, user: User, *, second_factor: str) -> HttpResponse:
    """Let in who was asked for a second factor and has proven it."""
    pending = request.session.pop(PENDING_KEY)
    return _let_in(request, user, url=pending["url"], how=pending["how"], second_factor=second_factor)


def pending_user(request: HttpRequest) -> User | None:
    """Return who has given the right password here and not yet a second factor, None after ten minutes."""
    pending = request.session.get(PENDING_KEY)
    if pending is None:
        return None
    user: User | None = User.objects.active().select_related("organization").filter(pk=pending["user"]).first()
    # The password may have been changed meanwhile.
    is_same = user and constant_time_compare(pending["hash"], user.get_session_auth_hash())
    if not is_same or time.time() - pending["at"] > PENDING_SECONDS:
        del request.session[PENDING_KEY]
        return None
    return user


def note_proof(request: HttpRequest, *, second_factor: str = "") -> None:
    """Note that it is the user who sits here, just now, and by which second factor that was proven, if by one."""
    request.session[PROOF_KEY] = time.time()
    if second_factor:
        request.session[SECOND_FACTOR_KEY] = second_factor


def has_proof(request: HttpRequest) -> bool:
    """Whether that was proven in the last ten minutes."""
    return bool(time.time() - request.session.get(PROOF_KEY, 0) <= PROOF_SECONDS)


def _ask_for_second_factor(request: HttpRequest, user: User, *, url: str, how: str) -> HttpResponse:
    logout(request)  # whoever was in here before
    request.session.cycle_key()
    request.session[PENDING_KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
        "url": url,
        "how": how,
    }
    return redirect("accounts:second-factor")


def _let_in(request: HttpRequest, user: User, *, url: str, how: str, second_factor: str = "") -> HttpResponse:
    detail: dict[str, Any] = {"how": how}
    if second_factor and second_factor != how:
        detail["second_factor"] = second_factor
    request.session.pop(PENDING_KEY, None)
    with transaction.atomic():
        login(request, user)
        services.record_event(
            user.organization_id, AuditKind.SIGNED_IN, actor=user, address=address_of(request), **detail
        )
    request.session.pop(SECOND_FACTOR_KEY, None)  # of an earlier sign-in of the same user
    note_proof(request, second_factor=second_factor)
    return redirect(url or settings.LOGIN_REDIRECT_URL)
