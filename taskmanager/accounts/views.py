"""Signing in and out, passwords, sessions, one's own profile, members and invitations."""

import re
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, LoginView, LogoutView, PasswordResetConfirmView
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taskmanager.accounts import services, submissions
from taskmanager.accounts.forms import (
    AcceptanceForm,
    InvitationForm,
    NewPasswordForm,
    PasswordChangeForm,
    PasswordResetForm,
    ProfileForm,
    RolesForm,
    SignInForm,
)
from taskmanager.accounts.models import Invitation, Session, User
from taskmanager.accounts.permissions import may_manage, require, roles_to_give
from taskmanager.accounts.requests import MemberRequest, Toast, Undo, made_before, say
from taskmanager.accounts.sessions import hash_of
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.errors import TooManyRequests

ORGANIZATION_COOKIE = "organization"
# What names a session in its list.
HASH = re.compile(r"[0-9a-f]{64}")
REMEMBER_SECONDS = 365 * 24 * 3600
ON_A_PAGE = 100


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


@require_safe
def member_list(request: MemberRequest) -> HttpResponse:
    """List the organization's people, for who may manage them."""
    organization = request.user.organization
    require(request.user, "accounts.change_user", organization.pk)
    page = Paginator(User.objects.of(organization).for_members(), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "members": [(member, may_manage(member, request.user)) for member in page],
        "waiting": Invitation.objects.of(organization).waiting().count(),
    }
    return render(request, "accounts/members.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Change somebody's roles."""
    member = _find_member(request, pk)
    before = member.roles
    data = request.POST if request.method == "POST" else None
    form = RolesForm(data, offered=roles_to_give(request.user), initial={"roles": before})
    if form.is_valid():
        try:
            services.change_roles(member, actor=request.user, roles=form.cleaned_data["roles"])
        except services.LastAdmin as error:
            form.add_error("roles", str(error))
        else:
            undo = Undo(reverse("accounts:member-edit", args=[pk]), [("roles", role.value) for role in before])
            # Who gave up being an Admin can't take it back.
            own = member.pk == request.user.pk
            toast = Toast(f"{member.display_name}’s roles are saved.", None if own else undo)
            return _after_managing(request, toast, otherwise=own)
    status = HTTPStatus.CONFLICT if form.errors else HTTPStatus.OK
    return render(request, "accounts/member.html", {"member": member, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def member_deactivate(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask whether somebody shall sign in no more; see to it on POST."""
    member = _find_member(request, pk)
    if request.method != "POST":
        return render(request, "accounts/member_deactivate.html", {"member": member})
    try:
        services.deactivate_member(member, actor=request.user)
    except services.LastAdmin as error:
        context = {"member": member, "refusal": str(error)}
        return render(request, "accounts/member_deactivate.html", context, status=error.status)
    undo = Undo(reverse("accounts:member-reactivate", args=[pk]))
    return _after_managing(request, Toast(f"{member.display_name} is deactivated and signed out.", undo))


@require_POST
def member_reactivate(request: MemberRequest, pk: int) -> HttpResponse:
    """Let somebody sign in again."""
    member = services.reactivate_member(_find_member(request, pk), actor=request.user)
    undo = Undo(reverse("accounts:member-deactivate", args=[pk]))
    return _after_managing(request, Toast(f"{member.display_name} can sign in again.", undo))


def _find_member(request: MemberRequest, pk: int) -> User:
    """Return somebody of the user's own organization. Raises Http404, NotAllowed for who may not manage members."""
    member: User = get_object_or_404(User.objects.of(request.user.organization).for_members(), pk=pk)
    require(request.user, "accounts.change_user", member.organization_id)
    return member


def _after_managing(request: MemberRequest, toast: Toast, *, otherwise: bool = False) -> HttpResponse:
    """Say what was done, on the list; `otherwise` on the board, where the user may see the list no more."""
    say(request, toast)
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # an Undo: the page that it is on loads itself again
    if otherwise and not User.objects.get(pk=request.user.pk).has_perm("accounts.change_user"):
        return redirect(settings.LOGIN_REDIRECT_URL)
    return redirect("accounts:member-list")


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
        invited = services.invite(organization, actor=request.user, **fields)
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
        services.resend_invitation(invitation, actor=request.user)
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
        services.revoke_invitation(invitation, actor=request.user)
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
        try:
            return _join(request, form, invitation)
        except services.InvitationGone:
            return _refuse_link(request)
        except (services.UsernameTaken, services.NameTaken) as error:
            form.add_error("username", str(error))
        except services.AlreadyMember:
            form.add_error(None, "This address belongs to a member already. Sign in instead.")
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
                invitation, username=form.cleaned_data["username"], password=form.cleaned_data["password1"]
            )
            submission.made = user.organization.slug
    except AlreadySubmitted as error:
        return enter_again(request, form, error)
    messages.success(request, f"Welcome to {user.organization.name}.")
    return enter(request, user)


def enter_again(request: HttpRequest, form: Any, error: AlreadySubmitted) -> HttpResponse:
    """Sign in whoever sent the form again that made them a user: it holds the right password, or it is a guess.

    So it is a try to sign in like any other, counted with those of the sign-in page. Raises TooManyRequests.
    """
    user = services.sign_in(
        organization=error.made,
        username=form.cleaned_data["username"],
        password=form.cleaned_data["password1"],
        address=request.META.get("REMOTE_ADDR", ""),
    )
    say(request, Toast(str(error)))
    return enter(request, user) if user else redirect("accounts:login")


def enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in a new user, on the board; the next sign-in form here knows the organization."""
    login(request, user)
    response = redirect(settings.LOGIN_REDIRECT_URL)
    remember_organization(request, response, user.organization.slug)
    return response
