"""Members: a list, roles, deactivation."""

from http import HTTPStatus

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taskmanager.accounts import services
from taskmanager.accounts.forms import (
    RolesForm,
)
from taskmanager.accounts.models import Invitation, User
from taskmanager.accounts.permissions import may_manage, require, roles_to_give
from taskmanager.accounts.requests import MemberRequest, Toast, Undo, address_of, say

ON_A_PAGE = 100


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
    member = find_member(request, pk)
    before = member.roles
    data = request.POST if request.method == "POST" else None
    form = RolesForm(data, offered=roles_to_give(request.user), initial={"roles": before})
    if form.is_valid():
        try:
            services.change_roles(
                member, actor=request.user, roles=form.cleaned_data["roles"], address=address_of(request)
            )
        except services.LastAdmin as error:
            form.add_error("roles", str(error))
        else:
            undo = Undo(reverse("accounts:member-edit", args=[pk]), [("roles", role.value) for role in before])
            # Who gave up being an Admin can't take it back.
            own = member.pk == request.user.pk
            toast = Toast(f"{member.display_name}’s roles are saved.", None if own else undo)
            return _after_managing(request, toast, otherwise=own)
    status = HTTPStatus.CONFLICT if form.errors else HTTPStatus.OK
    context = {"member": member, "form": form, "is_connected": member.identities.exists()}
    return render(request, "accounts/member.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def member_deactivate(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask whether somebody shall sign in no more; see to it on POST."""
    member = find_member(request, pk)
    if request.method != "POST":
        return render(request, "accounts/member_deactivate.html", {"member": member})
    try:
        services.deactivate_member(member, actor=request.user, address=address_of(request))
    except services.LastAdmin as error:
        context = {"member": member, "refusal": str(error)}
        return render(request, "accounts/member_deactivate.html", context, status=error.status)
    undo = Undo(reverse("accounts:member-reactivate", args=[pk]))
    return _after_managing(request, Toast(f"{member.display_name} is deactivated and signed out.", undo))


@require_POST
def member_reactivate(request: MemberRequest, pk: int) -> HttpResponse:
    """Let somebody sign in again."""
    member = services.reactivate_member(find_member(request, pk), actor=request.user, address=address_of(request))
    undo = Undo(reverse("accounts:member-deactivate", args=[pk]))
    return _after_managing(request, Toast(f"{member.display_name} can sign in again.", undo))


def find_member(request: MemberRequest, pk: int) -> User:
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
