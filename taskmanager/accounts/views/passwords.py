"""Changing and resetting a password."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from taskmanager.accounts import services
from taskmanager.accounts.forms import (
    NewPasswordForm,
    PasswordChangeForm,
    PasswordResetForm,
)
from taskmanager.accounts.models import User
from taskmanager.accounts.requests import address_of
from taskmanager.accounts.views.entering import (
    known_organization,
    remember_organization,
    session_of,
    too_many,
)
from taskmanager.errors import TooManyRequests

# Where the token of a reset link waits, in the browser alone, and for which pages.
RESET_COOKIE = "reset"
RESET_PATH = "/accounts/reset/"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """Change one's own password: this session goes on, all others end."""
    user = cast("User", request.user)
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        password = form.cleaned_data["new_password1"]
        services.change_password(user, password=password, keep=session_of(request), address=address_of(request))
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed. Everywhere else you are signed out.")
        return redirect("accounts:profile")
    response = render(request, "accounts/password_change.html", {"form": form})
    return too_many(response, form.throttled) if form.throttled else response


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a mail that lets one choose a new password. The answer is the same whoever exists."""
    data = request.POST if request.method == "POST" else None
    form = PasswordResetForm(data, initial={"organization": known_organization(request)})
    if not form.is_valid():
        return render(request, "accounts/password_reset.html", {"form": form})
    try:
        services.request_password_reset(**form.cleaned_data, address=address_of(request))
    except TooManyRequests as error:
        form.add_error(None, str(error))
        return too_many(render(request, "accounts/password_reset.html", {"form": form}), error)
    return redirect("accounts:password-reset-done")


@login_not_required
@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Tell where the mail will be."""
    return render(request, "accounts/password_reset_done.html")


@method_decorator(
    [login_not_required, sensitive_post_parameters(), never_cache, require_http_methods(["GET", "HEAD", "POST"])],
    name="dispatch",
)
class NewPasswordView(PasswordResetConfirmView):
    """Choose a new password by the link of a mail. Its token waits in a cookie, and not in the address.

    Django lets it wait in the session: who steals that, or the database that it is in, could choose the password.
    """

    template_name = "accounts/password_reset_confirm.html"
    form_class = NewPasswordForm

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        """Take the token out of the address; show the form to whoever comes back with it in the cookie."""
        self.validlink = False
        self.user = self.get_user(kwargs["uidb64"])
        token = kwargs["token"]
        if token == self.reset_url_token:
            token = self.request.COOKIES.get(RESET_COOKIE, "")
            self.validlink = self.user is not None and self.token_generator.check_token(self.user, token)
            if self.validlink:
                return super(PasswordResetConfirmView, self).dispatch(*args, **kwargs)
        elif self.user is not None and self.token_generator.check_token(self.user, token):
            response = redirect(self.request.path.replace(token, self.reset_url_token))
            response.set_cookie(
                RESET_COOKIE,
                token,
                max_age=settings.PASSWORD_RESET_TIMEOUT,
                path=RESET_PATH,
                secure=self.request.is_secure(),
                httponly=True,
                # Not Strict: who follows the link of a mail comes from elsewhere, and their browser would leave it out.
                samesite="Lax",
            )
            return response
        return self.render_to_response(self.get_context_data())

    def get_user(self, uidb64: str) -> User | None:
        """Return the member whose link it is, who must still be able to sign in."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Take the new password, once, and let the sign-in page of this browser know the organization."""
        token = self.request.COOKIES[RESET_COOKIE]
        user = cast("User", self.user)  # or there would be no form
        try:
            password = form.cleaned_data["new_password1"]
            services.reset_password(user, token=token, password=password, address=address_of(self.request))
        except services.LinkUsed:
            self.validlink = False
            return self.render_to_response(self.get_context_data())
        response = redirect("accounts:password-reset-complete")
        response.delete_cookie(RESET_COOKIE, path=RESET_PATH, samesite="Lax")
        remember_organization(self.request, response, user.organization.slug)
        return response


@login_not_required
@require_safe
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    """Tell that the new password counts."""
    return render(request, "accounts/password_reset_complete.html")
