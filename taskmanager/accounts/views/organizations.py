"""The organization itself: its name, and how its people sign in."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from taskmanager.accounts import services
from taskmanager.accounts.forms import OrganizationForm, SingleSignOnForm
from taskmanager.accounts.models import SingleSignOn, User
from taskmanager.accounts.permissions import require
from taskmanager.accounts.providers import ProviderProblem
from taskmanager.accounts.requests import MemberRequest, Toast, address_of, say
from taskmanager.errors import TooManyRequests


@require_http_methods(["GET", "HEAD", "POST"])
def organization_edit(request: MemberRequest) -> HttpResponse:
    """Change the organization's name; lead to how its people sign in."""
    mine = request.user.organization
    require(request.user, "accounts.change_organization", mine.pk)
    form = OrganizationForm(request.POST if request.method == "POST" else None, initial={"name": mine.name})
    if form.is_valid():
        services.change_organization(
            mine, actor=request.user, name=form.cleaned_data["name"], address=address_of(request)
        )
        say(request, Toast("The organization is saved."))
        return redirect("accounts:organization")
    context = {
        "form": form,
        "sign_in_url": f"{settings.PUBLIC_URL}{reverse('accounts:login')}?org={mine.slug}",
        "single_sign_on": SingleSignOn.objects.of(mine).first(),
    }
    return render(request, "accounts/organization.html", context)


@sensitive_post_parameters("client_secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def single_sign_on_edit(request: MemberRequest) -> HttpResponse:
    """Set up by which provider the organization's people sign in."""
    mine = request.user.organization
    require(request.user, "accounts.change_organization", mine.pk)
    row = SingleSignOn.objects.of(mine).first()
    form = SingleSignOnForm(request.POST if request.method == "POST" else None, row=row)
    status, retry_after = HTTPStatus.OK, 0
    if form.is_valid():
        names = ("is_enabled", "issuer", "client_id", "client_secret", "default_roles", "groups_claim")
        try:
            services.configure_single_sign_on(
                mine,
                actor=request.user,
                group_roles=form.group_roles,
                address=address_of(request),
                **{name: form.cleaned_data[name] for name in names},
            )
        except ProviderProblem as error:
            form.add_error("issuer", str(error))
        except services.SecretMissing as error:
            form.add_error("client_secret", str(error))
        except TooManyRequests as error:
            form.add_error(None, str(error))
            status, retry_after = HTTPStatus.TOO_MANY_REQUESTS, error.retry_after
        else:
            is_on = form.cleaned_data["is_enabled"]
            say(request, Toast(f"Single sign-on is saved{', and on' if is_on else '. It is off'}."))
            return redirect("accounts:single-sign-on")
    people = User.objects.of(mine).active()
    context = {
        "form": form,
        "row": row,
        "redirect_uri": callback_url(),
        "start_url": f"{settings.PUBLIC_URL}{reverse('accounts:sso-start', args=[mine.slug])}",
        "is_connected": row is not None and request.user.identities.filter(issuer=row.issuer).exists(),
        "without_password": people.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX).count() if row else 0,
    }
    response = render(request, "accounts/single_sign_on_settings.html", context, status=status)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def callback_url() -> str:
    """Return where providers send people back: one address for all, which an Admin registers at the provider.

    It is that of PUBLIC_URL, whatever host a request names: providers compare it letter by letter.
    """
    return f"{settings.PUBLIC_URL}{reverse('accounts:sso-callback')}"
