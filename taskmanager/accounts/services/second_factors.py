"""Second factors in general: who has one, tries that are counted, what follows from a change, and resets."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import AuditKind, Authenticator, Organization, Passkey, RecoveryCode, User
from taskmanager.accounts.permissions import may_manage, require
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.organizations import hold_admins
from taskmanager.accounts.services.recovery_codes import replace_recovery_codes
from taskmanager.accounts.services.sessions import end_sessions
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR
from taskmanager.errors import Conflict, NotAllowed, NotFound

# A code has six digits, and three are right at a time: who has the password must not try them all in the long run.
HOURLY_LIMIT_FACTOR = 5
HOUR = 3600


class LastFactor(Conflict):
    """The organization requires a second factor, and this is the last one."""

    message = "Your organization requires a second factor, and this is your last one. Add another one first."


class NoSecondFactor(Conflict):
    """Who has no second factor would lock themselves out by requiring it."""

    message = "Set up a second factor for yourself first, or you would lock yourself out."


def has_second_factor(user: User) -> bool:
    """Whether a password alone doesn't let the user in."""
    found: bool = User.objects.filter(pk=user.pk).with_second_factor().filter(has_second_factor=True).exists()
    return found


def count_second_factor(user: User, *, address: str) -> None:
    """Count a try at the user's second factor, before it is looked at. Raises TooManyRequests over THROTTLE_SIGN_IN.

    Only who knows the password gets here, so that a limit for the account alone locks nobody out from afar.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    throttling.count_try("second-factor-address", address, limit=limit * SHARED_LIMIT_FACTOR, seconds=seconds)
    throttling.count_try("second-factor", str(user.pk), limit=limit, seconds=seconds)
    hourly = max(HOUR, seconds)
    throttling.count_try("second-factor-hour", str(user.pk), limit=limit * HOURLY_LIMIT_FACTOR, seconds=hourly)


def note_try(user: User, *, succeeded: bool, factor: str, address: str) -> bool:
    """Write that a second factor was refused, or start counting anew; return which of the two it was."""
    if succeeded:
        throttling.forget("second-factor", str(user.pk))
        throttling.forget("second-factor-hour", str(user.pk))
    else:
        kind = AuditKind.SECOND_FACTOR_FAILED
        record_event(user.organization_id, kind, actor=user, address=address, factor=factor)
    return succeeded


def lock(user: User) -> User:
    """Return the user, whose factors nobody else changes until this transaction ends. Raises NotFound."""
    rows = User.objects.select_for_update(no_key=True, of=("self",)).select_related("organization")
    locked: User | None = rows.filter(pk=user.pk, is_active=True).first()
    if locked is None:
        raise NotFound
    return locked


def note_added(user: User, *, factor: str, name: str, address: str) -> list[str]:
    """Write that the user has another factor, and tell them; return recovery codes where they had none, else []."""
    record_event(
        user.organization_id, AuditKind.SECOND_FACTOR_ADDED, actor=user, address=address, factor=factor, name=name
    )
    jobs.mail_second_factor.enqueue(user.pk, "added", name, timezone.now().isoformat())
    if RecoveryCode.objects.left().filter(user=user).exists():
        return []
    return replace_recovery_codes(user, address=address)


def note_removed(user: User, *, factor: str, name: str, keep: str, address: str) -> None:
    """Write that the user has a factor less, and tell them. Raises LastFactor where they need one.

    Without any, recovery codes are of no use, and sessions that began with a second factor end, but for the one to
    `keep`.
    """
    if not has_second_factor(user):
        if user.organization.require_second_factor:
            raise LastFactor
        RecoveryCode.objects.filter(user=user).delete()
        end_sessions(user, keep=keep)
    record_event(
        user.organization_id, AuditKind.SECOND_FACTOR_REMOVED, actor=user, address=address, factor=factor, name=name
    )
    jobs.mail_second_factor.enqueue(user.pk, "removed", name, timezone.now().isoformat())


@transaction.atomic
def reset_second_factor(member: User, *, actor: User, address: str = "") -> None:
    """Take away all second factors of a member who lost them, and sign them out; a mail tells them.

    Raises NotFound, NotAllowed: for oneself, too, since that would need no proof.
    """
    require(actor, "accounts.change_user", member.organization_id)
    if member.pk == actor.pk:
        raise NotAllowed("Nobody resets their own second factor. Change it on your own page, or ask another Admin.")
    hold_admins(member.organization_id)
    found = User.objects.filter(pk=member.pk).first()
    if found is None:
        raise NotFound
    if not may_manage(found, actor):
        raise NotAllowed("This member may do more than you. Ask whoever runs this Taskmanager.")
    _forget(found)
    kind = AuditKind.SECOND_FACTOR_RESET
    record_event(found.organization_id, kind, actor=actor, subject=found, address=address)


@transaction.atomic
def reset_lost_second_factor(user: User) -> None:
    """Do the same for whoever runs this installation, who has asked in person: an only Admin has nobody else."""
    _forget(user)
    record_event(user.organization_id, AuditKind.SECOND_FACTOR_RESET, subject=user, how="command")


def _forget(user: User) -> None:
    for model in (Authenticator, Passkey, RecoveryCode):
        model.objects.filter(user=user).delete()
    end_sessions(user)
    jobs.mail_second_factor.enqueue(user.pk, "reset", "", timezone.now().isoformat())


@transaction.atomic
def change_second_factor_requirement(
    organization: Organization, *, actor: User, required: bool, proven_by: str = "", address: str = ""
) -> None:
    """Let the organization's people in only with a second factor, or with a password alone again.

    `proven_by` is what the actor's session was begun with. Raises NoSecondFactor, NotFound, NotAllowed.
    """
    require(actor, "accounts.change_organization", organization.pk)
    if required and proven_by != "sso" and not has_second_factor(actor):
        raise NoSecondFactor
    changed = Organization.objects.filter(pk=organization.pk).exclude(require_second_factor=required)
    if changed.update(require_second_factor=required):
        kind = AuditKind.ORGANIZATION_CHANGED
        record_event(organization, kind, actor=actor, address=address, require_second_factor=required)
