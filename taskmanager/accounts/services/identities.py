"""Accounts of a provider and whose they are: who is admitted by one, and who isn't."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from taskmanager.accounts.models import AuditKind, ExternalIdentity, Organization, Role, SingleSignOn, User
from taskmanager.accounts.permissions import may_manage, require
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.members import add_member
from taskmanager.accounts.services.organizations import hold_admins, is_last_admin
from taskmanager.accounts.services.single_sign_on import Person
from taskmanager.errors import DomainError, NotAllowed

# Who has one of these runs the organization: no mail address alone makes anybody one of them.
RUNNING = frozenset({"accounts.change_organization", "accounts.change_user", "accounts.add_user"})


class NotAdmitted(DomainError):
    """The provider knows who it is, and still they don't come in. `reason` is a word for the audit."""

    status = 403

    def __init__(self, reason: str, message: str, member: User | None = None) -> None:
        """Take the reason, what to do about it, and the member whom it is about, where there is one."""
        self.reason, self.member = reason, member
        super().__init__(message)


@transaction.atomic
def admit(row: SingleSignOn, person: Person, *, address: str = "") -> User:
    """Return the member whom the organization's provider vouches for, made now where they come for the first time.

    Of two first times at once one makes the member, and the other finds them. Raises NotAdmitted.
    """
    organization = row.organization
    hold_admins(organization.pk)
    identity = _identities(row).select_related("user__organization").filter(subject=person.subject).first()
    if identity:
        user, is_new = identity.user, False
        _require_admissible(user)
        ExternalIdentity.objects.filter(pk=identity.pk).update(used_at=timezone.now())
    else:
        user, is_new = _first_time(row, person)
        ExternalIdentity.objects.create(organization=organization, user=user, issuer=row.issuer, subject=person.subject)
        if is_new:
            record_event(organization, AuditKind.MEMBER_JOINED, actor=user, address=address, how="sso")
        else:
            _record_link(row, user, actor=user, address=address, how="by a verified e-mail address")
    if row.has_mapping and person.groups is not None and not is_new:
        _give_roles(row, user, person.groups, address)
    admitted: User = User.objects.select_related("organization").get(pk=user.pk)
    # Where there are several, login() has to know who vouched; ours is the only one, and says who comes of a session.
    admitted.backend = settings.AUTHENTICATION_BACKENDS[0]
    return admitted


def _identities(row: SingleSignOn) -> Any:
    return ExternalIdentity.objects.of(row.organization).filter(issuer=row.issuer)


def _require_admissible(user: User) -> None:
    if not user.is_active:
        raise NotAdmitted("deactivated", "Your account here is deactivated. Ask an Admin of your organization.", user)
    if user.is_staff or user.is_superuser:
        # They may more than the organization, whose Admin chooses who vouches for its people.
        raise NotAdmitted("staff", "Whoever administers this installation signs in with a password.", user)


def _first_time(row: SingleSignOn, person: Person) -> tuple[User, bool]:
    """Return the member with the person's address, or a new one, and whether they are new. Raises NotAdmitted."""
    people = User.objects.of(row.organization)
    if not person.email:
        raise NotAdmitted(
            "no_email",
            "Your organization’s provider doesn’t tell your e-mail address, without which nobody can be a member here.",
        )
    known = people.named(person.email).first()
    if known is None:
        roles = row.role_list if person.groups is None or not row.has_mapping else row.roles_of(set(person.groups))
        user = add_member(
            row.organization,
            username=_free_username(row.organization, person),
            email=person.email,
            password=None,
            roles=roles,
        )
        user.first_name, user.last_name = person.first_name, person.last_name
        user.save(update_fields=["first_name", "last_name"])
        return user, True
    _require_admissible(known)
    if not person.email_is_verified:
        raise NotAdmitted(
            "email_not_verified",
            "A member has your e-mail address, and your organization’s provider doesn’t say that it is verified. "
            "Sign in with your password, or ask an Admin.",
            known,
        )
    if known.rights.permissions & RUNNING:
        raise NotAdmitted(
            "admin_not_connected",
            "Admins connect their account themselves. Sign in with your password, and press “Try it” under "
            "Organization, Single sign-on.",
            known,
        )
    if _identities(row).filter(user=known).exists():
        raise NotAdmitted(
            "email_of_another_account",
            "A member has your e-mail address who comes by another account of your organization’s provider. "
            "An Admin can disconnect that one, under Members.",
            known,
        )
    return known, False


def _free_username(organization: Organization, person: Person) -> str:
    """Return a username like what the person is called at the provider, that nobody in the organization has."""
    for text in (person.username.partition("@")[0], person.email.partition("@")[0], "member"):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        if base := re.sub(r"[^A-Za-z0-9_.+-]+", "-", plain).strip("-")[:40]:
            break
    taken = {
        name.lower()
        for name in User.objects.of(organization).filter(username__istartswith=base).values_list("username", flat=True)
    }
    number, found = 1, base
    while found.lower() in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def _give_roles(row: SingleSignOn, user: User, groups: Collection[str], address: str) -> None:
    """Let the member have the roles of their groups, but leave the organization its last Admin."""
    before, roles = user.roles, row.roles_of(set(groups))
    kept = Role.ADMIN in before and Role.ADMIN not in roles and is_last_admin(user)
    if kept:
        roles = [role for role in Role if role in {*roles, Role.ADMIN}]
    if roles == before:
        return
    others = [group for group in user.groups.all() if group.name not in Role.values]
    user.groups.set([*others, *Group.objects.filter(name__in=roles)])
    record_event(
        row.organization,
        AuditKind.ROLES_CHANGED,
        subject=user,
        address=address,
        how="sso",
        before=[role.value for role in before],
        after=[role.value for role in roles],
        last_admin=kept,
    )


@transaction.atomic
def connect(row: SingleSignOn, person: Person, *, actor: User, address: str = "") -> bool:
    """Let an Admin who is signed in come by the provider's account from now on; whether they can.

    Raises NotAdmitted, NotFound, NotAllowed.
    """
    require(actor, "accounts.change_organization", row.organization_id)
    hold_admins(row.organization_id)
    if actor.is_staff or actor.is_superuser:
        return False  # as in _require_admissible()
    identity = _identities(row).filter(subject=person.subject).select_related("user").first()
    if identity and identity.user_id != actor.pk:
        raise NotAdmitted(
            "account_of_another_member",
            f"It works, but {identity.user.username} comes by this account of the provider.",
        )
    if identity:
        return True
    # Whoever is signed in says so themselves: another account of theirs takes the place of the old one.
    _identities(row).filter(user=actor).delete()
    ExternalIdentity.objects.create(
        organization=row.organization, user=actor, issuer=row.issuer, subject=person.subject
    )
    _record_link(row, actor, actor=actor, address=address, how="by themselves")
    return True


@transaction.atomic
def disconnect(member: User, *, actor: User, address: str = "") -> bool:
    """Let no account of a provider be the member's any more; whether there was one. Raises NotFound, NotAllowed."""
    require(actor, "accounts.change_user", member.organization_id)
    if not may_manage(member, actor):
        raise NotAllowed("This member may do more than you. Ask whoever runs this Taskmanager.")
    found = ExternalIdentity.objects.filter(user=member, organization_id=member.organization_id)
    issuers = list(found.values_list("issuer", flat=True))
    if not issuers:
        return False
    found.delete()
    record_event(
        member.organization_id,
        AuditKind.SINGLE_SIGN_ON_CHANGED,
        actor=actor,
        subject=member,
        address=address,
        disconnected=issuers,
    )
    return True


def _record_link(row: SingleSignOn, user: User, *, actor: User, address: str, how: str) -> None:
    record_event(
        row.organization,
        AuditKind.SINGLE_SIGN_ON_CHANGED,
        actor=actor,
        subject=user,
        address=address,
        connected=row.issuer,
        how=how,
    )


def record_refusal(row: SingleSignOn, *, reason: str, member: User | None = None, address: str = "") -> None:
    """Write that somebody, the member where that is known, didn't come in, and why in a word."""
    record_event(
        row.organization,
        AuditKind.SIGN_IN_FAILED,
        subject=member,
        address=address,
        how="sso",
        issuer=row.issuer,
        reason=reason,
    )
