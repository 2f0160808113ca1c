"""Signing in by an organization's provider: the way there, and back.

What an attempt is known by waits in the session of its browser, and its number is spent once. The provider's address
can be a redirect's for a link, but not for a form: `form-action` of our Content-Security-Policy keeps forms, and where
their answers lead, to ourselves. So a form is answered by a page that goes on by itself.
"""

import re
import time
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taskmanager.accounts import services
from taskmanager.accounts.forms import SingleSignOnStartForm
from taskmanager.accounts.models import SingleSignOn, User
from taskmanager.accounts.permissions import require
from taskmanager.accounts.providers import Attempt, NotProven, ProviderProblem
from taskmanager.accounts.requests import MemberRequest, Toast, address_of, say
from taskmanager.accounts.views.entering import enter, known_organization, too_many
from taskmanager.accounts.views.organizations import callback_url
from taskmanager.errors import DomainError, TooManyRequests

SESSION_KEY = "single_sign_on"
# Tabs in which somebody may be on the way at once.
MAX_ATTEMPTS = 5
# What a provider may say (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6), in words for people.
ANSWERS = {
    "access_denied": "Your organization’s provider didn’t let you in, or you said no there.",
    "temporarily_unavailable": "Your organization’s provider is too busy. Try again in a few minutes.",
    "server_error": "Your organization’s provider has a problem of its own. Try again in a few minutes.",
}
NONE = "There is no single sign-on for this organization. Check its short name, or sign in with your password."
TOO_OLD = (
    "This answer fits no sign-in that was begun in this browser: it was used before, took more than ten minutes, or "
    "belongs to another browser. Begin again."
)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sso(request: HttpRequest) -> HttpResponse:
    """Ask for the organization, and lead to its provider."""
    place = _local(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(place or settings.LOGIN_REDIRECT_URL)
    data = request.POST if request.method == "POST" else None
    form = SingleSignOnStartForm(data, initial={"organization": known_organization(request)})
    context = {"form": form, "next": place}
    if not form.is_valid():
        return render(request, "accounts/single_sign_on.html", context)
    try:
        services.count_single_sign_on(address_of(request))
        row = services.find_single_sign_on(form.cleaned_data["organization"])
        if row:
            return _go(request, _begin(request, row, place=place))
        form.add_error("organization", NONE)
    except TooManyRequests as error:
        form.add_error(None, str(error))
        return too_many(render(request, "accounts/single_sign_on.html", context), error)
    except ProviderProblem as error:
        return _refuse(request, error)
    return render(request, "accounts/single_sign_on.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sso_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead to the provider of the organization: by the link of a start page, or of a mail."""
    place = _local(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(place or settings.LOGIN_REDIRECT_URL)
    services.count_single_sign_on(address_of(request))
    row = services.find_single_sign_on(slug)
    if row is None:
        return _refuse(request, DomainError(NONE), status=HTTPStatus.NOT_FOUND, slug=slug)
    try:
        url = _begin(request, row, place=place)
    except ProviderProblem as error:
        return _refuse(request, error, slug=row.organization.slug)
    return _go(request, url) if request.method == "POST" else redirect(url)


@never_cache
@require_POST
def single_sign_on_try(request: MemberRequest) -> HttpResponse:
    """Lead an Admin through it, and let them come by their account of the provider from then on."""
    mine = request.user.organization
    require(request.user, "accounts.change_organization", mine.pk)
    row = SingleSignOn.objects.of(mine).select_related("organization").first()
    try:
        services.count_look_at_provider(mine)
        if row:
            return _go(request, _begin(request, row, member=request.user.pk))
        problem = "Save the provider first."
    except (ProviderProblem, TooManyRequests) as error:
        problem = str(error)
    say(request, Toast(problem, kind="error"))
    return redirect("accounts:single-sign-on")


@require_POST
def member_disconnect(request: MemberRequest, pk: int) -> HttpResponse:
    """Let no account of a provider be the member's any more."""
    member: User = get_object_or_404(User.objects.of(request.user.organization), pk=pk)
    address = address_of(request)
    said = "is connected to no account of a provider."
    if services.disconnect(member, actor=request.user, address=address):
        said = "is disconnected. The next account with their address may take its place."
    say(request, Toast(f"{member.display_name} {said}"))
    return redirect("accounts:member-edit", pk=pk)


@login_not_required
@never_cache
@require_safe
def sso_callback(request: HttpRequest) -> HttpResponse:
    """Take what the browser brings from the provider; sign in who it is."""
    address = address_of(request)
    services.count_single_sign_on(address)
    begun = _take_attempt(request)
    if begun is None:
        return _refuse(request, DomainError(TOO_OLD))
    row = SingleSignOn.objects.select_related("organization").filter(organization=begun["organization"]).first()
    member: int | None = begun["member"]
    if row is None or row.issuer != begun["issuer"] or not (row.is_enabled or member):
        return _refuse(request, DomainError("Single sign-on was changed meanwhile. Begin again."))
    slug = row.organization.slug
    try:
        attempt = Attempt(begun["state"], begun["nonce"], begun["verifier"])
        person = services.who_came(
            row, attempt, code=_code(request), answered_by=request.GET.get("iss"), redirect_uri=callback_url()
        )
        if member:
            return _connect(request, row, person, member)
        user = services.admit(row, person, address=address)
    except (NotProven, services.NotAdmitted) as error:
        known = error.member if isinstance(error, services.NotAdmitted) else None
        services.record_refusal(row, reason=error.reason, member=known, address=address)
        return _refuse(request, error, slug=slug, member=member)
    except ProviderProblem as error:
        services.record_refusal(row, reason="provider_problem", address=address)
        return _refuse(request, error, slug=slug, member=member)
    # The provider has asked for what else it takes: nobody is asked for a second factor twice.
    return enter(request, user, url=begun["next"], how="sso")


def _connect(request: HttpRequest, row: SingleSignOn, person: services.Person, member: int) -> HttpResponse:
    """Connect the account to whoever tried it, who must still be the one who is signed in."""
    user = cast("User", request.user)
    if user.pk != member:
        raise services.NotAdmitted("signed_out_meanwhile", "You were signed out meanwhile. Sign in, and try again.")
    can = services.connect(row, person, actor=user, address=address_of(request))
    then = "You can sign in by it now" if can else "Whoever administers this installation goes on by password"
    groups = "more than it says" if person.groups is None else ", ".join(sorted(person.groups)[:20])[:500] or "none"
    email = f"{person.email or 'no e-mail address'}, {'verified' if person.email_is_verified else 'not verified'}"
    say(request, Toast(f"It works: the provider knows you ({email}; groups: {groups}). {then}."))
    return redirect("accounts:single-sign-on")


def _begin(request: HttpRequest, row: SingleSignOn, *, place: str = "", member: int | None = None) -> str:
    """Return the way to the provider, and keep what its answer will be known by. Raises ProviderProblem."""
    attempt = services.new_attempt()
    url = services.way_to_provider(row, attempt, redirect_uri=callback_url())
    begun = {
        "organization": row.organization_id,
        "issuer": row.issuer,
        "nonce": attempt.nonce,
        "verifier": attempt.verifier,
        "next": place,
        "member": member,
        "at": time.time(),
    }
    kept = list(_attempts(request).items())[1 - MAX_ATTEMPTS :]
    request.session[SESSION_KEY] = dict([*kept, (attempt.state, begun)])
    return url


def _take_attempt(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was begun in this browser and not answered yet, once."""
    state = request.GET.get("state", "")
    attempts = _attempts(request)
    begun = attempts.pop(state, None)
    if begun is None or not services.spend_attempt(state):
        return None
    request.session[SESSION_KEY] = attempts
    return {**begun, "state": state}


def _attempts(request: HttpRequest) -> dict[str, dict[str, Any]]:
    since = time.time() - services.ATTEMPT_SECONDS
    attempts: dict[str, dict[str, Any]] = request.session.get(SESSION_KEY, {})
    return {state: begun for state, begun in attempts.items() if begun["at"] >= since}


def _code(request: HttpRequest) -> str:
    """Return the code that the provider gave. Raises NotProven with what it said instead."""
    if said := request.GET.get("error"):
        reason = said if re.fullmatch(r"[a-z_]{1,40}", said) else "unknown"
        words = ANSWERS.get(reason, f"Your organization’s provider refused the sign-in ({reason}).")
        raise NotProven(f"provider_{reason}", words)
    code = request.GET.get("code", "")
    if not code or len(code) > 4096 or not code.isprintable():
        raise NotProven("no_code")
    return code


def _local(request: HttpRequest, place: str) -> str:
    """Return the place where it is one of ours, else ""."""
    is_ours = url_has_allowed_host_and_scheme(
        place, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    outside = {reverse("accounts:login"), reverse("accounts:logout")}
    return place if is_ours and urlsplit(place).path not in outside else ""


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """Answer a form with a page that goes to the provider by itself, and has a link there."""
    response = render(request, "accounts/single_sign_on_go.html", {"url": url, "host": urlsplit(url).hostname})
    response.headers["Refresh"] = f"0; url={url}"
    return response


def _refuse(
    request: HttpRequest, error: DomainError, *, status: int = 0, slug: str = "", member: int | None = None
) -> HttpResponse:
    """Say why somebody doesn't come in, and what they can do."""
    context = {"message": str(error), "slug": slug, "member": member}
    return render(request, "accounts/single_sign_on_refused.html", context, status=status or error.status)
