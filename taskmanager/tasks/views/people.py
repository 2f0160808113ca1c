"""The page of a person, the data that they take along, and the end of their account."""

import datetime
import tempfile
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taskmanager.accounts import services as accounts
from taskmanager.accounts.forms import CloseAccountForm
from taskmanager.accounts.models import User
from taskmanager.accounts.permissions import may_manage
from taskmanager.accounts.requests import address_of
from taskmanager.accounts.views import ORGANIZATION_COOKIE, too_many
from taskmanager.errors import NotFound
from taskmanager.tasks import cards, exports, markdown, services
from taskmanager.tasks.models import Task, Watcher
from taskmanager.tasks.views.requests import MemberRequest

OPEN = (Task.Status.UNASSIGNED, Task.Status.IN_PROGRESS)


@require_safe
def person(request: MemberRequest, username: str) -> HttpResponse:
    """Show a colleague, by their username without regard to case."""
    organization = request.user.organization
    # PostgreSQL takes no NUL, and nobody has one.
    names = [] if "\0" in username else [username.lower()]
    people = User.objects.of(organization).with_usernames(names).with_rights().prefetch_related("groups")
    found = people.first()
    if found is None:
        raise Http404("There is nobody of this name.")
    now = timezone.now()
    context = {
        "person": found,
        "biography": markdown.render(found.biography, organization=organization),
        "phone": f"{found.phone[:3]} {found.phone[3:6]} {found.phone[6:]}",
        "now": now,
        "zone_name": found.zone.key.replace("_", " "),
        "ahead": _ahead(found, request.user, now),
        "owned": cards.count_label(Task.objects.of(organization).filter(owner=found, status__in=OPEN).capped_count()),
        "owned_url": _tasks_url(f"owner:{found.username} is:open"),
        "all_url": _tasks_url(f"owner:{found.username}"),
        "created_url": _tasks_url(f"creator:{found.username}"),
        "may_manage": request.user.has_perm("accounts.change_user") and may_manage(found, request.user),
    }
    return render(request, "accounts/person.html", context)


def _tasks_url(query: str) -> str:
    return f"{reverse('tasks:task-list')}?{urlencode({'q': query})}"


def _ahead(found: User, user: User, now: datetime.datetime) -> str:
    """Return how a colleague's clock differs from the user's own, "" where it doesn't."""
    theirs, own = (now.astimezone(each.zone).utcoffset() for each in (found, user))
    minutes = round(((theirs or datetime.timedelta()) - (own or datetime.timedelta())).total_seconds() / 60)
    if not minutes:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    clock = f"{hours}:{rest:02} hours" if rest else "1 hour" if hours == 1 else f"{hours} hours"
    return f"{clock} {'ahead of' if minutes > 0 else 'behind'} you"


@require_POST
def export(request: MemberRequest) -> FileResponse:
    """Send everything that the product holds about the user, as a ZIP file."""
    user = request.user
    accounts.begin_export(user, address=address_of(request))
    # On the disk and not in memory; it is gone as soon as it was sent.
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    try:
        exports.write(user, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"taskmanager-{user.organization.slug}-{user.username}-{timezone.localdate()}.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_close(request: MemberRequest) -> HttpResponse:
    """Explain what closing one's account means; do it on POST."""
    user = request.user
    form = CloseAccountForm(request.POST if request.method == "POST" else None, user=user)
    refusal, status = "", HTTPStatus.OK
    if accounts.is_last_admin(user):
        refusal = LAST_ADMIN
        status = HTTPStatus.CONFLICT if form.is_bound else HTTPStatus.OK
    elif form.is_valid():
        try:
            services.close_account(user, address=address_of(request))
        except accounts.LastAdmin as error:
            refusal, status = str(error), HTTPStatus(error.status)
        except NotFound:
            return _goodbye(request)  # another tab was quicker
        else:
            return _goodbye(request)
    organization = user.organization
    context = {
        "form": form,
        "refusal": refusal,
        "is_alone": not User.objects.of(organization).active().exclude(pk=user.pk).exists(),
        "owned": Task.objects.of(organization).filter(owner=user).count(),
        "watched": Watcher.objects.filter(organization=organization, email=user.email.lower()).count(),
    }
    response = render(request, "accounts/close.html", context, status=status)
    return too_many(response, form.throttled) if form.throttled else response


LAST_ADMIN = "You are the organization’s last Admin. Make somebody else an Admin first."


def _goodbye(request: MemberRequest) -> HttpResponse:
    logout(request)
    response = redirect("accounts:closed")
    response.delete_cookie(ORGANIZATION_COOKIE, path=settings.SESSION_COOKIE_PATH)
    return response


@login_not_required
@require_safe
def account_closed(request: MemberRequest) -> HttpResponse:
    """Say goodbye."""
    return render(request, "accounts/closed.html")
