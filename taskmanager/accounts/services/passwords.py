"""Passwords: changed by their owner, or reset by the link of a mail."""

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import (
    AuditKind,
    User,
)
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.sessions import end_sessions
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR
from taskmanager.accounts.services.tokens import revoke_tokens_of
from taskmanager.errors import DomainError

# How many reset mails one address may ask for to one account, and in how many seconds.
THROTTLE_RESET = (5, 3600)


class LinkUsed(DomainError):
    """The link of the mail has just been used by another request, or time ran out while somebody typed."""

    message = "This link has been used or is too old. Ask for another."


@sensitive_variables("password")
@transaction.atomic
def change_password(user: User, *, password: str, keep: str = "", address: str = "") -> None:
    """Give the user another password. Their sessions end, but for the one to `keep`, and a mail tells them."""
    _set_password(user, password, keep)
    record_event(user.organization_id, AuditKind.PASSWORD_CHANGED, actor=user, address=address)


@transaction.atomic
def password_was_set(user: User, *, actor: User, keep: str = "", address: str = "") -> None:
    """See to what follows from a password that somebody else set: what its owner came in by ends, and a mail tells."""
    _end_access(user, keep)
    revoke_tokens_of(user, actor=actor, address=address)
    record_event(user.organization_id, AuditKind.PASSWORD_CHANGED, actor=actor, subject=user, address=address)


@sensitive_variables("password")
def _set_password(user: User, password: str, keep: str = "") -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_access(user, keep)


def _end_access(user: User, keep: str) -> None:
    end_sessions(user, keep=keep)
    jobs.mail_password_changed.enqueue(user.pk, timezone.now().isoformat())


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
def reset_password(user: User, *, token: str, password: str, address: str = "") -> None:
    """Give the user another password by the token of a mail, which works once. Raises LinkUsed.

    Their API tokens end, too: somebody who lost their password may have lost those as well.
    """
    # The row lock holds until commit: a second request with the same token waits here and then sees another password.
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not (user.is_active and default_token_generator.check_token(user, token)):
        raise LinkUsed
    _set_password(user, password)
    revoke_tokens_of(user, address=address)
    record_event(user.organization_id, AuditKind.PASSWORD_RESET, actor=user, address=address)
