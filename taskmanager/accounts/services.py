"""What happens to organizations and people."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import (
    INVITED_AS,
    Invitation,
    Organization,
    Role,
    Session,
    User,
    end_of_invitation,
    new_nonce,
)
from taskmanager.accounts.permissions import may_manage, require, roles_to_give
from taskmanager.errors import Conflict, DomainError, NotAllowed, NotFound, TooManyRequests

# An attacker with many accounts or many addresses is slowed down too, but far later than one who
# guesses one password: colleagues often share an address, and nobody may lock out somebody else.
SHARED_LIMIT_FACTOR = 10
# How many reset mails one address may ask for to one account, and in how many seconds.
THROTTLE_RESET = (5, 3600)


class NameTaken(Conflict):
    """Another request registered the same slug, username or address at the same moment."""

    message = "That name has just been taken. Try again."


class LastAdmin(Conflict):
    """Without this one nobody could give roles any more."""

    message = "This is the organization's last Admin. Make somebody else an Admin first."


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


class LinkUsed(DomainError):
    """The link of the mail has just been used by another request, or time ran out while somebody typed."""

    message = "This link has been used or is too old. Ask for another."


def create_organization(name: str, *, is_demo: bool = False, slug: str = "") -> Organization:
    """Make an organization whose slug comes from its name: `acme`, or `acme-2` where that is taken."""
    base = (slug or slugify(name))[:50].strip("-") or "team"
    number = 1
    while True:
        candidate = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                return Organization.objects.create(name=name, slug=candidate, is_demo=is_demo)
        except IntegrityError:
            # Taken, or being taken right now: the constraint decides, and the next number is tried.
            if not Organization.objects.filter(slug=candidate).exists():
                raise  # another rule refused it, which no number would help
            number += 1


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


@sensitive_variables("password")
def sign_in(*, organization: str, username: str, password: str, address: str) -> User | None:
    """Return the user with these credentials or None; `address` is where the request came from.

    Raises TooManyRequests, before the password is looked at, for more tries than THROTTLE_SIGN_IN.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    account = f"{organization.lower()}/{username.lower()}"
    throttling.count_try("sign-in", account, address, limit=limit, seconds=seconds)
    shared_limit = limit * SHARED_LIMIT_FACTOR
    throttling.count_try("sign-in-account", account, limit=shared_limit, seconds=seconds)
    throttling.count_try("sign-in-address", address, limit=shared_limit, seconds=seconds)
    user = authenticate(organization=organization, username=username, password=password)
    if user is None:
        return None
    throttling.forget("sign-in", account, address)
    return user


def hold_admins(organization_id: int) -> None:
    """Let nobody else take an Admin away until this transaction ends: call it before asking who is the last one.

    It is the organization's row that is locked, in the weakest way that two of us don't share: work, whose rows
    refer to it, goes on meanwhile.
    """
    list(Organization.objects.select_for_update(no_key=True).filter(pk=organization_id))


@sensitive_variables("password")
def is_own_password(user: User, password: str) -> bool:
    """Whether it is the password of somebody who is signed in: a stolen session must not find it out by guessing.

    Raises TooManyRequests, before the password is looked at, for more tries than THROTTLE_SIGN_IN.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    throttling.count_try("password", str(user.pk), limit=limit, seconds=seconds)
    is_right: bool = user.check_password(password)
    if is_right:
        throttling.forget("password", str(user.pk))
    return is_right


@sensitive_variables("password")
@transaction.atomic
def change_password(user: User, *, password: str, keep: str = "") -> None:
    """Give the user another password. Their sessions end, but for the one to `keep`, and a mail tells them."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user, keep=keep)
    jobs.mail_password_changed.enqueue(user.pk, timezone.now().isoformat())


@transaction.atomic
def end_sessions(user: User, *, keep: str = "", only: str = "") -> int:
    """Sign the user out everywhere, or only in one session, but never in the one to `keep`; return of how many.

    Sessions are named by the hashes of their keys.
    """
    sessions = Session.objects.filter(user=user).exclude(pk=keep)
    found = list((sessions.filter(pk=only) if only else sessions).values_list("pk", flat=True))
    Session.get_session_store_class().forget(found)
    return len(found)


def request_password_reset(*, organization: str, email: str, address: str) -> None:
    """Have a link mailed that chooses a new password, by a job; `address` is where the request came from.

    Nothing is looked up here, so that neither the answer nor its time tells who has an account. Raises
    TooManyRequests for more requests than THROTTLE_RESET, for accounts that don't exist, too.
    """
    organization, email = organization.lower(), email.lower()
    limit, seconds = THROTTLE_RESET
    throttling.count_try("reset", organization, email, address, limit=limit, seconds=seconds)
    shared_limit = limit * SHARED_LIMIT_FACTOR
    throttling.count_try("reset-account", organization, email, limit=shared_limit, seconds=seconds)
    throttling.count_try("reset-address", address, limit=shared_limit, seconds=seconds)
    with transaction.atomic():
        jobs.mail_password_reset.enqueue(organization, email)


@sensitive_variables("token", "password")
@transaction.atomic
def reset_password(user: User, *, token: str, password: str) -> None:
    """Give the user another password by the token of a mail, which works once. Raises LinkUsed."""
    # The row lock holds until commit: a second request with the same token waits here and then sees another password.
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not (user.is_active and default_token_generator.check_token(user, token)):
        raise LinkUsed
    change_password(user, password=password)


def is_last_admin(user: User) -> bool:
    """Whether the organization would be without an Admin who can sign in, if it weren't for this one."""
    admins = User.objects.of(user.organization).active().filter(groups__name=Role.ADMIN)
    return user.is_active and admins.filter(pk=user.pk).exists() and not admins.exclude(pk=user.pk).exists()


def send_contact_message(*, from_email: str, subject: str, message: str, user: User | None) -> None:
    """Have a message sent to whoever runs this installation, by a job in the current transaction."""
    sender = f"Signed in as {user.username} of {user.organization.name}" if user else "Not signed in"
    jobs.mail_contact.enqueue(from_email, subject, message, sender)


def count_contact_message(address: str) -> None:
    """Count one message from the address that a request came from. Raises TooManyRequests over THROTTLE_CONTACT."""
    limit, seconds = settings.THROTTLE_CONTACT
    throttling.count_try("contact", address, limit=limit, seconds=seconds)


def edit_profile(user: User, *, phone: str, biography: str, time_zone: str, theme: str) -> None:
    """Change what somebody tells about themselves, and how pages look to them.

    The form has made ten digits of the phone, and knows the zones and themes.
    """
    user.phone, user.biography, user.time_zone, user.theme = phone, biography, time_zone, theme
    user.save(update_fields=["phone", "biography", "time_zone", "theme"])


@transaction.atomic
def change_roles(member: User, *, actor: User, roles: Collection[Role]) -> User:
    """Let the member have exactly these roles; groups that are no roles stay.

    Raises LastAdmin, NotFound, NotAllowed.
    """
    member = _managed(member, actor)
    _require_roles(actor, set(roles) ^ set(member.roles))
    if Role.ADMIN not in roles and is_last_admin(member):
        raise LastAdmin
    others = [group for group in member.groups.all() if group.name not in Role.values]
    member.groups.set([*others, *Group.objects.filter(name__in=roles)])
    changed: User = User.objects.select_related("organization").get(pk=member.pk)
    return changed


@transaction.atomic
def deactivate_member(member: User, *, actor: User) -> User:
    """Let the member sign in no more. Every request asks for it, so that sessions end at once.

    Raises LastAdmin, NotFound, NotAllowed.
    """
    member = _managed(member, actor)
    if is_last_admin(member):
        raise LastAdmin
    if member.pk == actor.pk:
        raise NotAllowed("Nobody deactivates themselves. Ask another Admin.")
    member.is_active = False
    member.save(update_fields=["is_active"])
    end_sessions(member)  # or they would live again with the member
    return member


@transaction.atomic
def reactivate_member(member: User, *, actor: User) -> User:
    """Let the member sign in again, with the roles that they had. Raises NotFound, NotAllowed."""
    member = _managed(member, actor)
    member.is_active = True
    member.save(update_fields=["is_active"])
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


def _require_roles(actor: User, roles: Iterable[Role]) -> None:
    if set(roles) - set(roles_to_give(actor)):
        raise NotAllowed("You can give and take only roles that may no more than you.")


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
    organization: Organization, *, actor: User, emails: Iterable[str], roles: Collection[Role] = ()
) -> list[Invitation]:
    """Ask people to become members with these roles, Creator and Editor where there is none; all of them or nobody.

    Raises AlreadyMember, AlreadyInvited, NotFound, NotAllowed.
    """
    require(actor, "accounts.add_user", organization.pk)
    given = [role for role in Role if role in (roles or INVITED_AS)]
    _require_roles(actor, given)
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
    return invitations


@transaction.atomic
def resend_invitation(invitation: Invitation, *, actor: User) -> None:
    """Send another link, for another week; the old one works no more. Raises InvitationGone, NotFound, NotAllowed."""
    require(actor, "accounts.add_user", invitation.organization_id)
    waiting = Invitation.objects.waiting().filter(pk=invitation.pk)
    if not waiting.update(nonce=new_nonce(), expires_at=end_of_invitation()):
        raise InvitationGone
    jobs.mail_invitation.enqueue(invitation.pk)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: User) -> None:
    """Take the invitation back: its link works no more. Raises InvitationGone, NotFound, NotAllowed."""
    require(actor, "accounts.add_user", invitation.organization_id)
    if not Invitation.objects.waiting().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        raise InvitationGone


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link, which may be over; None for a link that isn't ours, or no longer is."""
    nonce = jobs.read_invitation_token(token)
    if nonce is None:
        return None
    return Invitation.objects.select_related("organization", "invited_by").filter(nonce=nonce).first()


@sensitive_variables("password")
@transaction.atomic
def accept_invitation(invitation: Invitation, *, username: str, password: str) -> User:
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
    return user
