"""Second factors: asked for at the sign-in, looked at, set up, taken away."""

import json
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taskmanager.accounts import encryption, services
from taskmanager.accounts.forms import AuthenticatorForm, OwnPasswordForm, SecondFactorForm
from taskmanager.accounts.models import Authenticator, Passkey, RecoveryCode, User
from taskmanager.accounts.permissions import require
from taskmanager.accounts.requests import MemberRequest, Toast, address_of, say
from taskmanager.accounts.sessions import SECOND_FACTOR_KEY
from taskmanager.accounts.views.challenges import has_passkeys_here, site_of, take_challenge
from taskmanager.accounts.views.entering import (
    PENDING_KEY,
    enter_with_second_factor,
    has_proof,
    note_proof,
    pending_user,
    session_of,
    too_many,
)
from taskmanager.accounts.views.members import find_member

type View = Callable[..., HttpResponse]

# The key of an app that is being set up, and codes that are being shown: encrypted, since sessions are rows.
NEW_KEY, NEW_CODES = "new_authenticator_key", "new_recovery_codes"
CODES_SECONDS = 600


def open_without_second_factor(view: View) -> View:
    """Mark a view for those whose organization requires a second factor that they don't have yet."""
    view.second_factor_not_required = True  # type: ignore[attr-defined]
    return view


def needs_proof(view: View) -> View:
    """Let a view be used only by who has proven in the last ten minutes that it is them; others are asked to."""

    @wraps(view)
    def proven(request: MemberRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if has_proof(request):
            return view(request, *arguments, **named)
        # What was to be sent is sent again from its page.
        back = request.path if request.method in {"GET", "HEAD"} else reverse("accounts:second-factor-settings")
        return redirect(f"{reverse('accounts:second-factor-confirm')}?{urlencode({'next': back})}")

    return proven


# At the sign-in


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask whoever gave the right password for a second factor, too."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    was_pending = PENDING_KEY in request.session
    user = pending_user(request)
    if user is None or not services.has_second_factor(user):
        if was_pending:
            say(request, Toast("That took too long, or something changed meanwhile. Sign in again.", kind="error"))
        return redirect("accounts:login")
    form = _second_factor_form(request, user)
    if form.is_valid():
        response = enter_with_second_factor(request, user, second_factor=form.how)
        if form.how == "recovery":
            _tell_how_many_are_left(request, user)
        return response
    context = {"form": form, "owner": user, **_ways(request, user)}
    return _answer(request, "accounts/second_factor.html", context, form)


def _second_factor_form(request: HttpRequest, user: User, *, sent: bool = True) -> SecondFactorForm:
    sent = sent and request.method == "POST"
    return SecondFactorForm(
        request.POST if sent else None,
        user=user,
        address=address_of(request),
        site=site_of(request),
        challenge=take_challenge(request, "second-factor") if sent and request.POST.get("credential") else None,
    )


def _ways(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return which ways there are to prove that it is the user."""
    return {
        "has_app": Authenticator.objects.filter(user=user).exists(),
        "has_passkey": Passkey.objects.filter(user=user).exists(),
        "passkeys_work": has_passkeys_here(request),
        "codes_left": RecoveryCode.objects.left().filter(user=user).count(),
    }


def _answer(request: HttpRequest, template: str, context: dict[str, Any], *forms: Any) -> HttpResponse:
    response = render(request, template, context)
    throttled = [form.throttled for form in forms if form.throttled]
    return too_many(response, throttled[0]) if throttled else response


def _tell_how_many_are_left(request: HttpRequest, user: User) -> None:
    left = RecoveryCode.objects.left().filter(user=user).count()
    codes = {0: "no recovery code", 1: "1 recovery code"}.get(left, f"{left} recovery codes")
    messages.warning(request, f"You have {codes} left. Make new ones under “Second factor” in your profile.")


# By whoever is signed in


@open_without_second_factor
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_confirm(request: MemberRequest) -> HttpResponse:
    """Ask whoever is signed in to prove once more that it is them, and lead on to what they wanted."""
    user = request.user
    ways = _ways(request, user)
    has_factor = ways["has_app"] or ways["has_passkey"]
    # A session that began with the password alone must not come to more by it.
    takes_password = user.has_usable_password() and (SECOND_FACTOR_KEY in request.session or not has_factor)
    by_password = request.method == "POST" and "password" in request.POST and takes_password
    form = _second_factor_form(request, user, sent=has_factor and not by_password)
    password_form = OwnPasswordForm(request.POST if by_password else None, user=user)
    if password_form.is_valid() or form.is_valid():
        note_proof(request, second_factor="" if by_password else form.how)
        if form.is_bound and form.how == "recovery":
            _tell_how_many_are_left(request, user)
        return redirect(_next(request))
    context = {
        "form": form,
        "password_form": password_form if takes_password else None,
        "has_factor": has_factor,
        "next": _next(request),
        **ways,
    }
    return _answer(request, "accounts/second_factor_confirm.html", context, form, password_form)


def _next(request: HttpRequest) -> str:
    url = request.POST.get("next") or request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else reverse("accounts:second-factor-settings")


@open_without_second_factor
@never_cache
@require_safe
def second_factor_setup(request: MemberRequest) -> HttpResponse:
    """Lead whose organization requires a second factor to having one."""
    ways = _ways(request, request.user)
    if (ways["has_app"] or ways["has_passkey"]) and SECOND_FACTOR_KEY not in request.session:
        # They have one, and this session began without it.
        return redirect("accounts:second-factor-confirm")
    if ways["has_app"] or ways["has_passkey"]:
        return redirect("accounts:second-factor-settings")
    return render(request, "accounts/second_factor_setup.html", ways)


@never_cache
@require_safe
def second_factor_settings(request: MemberRequest) -> HttpResponse:
    """Show one's second factors."""
    context = {
        "app": Authenticator.objects.filter(user=request.user).first(),
        "passkeys": Passkey.objects.filter(user=request.user),
        "codes_left": RecoveryCode.objects.left().filter(user=request.user).count(),
        "passkeys_work": has_passkeys_here(request),
    }
    return render(request, "accounts/second_factor_settings.html", context)


@open_without_second_factor
@sensitive_post_parameters()
@sensitive_variables("key")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_proof
def authenticator_create(request: MemberRequest) -> HttpResponse:
    """Show a key as QR code and as text; it counts once the app's code was typed."""
    sealed = request.session.get(NEW_KEY, "")
    key = encryption.decrypt(sealed, purpose=NEW_KEY) if sealed else None
    if key is None:
        key = services.new_authenticator_key()
        request.session[NEW_KEY] = encryption.encrypt(key, purpose=NEW_KEY)
    form = AuthenticatorForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            codes = services.add_authenticator(
                request.user, key=key, code=form.cleaned_data["code"], address=address_of(request)
            )
        except services.WrongCode as error:
            form.add_error("code", str(error))
        else:
            del request.session[NEW_KEY]
            say(request, Toast("Your authenticator app is set up."))
            return after_adding(request, codes, second_factor="totp")
    import segno  # noqa: PLC0415 (for the few who set up an app)

    image = segno.make(services.authenticator_address(request.user, key), micro=False).svg_inline(
        scale=4, border=4, light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    context = {
        "form": form,
        "image": mark_safe(image),  # noqa: S308 (squares, made by the library)
        "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "replaces": Authenticator.objects.filter(user=request.user).exists(),
    }
    return render(request, "accounts/authenticator.html", context)


def after_adding(request: MemberRequest, codes: list[str], *, second_factor: str) -> HttpResponse:
    """Lead who added a factor to their recovery codes where they got some, else to all their factors."""
    note_proof(request, second_factor=second_factor)
    if not codes:
        return redirect("accounts:second-factor-settings")
    return _show_codes(request, codes)


@sensitive_variables("codes")
def _show_codes(request: MemberRequest, codes: list[str]) -> HttpResponse:
    text = json.dumps({"at": time.time(), "codes": codes})
    request.session[NEW_CODES] = encryption.encrypt(text, purpose=NEW_CODES)
    return redirect("accounts:recovery-codes")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_proof
def authenticator_remove(request: MemberRequest) -> HttpResponse:
    """Ask whether the app shall count no more; see to it on POST."""
    app = Authenticator.objects.filter(user=request.user).first()
    if app is None:
        raise Http404
    return remove_factor(request, app, services.remove_authenticator, request.user)


def remove_factor(request: MemberRequest, factor: Any, remove: Callable[..., None], subject: Any) -> HttpResponse:
    """Ask whether the factor shall count no more; see to it on POST."""
    context: dict[str, Any] = {"factor": factor, "required": request.user.organization.require_second_factor}
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            remove(subject, keep=session_of(request), address=address_of(request))
        except services.LastFactor as error:
            context["refusal"], status = str(error), HTTPStatus(error.status)
        else:
            if not services.has_second_factor(request.user):
                request.session.pop(SECOND_FACTOR_KEY, None)
            say(request, Toast(f"{factor} is removed."))
            return redirect("accounts:second-factor-settings")
    return render(request, "accounts/second_factor_remove.html", context, status=status)


# Recovery codes


@require_POST
@needs_proof
def recovery_codes_create(request: MemberRequest) -> HttpResponse:
    """Make new recovery codes; the old ones work no more."""
    if not services.has_second_factor(request.user):
        return redirect("accounts:second-factor-settings")
    address = address_of(request)
    return _show_codes(request, services.replace_recovery_codes(request.user, address=address))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: MemberRequest) -> HttpResponse:
    """Show codes that were just made, until their owner says that they are kept; nobody can show them again."""
    codes = _codes_to_show(request)
    if request.method == "POST" or codes is None:
        request.session.pop(NEW_CODES, None)
        return redirect("accounts:second-factor-settings")
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


@never_cache
@require_safe
def recovery_codes_download(request: MemberRequest) -> HttpResponse:
    """Hand out the same codes as a file of text."""
    codes = _codes_to_show(request)
    if codes is None:
        raise Http404
    user = request.user
    lines = [
        f"Recovery codes of {user.username} at {user.organization.name} (Taskmanager)",
        "Each works once, when you have neither your app nor a passkey at hand.",
        "",
        *codes,
        "",
    ]
    disposition = 'attachment; filename="taskmanager-recovery-codes.txt"'
    return HttpResponse(
        "\n".join(lines), content_type="text/plain; charset=utf-8", headers={"Content-Disposition": disposition}
    )


@sensitive_variables()
def _codes_to_show(request: MemberRequest) -> list[str] | None:
    sealed = request.session.get(NEW_CODES, "")
    text = encryption.decrypt(sealed, purpose=NEW_CODES) if sealed else None
    found: dict[str, Any] = json.loads(text) if text else {"at": 0}
    codes: list[str] | None = found["codes"] if time.time() - found["at"] <= CODES_SECONDS else None
    return codes


# By Admins


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_reset(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask whether a member's second factors shall be taken away; see to it on POST."""
    member = find_member(request, pk)
    if request.method != "POST":
        return render(request, "accounts/second_factor_reset.html", {"member": member})
    services.reset_second_factor(member, actor=request.user, address=address_of(request))
    say(request, Toast(f"{member.display_name} has no second factor any more, and is signed out."))
    return redirect("accounts:member-edit", pk)


@require_POST
def second_factor_requirement(request: MemberRequest) -> HttpResponse:
    """Require a second factor of everybody in the organization, or don't: `required` is 1 or 0."""
    organization = request.user.organization
    require(request.user, "accounts.change_organization", organization.pk)
    required = request.POST.get("required") == "1"
    try:
        services.change_second_factor_requirement(
            organization,
            actor=request.user,
            required=required,
            proven_by=request.session.get(SECOND_FACTOR_KEY, ""),
            address=address_of(request),
        )
    except services.NoSecondFactor as error:
        say(request, Toast(str(error), kind="error"))
        return redirect("accounts:second-factor-settings")
    words = "now requires" if required else "no longer requires"
    say(request, Toast(f"{organization.name} {words} a second factor."))
    back = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if allowed else "accounts:member-list")
