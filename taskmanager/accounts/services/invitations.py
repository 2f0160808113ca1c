"""Invitations to become a member, by a link that works once."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import (
    INVITED_AS,
    AuditKind,
    Invitation,
    Organization,
    Role,
    User,
    end_of_invitation,
    new_nonce,
)
from taskmanager.accounts.permissions import require
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.members import add_member, require_roles
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR
from taskmanager.errors import Conflict, NotFound, TooManyRequests

# How often one address may try to accept one invitation, and in how many seconds.
THROTTLE_ACCEPTANCE = (20, 3600)


class InvitationGone(NotFound):
    """It was accepted, revoked or has expired."""

    message = "This invitation can't be used any more."


class AlreadyInvited(Conflict):
    """Each address has one invitation at a time."""

    def __init__(self, emails: Iterable[str]) -> None:
        """Take the addresses."""
        super().__init__(f"Invited already: {', '.join(sorted(emails))}. Send that invitation again instead.")


class AlreadyMember(Conflict):
    """The address is one of the organization's own people, who may be deactivated."""

    def __init__(self, emails: Iterable[str]) -> None:
        """Take the addresses."""
        super().__init__(f"A member already: {', '.join(sorted(emails))}.")


class UsernameTaken(Conflict):
    """A colleague has it."""

    message = "That username is taken in this organization. Choose another one."


class TooManyInvitations(TooManyRequests):
    """The organization has sent what it may send in this window of time."""

    def __init__(self, limit: int, retry_after: int) -> None:
        """Take how many may be sent, and the seconds to wait."""
        super().__init__(retry_after)
        minutes = max(1, round(retry_after / 60))
        wait = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        self.message = (
            f"An organization may send {limit} invitations at a time. None of these was sent: try fewer, or {wait}."
        )
        self.args = (self.message,)


def count_invitations(organization: Organization, *, times: int) -> None:
    """Count invitations that are to be sent. Raises TooManyInvitations over THROTTLE_INVITATION, and counts none then.

    Call it outside a transaction.
    """
    limit, seconds = settings.THROTTLE_INVITATION
    parts = ("invitation", str(organization.pk))
    try:
        throttling.count_try(*parts, limit=limit, seconds=seconds, times=times)
    except TooManyRequests as error:
        # Fifty at once must not keep the organization from sending five.
        throttling.give_back(*parts, times=times)
        raise TooManyInvitations(limit, error.retry_after) from error


@transaction.atomic
def invite(
    organization: Organization, *, actor: User, emails: Iterable[str], roles: Collection[Role] = (), address: str = ""
) -> list[Invitation]:
    """Ask people to become members with these roles, Creator and Editor where there is none; all of them or nobody.

    Raises AlreadyMember, AlreadyInvited, NotFound, NotAllowed.
    """
    require(actor, "accounts.add_user", organization.pk)
    given = [role for role in Role if role in (roles or INVITED_AS)]
    require_roles(actor, given)
    addresses = list(dict.fromkeys(email.strip().lower() for email in emails))
    if members := User.objects.of(organization).filter(email__in=addresses).values_list("email", flat=True):
        raise AlreadyMember(members)
    waiting = Invitation.objects.of(organization).waiting().filter(email__in=addresses)
    if asked := [invitation.email for invitation in waiting if not invitation.has_expired]:
        raise AlreadyInvited(asked)
    # The new ones take the place of those that have expired; one that another Admin made this moment stays.
    now = timezone.now()
    waiting.filter(expires_at__lte=now).update(revoked_at=now)
    try:
        with transaction.atomic():
            invitations = [
                Invitation.objects.create(
                    organization=organization, email=email, roles=" ".join(given), invited_by=actor
                )
                for email in addresses
            ]
    except IntegrityError as error:
        raise AlreadyInvited(addresses) from error  # by another Admin, a moment ago
    for invitation in invitations:
        jobs.mail_invitation.enqueue(invitation.pk)
        record_event(
            organization,
            AuditKind.MEMBER_INVITED,
            actor=actor,
            address=address,
            email=invitation.email,
            roles=[str(role) for role in given],
        )
    return invitations


@transaction.atomic
def resend_invitation(invitation: Invitation, *, actor: User, address: str = "") -> None:
    """Send another link, for another week; the old one works no more. Raises InvitationGone, NotFound, NotAllowed."""
    require(actor, "accounts.add_user", invitation.organization_id)
    waiting = Invitation.objects.waiting().filter(pk=invitation.pk)
    if not waiting.update(nonce=new_nonce(), expires_at=end_of_invitation()):
        raise InvitationGone
    jobs.mail_invitation.enqueue(invitation.pk)
    record_event(
        invitation.organization_id,
        AuditKind.INVITATION_RESENT,
        actor=actor,
        address=address,
        email=invitation.email,
    )


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: User, address: str = "") -> None:
    """Take the invitation back: its link works no more. Raises InvitationGone, NotFound, NotAllowed."""
    require(actor, "accounts.add_user", invitation.organization_id)
    if not Invitation.objects.waiting().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        raise InvitationGone
    record_event(
        invitation.organization_id,
        AuditKind.INVITATION_REVOKED,
        actor=actor,
        address=address,
        email=invitation.email,
    )


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link, which may be over; None for a link that isn't ours, or no longer is."""
    nonce = jobs.read_invitation_token(token)
    if nonce is None:
        return None
    return Invitation.objects.select_related("organization", "invited_by").filter(nonce=nonce).first()


def count_acceptance(invitation: Invitation, address: str) -> None:
    """Count one try to accept from the address that a request came from. Call it outside a transaction.

    Raises TooManyRequests over THROTTLE_ACCEPTANCE. A team that joins on one day often shares an address, so each
    invitation counts for itself first.
    """
    limit, seconds = THROTTLE_ACCEPTANCE
    throttling.count_try("acceptance", str(invitation.pk), address, limit=limit, seconds=seconds)
    throttling.count_try("acceptance-address", address, limit=limit * SHARED_LIMIT_FACTOR, seconds=seconds)


@sensitive_variables("password")
@transaction.atomic
def accept_invitation(invitation: Invitation, *, username: str, password: str, address: str = "") -> User:
    """Make the user who was invited. Of requests at the same time one does.

    Raises InvitationGone, UsernameTaken, AlreadyMember, NameTaken.
    """
    # Whoever waits here for the row sees afterwards that it was accepted. The nonce is that of the link: an
    # invitation that was sent again has another one.
    rows = Invitation.objects.open().filter(pk=invitation.pk, nonce=invitation.nonce)
    locked = rows.select_for_update(of=("self",)).select_related("organization").first()
    if locked is None:
        raise InvitationGone
    people = User.objects.of(locked.organization)
    if people.named(username).exists():
        raise UsernameTaken
    if people.named(locked.email).exists():
        raise AlreadyMember([locked.email])
    user = add_member(
        locked.organization, username=username, email=locked.email, password=password, roles=locked.role_list
    )
    locked.accepted_at, locked.accepted_by = timezone.now(), user
    locked.save(update_fields=["accepted_at", "accepted_by"])
    record_event(
        locked.organization_id, AuditKind.MEMBER_JOINED, actor=user, address=address, roles=locked.roles.split()
    )
    return user
