"""Passkeys: signing in by one, adding, renaming and removing them."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from taskmanager.accounts import services
from taskmanager.accounts.agents import in_words
from taskmanager.accounts.forms import CREDENTIAL_LENGTH, PasskeyForm, PasskeyNameForm, SignInForm
from taskmanager.accounts.models import Passkey, User
from taskmanager.accounts.requests import MemberRequest, Toast, address_of, say
from taskmanager.accounts.views.challenges import has_passkeys_here, keep_challenge, site_of, take_challenge
from taskmanager.accounts.views.entering import enter, has_proof, known_organization, pending_user, too_many
from taskmanager.accounts.views.second_factors import (
    after_adding,
    needs_proof,
    open_without_second_factor,
    remove_factor,
)
from taskmanager.errors import Conflict, TooManyRequests

NOT_HERE = "Passkeys work only at an https:// address with a name, or at localhost."
REFUSED = "That passkey isn’t known here, or works no more. Sign in with your password."


def _refuse(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"message": sentence}, status=status)


@login_not_required
@never_cache
@require_POST
def passkey_sign_in_options(request: HttpRequest) -> HttpResponse:
    """Answer what the browser needs to sign in by a passkey, whoever's it is."""
    site = site_of(request)
    if site is None:
        return _refuse(NOT_HERE, HTTPStatus.BAD_REQUEST)
    # Each question begins a session.
    services.count_passkey_sign_in(address_of(request))
    challenge = services.new_challenge()
    keep_challenge(request, "sign-in", challenge)
    return JsonResponse(services.sign_in_options(site=site, challenge=challenge))


@login_not_required
@never_cache
@require_POST
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by what a passkey has signed: no name, no password."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    try:
        user = services.sign_in_by_passkey(
            credential=request.POST.get("credential", "")[:CREDENTIAL_LENGTH],
            challenge=take_challenge(request, "sign-in"),
            site=site_of(request),
            address=address_of(request),
        )
    except TooManyRequests as error:
        return too_many(_back_to_sign_in(request, str(error)), error)
    if user is None:
        return _back_to_sign_in(request, REFUSED)
    return enter(request, user, url=_next(request), how="passkey")


def _back_to_sign_in(request: HttpRequest, sentence: str) -> HttpResponse:
    form = SignInForm(initial={"organization": known_organization(request)})
    context = {"form": form, "refusal": sentence, "next": _next(request), "passkeys_work": has_passkeys_here(request)}
    return render(request, "accounts/login.html", context)


def _next(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    hosts = {request.get_host()}
    return url if url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure()) else ""


@login_not_required
@never_cache
@require_POST
def second_factor_options(request: HttpRequest) -> HttpResponse:
    """Answer what the browser needs to prove by a passkey that it is whoever gave the password, or is signed in."""
    user = request.user if isinstance(request.user, User) else pending_user(request)
    if user is None:
        return _refuse("Sign in again: that took too long.", HTTPStatus.UNAUTHORIZED)
    site = site_of(request)
    if site is None:
        return _refuse(NOT_HERE, HTTPStatus.BAD_REQUEST)
    challenge = services.new_challenge()
    keep_challenge(request, "second-factor", challenge)
    return JsonResponse(services.sign_in_options(site=site, challenge=challenge, user=user))


@open_without_second_factor
@never_cache
@require_POST
def passkey_options(request: MemberRequest) -> HttpResponse:
    """Answer what the browser needs to make a passkey."""
    site = site_of(request)
    if site is None:
        return _refuse(NOT_HERE, HTTPStatus.BAD_REQUEST)
    if not has_proof(request):
        return _refuse("Too much time has passed. Reload the page.", HTTPStatus.FORBIDDEN)
    challenge = services.new_challenge()
    try:
        options = services.registration_options(request.user, site=site, challenge=challenge)
    except services.TooManyPasskeys as error:
        return _refuse(str(error), error.status)
    keep_challenge(request, "add", challenge, handle=options["user"]["id"])
    return JsonResponse(options)


@open_without_second_factor
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_proof
def passkey_create(request: MemberRequest) -> HttpResponse:
    """Add a passkey: its name, and what the device answered."""
    site = site_of(request)
    initial = {"name": in_words(request.headers.get("User-Agent", ""))}
    form = PasskeyForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        challenge = take_challenge(request, "add")
        try:
            if site is None or challenge is None:
                raise services.PasskeyRefused
            codes = services.add_passkey(
                request.user,
                **form.cleaned_data,
                challenge=challenge,
                site=site,
                address=address_of(request),
            )
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            say(request, Toast(f"The passkey “{form.cleaned_data['name']}” is added."))
            return after_adding(request, codes, second_factor="passkey")
    return render(request, "accounts/passkey.html", {"form": form, "passkeys_work": has_passkeys_here(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def passkey_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Rename one of one's own passkeys."""
    passkey = get_object_or_404(Passkey, pk=pk, user=request.user)
    data = request.POST if request.method == "POST" else None
    form = PasskeyNameForm(data, initial={"name": passkey.name})
    if form.is_valid():
        services.rename_passkey(passkey, name=form.cleaned_data["name"])
        say(request, Toast(f"The passkey is called “{passkey.name}” now."))
        return redirect("accounts:second-factor-settings")
    return render(request, "accounts/passkey_edit.html", {"form": form, "passkey": passkey})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask whether one of one's own passkeys shall count no more; see to it on POST."""
    passkey = get_object_or_404(Passkey, pk=pk, user=request.user)
    return _remove_passkey(request, passkey)


@needs_proof
def _remove_passkey(request: MemberRequest, passkey: Passkey) -> HttpResponse:
    return remove_factor(request, passkey, services.remove_passkey, passkey)
