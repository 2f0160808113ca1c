"""Inviting people, and accepting."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from taskmanager.accounts import services, submissions
from taskmanager.accounts.forms import (
    AcceptanceForm,
    InvitationForm,
)
from taskmanager.accounts.models import Invitation
from taskmanager.accounts.permissions import require, roles_to_give
from taskmanager.accounts.requests import MemberRequest, Toast, address_of, made_before, say
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.accounts.views.entering import enter, enter_again, too_many
from taskmanager.accounts.views.members import ON_A_PAGE
from taskmanager.errors import TooManyRequests


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_list(request: MemberRequest) -> HttpResponse:
    """Invite people, and list the invitations that wait for an answer."""
    require(request.user, "accounts.add_user", request.user.organization_id)
    data = request.POST if request.method == "POST" else None
    form = InvitationForm(data, offered=roles_to_give(request.user))
    status = HTTPStatus.OK
    retry_after = None
    if form.is_valid():
        try:
            return _invite(request, form)
        except AlreadySubmitted as error:
            return made_before(request, error, otherwise="accounts:invitation-list")
        except TooManyRequests as error:
            form.add_error("emails", str(error))
            status, retry_after = HTTPStatus(error.status), error.retry_after
        except (services.AlreadyInvited, services.AlreadyMember) as error:
            form.add_error("emails", str(error))
    waiting = Invitation.objects.of(request.user.organization).waiting().select_related("invited_by")
    page = Paginator(waiting.order_by("-expires_at", "-pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    response = render(request, "accounts/invitations.html", {"form": form, "page": page}, status=status)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _invite(request: MemberRequest, form: InvitationForm) -> HttpResponse:
    fields = dict(form.cleaned_data)
    organization = request.user.organization
    # Before the transaction: see count_try().
    services.count_invitations(organization, times=len(fields["emails"]))
    with submissions.once(fields.pop("uuid"), actor=request.user, form=request.path) as submission:
        invited = services.invite(organization, actor=request.user, address=address_of(request), **fields)
        submission.made = request.path
    what = invited[0].email if len(invited) == 1 else f"{len(invited)} people"
    say(request, Toast(f"Invited {what}: the mail is on its way."))
    return redirect("accounts:invitation-list")


@require_POST
def invitation_resend(request: MemberRequest, pk: int) -> HttpResponse:
    """Send another link, which ends the old one."""
    invitation = get_object_or_404(Invitation.objects.of(request.user.organization), pk=pk)
    require(request.user, "accounts.add_user", invitation.organization_id)
    try:
        services.count_invitations(request.user.organization, times=1)
        services.resend_invitation(invitation, actor=request.user, address=address_of(request))
    except (TooManyRequests, services.InvitationGone) as error:
        say(request, Toast(str(error), kind="error"))
    else:
        say(request, Toast(f"A new link is on its way to {invitation.email}; the old one works no more."))
    return redirect("accounts:invitation-list")


@require_POST
def invitation_revoke(request: MemberRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(Invitation.objects.of(request.user.organization), pk=pk)
    try:
        services.revoke_invitation(invitation, actor=request.user, address=address_of(request))
    except services.InvitationGone as error:
        say(request, Toast(str(error), kind="error"))
    else:
        say(request, Toast(f"The invitation of {invitation.email} is revoked: its link works no more."))
    return redirect("accounts:invitation-list")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Make a member of whoever has the link of an invitation; sign them in, and lead them to the board."""
    invitation = services.find_invitation(token)
    if invitation is None:
        return _refuse_link(request)
    if request.user.is_authenticated and invitation.accepted_by_id == request.user.pk:
        return redirect(settings.LOGIN_REDIRECT_URL)  # by the back button, or by the mail once more
    form = AcceptanceForm(request.POST if request.method == "POST" else None, invitation=invitation)
    if form.is_valid():
        return _accept(request, form, invitation)
    return _invitation_page(request, form, invitation)


def _accept(request: HttpRequest, form: AcceptanceForm, invitation: Invitation) -> HttpResponse:
    try:
        services.count_acceptance(invitation, address_of(request))
    except TooManyRequests as error:
        form.add_error(None, str(error))
        return too_many(_invitation_page(request, form, invitation), error)
    try:
        return _join(request, form, invitation)
    except services.InvitationGone:
        return _refuse_link(request)
    except (services.UsernameTaken, services.NameTaken) as error:
        form.add_error("username", str(error))
    except services.AlreadyMember:
        form.add_error(None, "This address belongs to a member already. Sign in instead.")
    return _invitation_page(request, form, invitation)


def _invitation_page(request: HttpRequest, form: AcceptanceForm, invitation: Invitation) -> HttpResponse:
    if not invitation.is_open:
        return _refuse_link(request)
    return render(request, "accounts/invitation.html", {"form": form, "invitation": invitation})


def _refuse_link(request: HttpRequest) -> HttpResponse:
    """Answer the same to every link that doesn't work: why, only the organization's own people see."""
    return render(request, "accounts/invitation_refused.html", status=HTTPStatus.NOT_FOUND)


def _join(request: HttpRequest, form: AcceptanceForm, invitation: Invitation) -> HttpResponse:
    # The form is known by the invitation's number: its address holds the link, which no row may hold.
    place = f"/accounts/invitations/{invitation.pk}/"
    try:
        with submissions.once(form.cleaned_data["uuid"], actor=AnonymousUser(), form=place) as submission:
            user = services.accept_invitation(
                invitation,
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password1"],
                address=address_of(request),
            )
            submission.made = user.organization.slug
    except AlreadySubmitted as error:
        return enter_again(request, form, error)
    messages.success(request, f"Welcome to {user.organization.name}.")
    return enter(request, user)
