"""Signing in and out, passwords, sessions, and one's own profile."""

import re
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from taskmanager.accounts import services
from taskmanager.accounts.forms import (
    NewPasswordForm,
    PasswordChangeForm,
    PasswordResetForm,
    ProfileForm,
    SignInForm,
)
from taskmanager.accounts.models import Session, User
from taskmanager.accounts.sessions import hash_of
from taskmanager.errors import TooManyRequests

ORGANIZATION_COOKIE = "organization"
# What names a session in its list.
HASH = re.compile(r"[0-9a-f]{64}")
REMEMBER_SECONDS = 365 * 24 * 3600


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """Sign in with organization, username or e-mail address, and password."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm  # type: ignore[assignment]
    redirect_authenticated_user = True
    http_method_names = ["get", "head", "post"]  # noqa: RUF012

    def get_initial(self) -> dict[str, Any]:
        """Fill in the organization of the link, or the one that signed in here last."""
        return {"organization": _known_organization(self.request)}

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the client's address, which tries are counted by."""
        kwargs = super().get_form_kwargs()
        del kwargs["request"]
        return {**kwargs, "address": self.request.META.get("REMOTE_ADDR", "")}

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return where to go afterwards, "" where that would be here again or straight out."""
        url = super().get_redirect_url(request)
        here_or_out = {reverse("accounts:login"), reverse("accounts:logout")}
        return "" if urlsplit(url).path in here_or_out else url

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, too many tries on the page itself: nothing typed but the password is lost."""
        response = super().form_invalid(form)
        return _too_many(response, form.throttled) if form.throttled else response

    def form_valid(self, form: Any) -> HttpResponse:
        """Start the session and remember the organization in this browser."""
        login(self.request, form.user)
        response = HttpResponseRedirect(self.get_success_url())
        remember_organization(self.request, response, form.user.organization.slug)
        return response


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """Sign out, by POST only: a link or an image elsewhere can't do it."""


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's own profile."""
    user = cast("User", request.user)  # nobody else gets past the sign-in
    initial = {name: getattr(user, name) for name in ("phone", "biography", "time_zone", "theme")}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        # A program may send one field alone; the other stays as it is.
        services.edit_profile(
            user, **{**initial, **{key: form.cleaned_data[key] for key in initial if key in form.data}}
        )
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """Change one's own password: this session goes on, all others end."""
    user = cast("User", request.user)
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.change_password(user, password=form.cleaned_data["new_password1"], keep=_session_of(request))
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed. Everywhere else you are signed out.")
        return redirect("accounts:profile")
    response = render(request, "accounts/password_change.html", {"form": form})
    return _too_many(response, form.throttled) if form.throttled else response


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a mail that lets one choose a new password. The answer is the same whoever exists."""
    data = request.POST if request.method == "POST" else None
    form = PasswordResetForm(data, initial={"organization": _known_organization(request)})
    if not form.is_valid():
        return render(request, "accounts/password_reset.html", {"form": form})
    try:
        services.request_password_reset(**form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""))
    except TooManyRequests as error:
        form.add_error(None, str(error))
        return _too_many(render(request, "accounts/password_reset.html", {"form": form}), error)
    return redirect("accounts:password-reset-done")


@login_not_required
@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Tell where the mail will be."""
    return render(request, "accounts/password_reset_done.html")


@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class NewPasswordView(PasswordResetConfirmView):
    """Choose a new password by the link of a mail. Its token waits in the session, and not in the address."""

    template_name = "accounts/password_reset_confirm.html"
    form_class = NewPasswordForm

    def get_user(self, uidb64: str) -> User | None:
        """Return the member whose link it is, who must still be able to sign in."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Take the new password, once, and let the sign-in page of this browser know the organization."""
        token = self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN)
        user = cast("User", self.user)  # or there would be no form
        try:
            services.reset_password(user, token=token, password=form.cleaned_data["new_password1"])
        except services.LinkUsed:
            self.validlink = False
            return self.render_to_response(self.get_context_data())
        response = redirect("accounts:password-reset-complete")
        remember_organization(self.request, response, user.organization.slug)
        return response


@login_not_required
@require_safe
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    """Tell that the new password counts."""
    return render(request, "accounts/password_reset_complete.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session_list(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in; `end` signs out of one session, or of all "others"."""
    user = cast("User", request.user)
    mine = _session_of(request)
    if request.method == "POST":
        chosen = request.POST.get("end", "")
        if chosen == "others":
            ended = services.end_sessions(user, keep=mine)
        else:
            ended = services.end_sessions(user, keep=mine, only=chosen) if HASH.fullmatch(chosen) else 0
        words = {0: "Nothing to do: it had ended already.", 1: "You are signed out there."}
        messages.success(request, words.get(ended, f"You are signed out of {ended} other sessions."))
        return redirect("accounts:session-list")
    sessions = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")
    ordered = sorted(sessions, key=lambda each: each.pk != mine)
    return render(request, "accounts/sessions.html", {"sessions": ordered, "mine": mine})


def _session_of(request: HttpRequest) -> str:
    return hash_of(request.session.session_key)


def _known_organization(request: HttpRequest) -> str:
    """Return the organization of the link, or the one that signed in here last."""
    return request.GET.get("org", request.COOKIES.get(ORGANIZATION_COOKIE, ""))[:60]


def _too_many(response: HttpResponse, error: TooManyRequests) -> HttpResponse:
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
