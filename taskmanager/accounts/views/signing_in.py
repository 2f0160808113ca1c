"""Signing in and out."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator

from taskmanager.accounts.forms import (
    SignInForm,
)
from taskmanager.accounts.requests import address_of
from taskmanager.accounts.views.challenges import has_passkeys_here
from taskmanager.accounts.views.entering import enter, known_organization, too_many


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """Sign in with organization, username or e-mail address, and password."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm  # type: ignore[assignment]
    redirect_authenticated_user = True
    http_method_names = ["get", "head", "post"]  # noqa: RUF012

    def get_initial(self) -> dict[str, Any]:
        """Fill in the organization of the link, or the one that signed in here last."""
        return {"organization": known_organization(self.request)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the page whether passkeys work at its address."""
        return {**super().get_context_data(**kwargs), "passkeys_work": has_passkeys_here(self.request)}

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the client's address, which tries are counted by."""
        kwargs = super().get_form_kwargs()
        del kwargs["request"]
        return {**kwargs, "address": address_of(self.request)}

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return where to go afterwards, "" where that would be here again or straight out."""
        url = super().get_redirect_url(request)
        here_or_out = {reverse("accounts:login"), reverse("accounts:logout")}
        return "" if urlsplit(url).path in here_or_out else url

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, too many tries on the page itself: nothing typed but the password is lost."""
        response = super().form_invalid(form)
        return too_many(response, form.throttled) if form.throttled else response

    def form_valid(self, form: Any) -> HttpResponse:
        """Start the session, or ask for the second factor first."""
        return enter(self.request, form.user, url=self.get_success_url())


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """Sign out, by POST only: a link or an image elsewhere can't do it."""
