"""Signing in and out, and one's own profile."""

from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from taskmanager.accounts import services
from taskmanager.accounts.forms import ProfileForm, SignInForm
from taskmanager.accounts.models import User

ORGANIZATION_COOKIE = "organization"
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
        remembered = self.request.COOKIES.get(ORGANIZATION_COOKIE, "")
        return {"organization": self.request.GET.get("org", remembered)[:60]}

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
        if form.throttled:
            response.status_code = form.throttled.status
            response.headers["Retry-After"] = str(form.throttled.retry_after)
        return response

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
    initial = {"phone": user.phone, "biography": user.biography}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        # A program may send one field alone; the other stays as it is.
        services.edit_profile(
            user, **{**initial, **{key: form.cleaned_data[key] for key in initial if key in form.data}}
        )
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


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
