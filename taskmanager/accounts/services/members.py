"""Members: their roles, and whether they can sign in."""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.models import (
    AuditKind,
    Organization,
    Role,
    User,
)
from taskmanager.accounts.permissions import may_manage, require, roles_to_give
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.organizations import hold_admins, is_last_admin
from taskmanager.accounts.services.sessions import end_sessions
from taskmanager.accounts.services.tokens import revoke_tokens_of
from taskmanager.errors import Conflict, NotAllowed, NotFound


class NameTaken(Conflict):
    """Another request registered the same slug, username or address at the same moment."""

    message = "That name has just been taken. Try again."


class LastAdmin(Conflict):
    """Without this one nobody could give roles any more."""

    message = "This is the organization's last Admin. Make somebody else an Admin first."


@sensitive_variables("password")
def add_member(
    organization: Organization,
    *,
    username: str,
    email: str,
    password: str | None,
    roles: list[Role],
    full_name: str = "",
) -> User:
    """Make a user of the organization with these roles. Raises NameTaken."""
    first_name, _, last_name = full_name.partition(" ")
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                organization=organization,
                username=username,
                email=email,
                password=password,
                first_name=first_name,
                last_name=last_name,
            )
            user.groups.set(Group.objects.filter(name__in=roles))
    except IntegrityError as error:
        raise NameTaken from error
    return user


@transaction.atomic
def change_roles(member: User, *, actor: User, roles: Collection[Role], address: str = "") -> User:
    """Let the member have exactly these roles; groups that are no roles stay.

    Raises LastAdmin, NotFound, NotAllowed.
    """
    member = _managed(member, actor)
    require_roles(actor, set(roles) ^ set(member.roles))
    if Role.ADMIN not in roles and is_last_admin(member):
        raise LastAdmin
    before = member.roles
    others = [group for group in member.groups.all() if group.name not in Role.values]
    member.groups.set([*others, *Group.objects.filter(name__in=roles)])
    changed: User = User.objects.select_related("organization").get(pk=member.pk)
    record_roles(changed, actor=actor, before=before, after=roles, address=address)
    return changed


def record_roles(
    member: User, *, actor: User, before: Collection[Role], after: Collection[Role], address: str = ""
) -> None:
    """Write which roles the member had and has, where that differs."""
    if set(before) != set(after):
        record_event(
            member.organization_id,
            AuditKind.ROLES_CHANGED,
            actor=actor,
            subject=member,
            address=address,
            before=[str(role) for role in Role if role in before],
            after=[str(role) for role in Role if role in after],
        )


@transaction.atomic
def deactivate_member(member: User, *, actor: User, address: str = "") -> User:
    """Let the member sign in no more. Every request asks for it, so that sessions and tokens end at once, for good.

    Raises LastAdmin, NotFound, NotAllowed.
    """
    member = _managed(member, actor)
    if is_last_admin(member):
        raise LastAdmin
    if member.pk == actor.pk:
        raise NotAllowed("Nobody deactivates themselves. Ask another Admin.")
    if member.is_active:
        member.is_active = False
        member.save(update_fields=["is_active"])
        end_access(member, actor=actor, address=address)
    return member


def end_access(member: User, *, actor: User, address: str = "") -> None:
    """End what a member comes in by who was deactivated: it would live again with them."""
    record_event(member.organization_id, AuditKind.MEMBER_DEACTIVATED, actor=actor, subject=member, address=address)
    end_sessions(member)
    revoke_tokens_of(member, actor=actor, address=address)


@transaction.atomic
def reactivate_member(member: User, *, actor: User, address: str = "") -> User:
    """Let the member sign in again, with the roles that they had; their tokens stay dead.

    Raises NotFound, NotAllowed.
    """
    member = _managed(member, actor)
    if not member.is_active:
        member.is_active = True
        member.save(update_fields=["is_active"])
        record_event(member.organization_id, AuditKind.MEMBER_REACTIVATED, actor=actor, subject=member, address=address)
    return member


def _managed(member: User, actor: User) -> User:
    """Return the member as they are now, and let no other request change who is an Admin meanwhile."""
    require(actor, "accounts.change_user", member.organization_id)
    hold_admins(member.organization_id)
    found: User | None = (
        User.objects.select_related("organization").prefetch_related("groups").filter(pk=member.pk).first()
    )
    if found is None:
        raise NotFound
    if not may_manage(found, actor):
        raise NotAllowed("This member may do more than you. Ask whoever runs this Taskmanager.")
    return found


def require_roles(actor: User, roles: Iterable[Role]) -> None:
    if set(roles) - set(roles_to_give(actor)):
        raise NotAllowed("You can give and take only roles that may no more than you.")
