"""Pages that belong to no single app: registration, help, about, contact, and what is said when something is wrong."""

import sys
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from taskmanager import __version__
from taskmanager.accounts import services as accounts
from taskmanager.accounts import submissions
from taskmanager.accounts.forms import ContactForm, RegistrationForm
from taskmanager.accounts.models import User
from taskmanager.accounts.requests import address_of
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.accounts.views import enter, enter_again, too_many
from taskmanager.errors import TooManyRequests
from taskmanager.middleware import error_response
from taskmanager.outages import awaits_migration, is_outage, shown_without_database, unavailable
from taskmanager.tasks import services
from taskmanager.tasks.views.requests import made_before


@sensitive_post_parameters("password1", "password2")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register an organization and its first user, who is signed in and lands on the empty board."""
    if request.user.is_authenticated:
        return redirect("tasks:board")
    form = RegistrationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            # Before the transaction: a try counts even where what was tried is rolled back.
            accounts.count_registration(address_of(request))
            with submissions.once(form.cleaned_data["uuid"], actor=request.user, form=request.path) as submission:
                user = services.register_organization(
                    name=form.cleaned_data["organization"],
                    username=form.cleaned_data["username"],
                    email=form.cleaned_data["email"],
                    password=form.cleaned_data["password1"],
                    address=address_of(request),
                )
                submission.made = user.organization.slug
        except AlreadySubmitted as error:
            return enter_again(request, form, error)
        except TooManyRequests as error:
            form.add_error(None, str(error))
            return too_many(render(request, "accounts/register.html", {"form": form}), error)
        return enter(request, user)
    return render(request, "accounts/register.html", {"form": form})


@login_not_required
@require_safe
@shown_without_database
def help_page(request: HttpRequest) -> HttpResponse:
    """Explain how the product is used."""
    return render(request, "help.html")


@login_not_required
@require_safe
@shown_without_database
def about(request: HttpRequest) -> HttpResponse:
    """Tell what the product is."""
    return render(request, "about.html", {"version": __version__})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Take a message to whoever runs this installation."""
    user = request.user if isinstance(request.user, User) else None
    data = request.POST if request.method == "POST" else None
    form = ContactForm(data, initial={"from_email": user.email if user else ""})
    if not form.is_valid():
        return render(request, "contact.html", {"form": form})
    fields = dict(form.cleaned_data)
    key = fields.pop("uuid")
    try:
        # Before the transaction: a try counts even where what was tried is rolled back.
        accounts.count_contact_message(address_of(request))
        with submissions.once(key, actor=request.user, form=request.path) as submission:
            accounts.send_contact_message(**fields, user=user)
            submission.made = reverse("contact-thanks")
    except TooManyRequests as error:
        form.add_error(None, str(error))
        response = render(request, "contact.html", {"form": form}, status=error.status)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    except AlreadySubmitted as error:
        return made_before(request, error, otherwise="contact-thanks")
    return redirect("contact-thanks")


@login_not_required
@require_safe
def contact_thanks(request: HttpRequest) -> HttpResponse:
    """Thank for a message."""
    return render(request, "contact_thanks.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Explain a request that could not be read."""
    message = ""
    if isinstance(exception, RequestDataTooBig):
        message = "That was larger than a form may be. Go back: what you typed is still there to be shortened."
    elif isinstance(exception, TooManyFilesSent):
        most = settings.ATTACHMENTS_PER_UPLOAD
        message = f"At most {most} files can be attached at once. None was stored."
    return error_response(request, HTTPStatus.BAD_REQUEST, message)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Explain a missing permission."""
    return error_response(request, HTTPStatus.FORBIDDEN, "")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Explain an address where nothing is, or nothing for this user."""
    return error_response(request, HTTPStatus.NOT_FOUND, "")


def server_error(request: HttpRequest) -> HttpResponse:
    """Apologise. Nothing is asked of the database, which may be what failed.

    Errors of middlewares come here, too, and of views outside of what a middleware sees: an outage is told here alone.
    """
    error = sys.exception()
    if is_outage(error) or awaits_migration(error):
        return unavailable(request, error)
    return error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a form that did not come from one of our own fresh pages."""
    return error_response(request, HTTPStatus.FORBIDDEN, "", template="403_csrf.html")
