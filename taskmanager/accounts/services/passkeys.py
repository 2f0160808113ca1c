"""Passkeys: key pairs of people's devices (WebAuthn), as a second factor and for signing in without a password."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from taskmanager.accounts import throttling
from taskmanager.accounts.models import AuditKind, Passkey, User
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.second_factors import (
    count_second_factor,
    lock,
    note_added,
    note_removed,
    note_try,
)
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR
from taskmanager.errors import Conflict, NotFound

PASSKEYS_PER_USER = 20
CHALLENGE_SECONDS = 300


class PasskeyRefused(Conflict):
    """The device's answer doesn't fit what it was asked."""

    message = "That passkey could not be added. Try again."


class PasskeyKnown(Conflict):
    """The device holds a passkey for this already."""

    message = "That passkey has been added already."


class TooManyPasskeys(Conflict):
    """Nobody has that many devices."""

    message = f"You have {PASSKEYS_PER_USER} passkeys. Remove one that you don't use any more."


@dataclass(frozen=True)
class Site:
    """Whom a passkey is for, as the browser sees it: it works for this host alone."""

    host: str
    origin: str


@dataclass(frozen=True)
class Challenge:
    """What a device was asked to sign, and when; and what it was to call the user, where it made a new passkey."""

    value: bytes
    asked_at: datetime
    handle: str = ""


def new_challenge() -> bytes:
    """Return what a device is to sign, once."""
    return secrets.token_bytes(32)


def registration_options(user: User, *, site: Site, challenge: bytes) -> dict[str, Any]:
    """Return what navigator.credentials.create() takes. Raises TooManyPasskeys."""
    from taskmanager.accounts import ceremonies  # noqa: PLC0415 (as it says itself)

    passkeys = list(Passkey.objects.filter(user=user))
    if len(passkeys) >= PASSKEYS_PER_USER:
        raise TooManyPasskeys
    # The same for all of a user's passkeys, so that a device replaces its own.
    handle = passkeys[0].user_handle if passkeys else secrets.token_urlsafe(32)
    return ceremonies.creation_options(
        host=site.host,
        handle=handle,
        name=f"{user.username} · {user.organization.name}",
        display_name=user.display_name,
        challenge=challenge,
        known=_known(passkeys),
        seconds=CHALLENGE_SECONDS,
    )


@transaction.atomic
def add_passkey(
    user: User, *, name: str, credential: str, challenge: Challenge, site: Site, address: str = ""
) -> list[str]:
    """Let a passkey count from now on: `credential` is the device's answer to the challenge, as JSON.

    Return recovery codes where the user had none. Raises PasskeyRefused, PasskeyKnown, TooManyPasskeys, NotFound.
    """
    from taskmanager.accounts import ceremonies  # noqa: PLC0415 (as it says itself)

    try:
        key = ceremonies.read_new_key(credential, challenge=challenge.value, host=site.host, origin=site.origin)
    except ceremonies.Unproven as error:
        raise PasskeyRefused from error
    user = lock(user)
    if Passkey.objects.filter(user=user).count() >= PASSKEYS_PER_USER:
        raise TooManyPasskeys
    try:
        with transaction.atomic():
            Passkey.objects.create(
                organization_id=user.organization_id,
                user=user,
                name=name,
                credential_id=key.credential_id,
                public_key=key.public_key,
                user_handle=challenge.handle,
                sign_count=key.sign_count,
                transports=key.transports,
                aaguid=key.aaguid,
                is_syncable=key.is_syncable,
                is_backed_up=key.is_backed_up,
            )
    except IntegrityError as error:
        raise PasskeyKnown from error
    return note_added(user, factor="passkey", name=name, address=address)


def rename_passkey(passkey: Passkey, *, name: str) -> None:
    """Call the passkey something else."""
    passkey.name = name
    passkey.save(update_fields=["name"])


@transaction.atomic
def remove_passkey(passkey: Passkey, *, keep: str = "", address: str = "") -> None:
    """Let the passkey count no more. Raises LastFactor, NotFound."""
    user = lock(passkey.user)
    deleted, _rows = Passkey.objects.filter(pk=passkey.pk).delete()
    if not deleted:
        raise NotFound
    note_removed(user, factor="passkey", name=passkey.name, keep=keep, address=address)


def sign_in_options(*, site: Site, challenge: bytes, user: User | None = None) -> dict[str, Any]:
    """Return what navigator.credentials.get() takes: for one of the user's passkeys, or to sign in without a name.

    A passkey alone stands for both factors: then the device must make sure who holds it, by PIN or finger.
    """
    from taskmanager.accounts import ceremonies  # noqa: PLC0415 (as it says itself)

    return ceremonies.request_options(
        host=site.host,
        challenge=challenge,
        known=_known(list(Passkey.objects.filter(user=user))) if user else [],
        seconds=CHALLENGE_SECONDS,
        verify_user=user is None,
    )


def check_passkey(user: User, *, credential: str, challenge: Challenge | None, site: Site | None, address: str) -> bool:
    """Whether a passkey of the user signed the challenge. Raises TooManyRequests."""
    count_second_factor(user, address=address)
    passkey = _signed_by(credential, challenge=challenge, site=site, verify_user=False, user=user)
    return note_try(user, succeeded=passkey is not None, factor="passkey", address=address)


def count_passkey_sign_in(address: str) -> None:
    """Count a question or an answer of somebody who isn't known yet. Raises TooManyRequests.

    Nobody can guess a signature; it is the work and the rows that are limited.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    throttling.count_try("passkey-address", address, limit=2 * limit * SHARED_LIMIT_FACTOR, seconds=seconds)


def sign_in_by_passkey(*, credential: str, challenge: Challenge | None, site: Site | None, address: str) -> User | None:
    """Return the active user whose passkey signed the challenge, None whatever is wrong. Raises TooManyRequests."""
    count_passkey_sign_in(address)
    passkey = _signed_by(credential, challenge=challenge, site=site, verify_user=True)
    if passkey is None:
        # Whose it would have been, the refusal doesn't tell.
        record_event(None, AuditKind.SIGN_IN_FAILED, address=address, how="passkey")
    return passkey.user if passkey else None


def _signed_by(
    credential: str, *, challenge: Challenge | None, site: Site | None, verify_user: bool, user: User | None = None
) -> Passkey | None:
    """Return the passkey that signed the challenge, and note that it was used; None whatever is wrong."""
    if challenge is None or site is None:
        return None
    from taskmanager.accounts import ceremonies  # noqa: PLC0415 (as it says itself)

    try:
        answer = ceremonies.read_answer(credential)
        known = Passkey.objects.select_related("user__organization").filter(user__is_active=True)
        passkey = known.filter(credential_id=answer.credential_id).first()
        if passkey is None or (user and passkey.user_id != user.pk):
            return None
        signature = ceremonies.check_answer(
            answer,
            challenge=challenge.value,
            host=site.host,
            origin=site.origin,
            public_key=bytes(passkey.public_key),
            sign_count=passkey.sign_count,
            verify_user=verify_user,
        )
    except ceremonies.Unproven:
        return None
    handle = answer.user_handle
    if (handle or not user) and not constant_time_compare(handle, passkey.user_handle):
        return None
    # One statement compares and counts: of requests with one signature, at once or later, one wins. Many devices
    # don't count, and what was asked before the passkey's last use has been answered.
    unanswered = Q(last_used_at=None) | Q(last_used_at__lt=challenge.asked_at)
    used = Passkey.objects.filter(unanswered, pk=passkey.pk, sign_count=passkey.sign_count).update(
        sign_count=signature.sign_count,
        is_backed_up=signature.is_backed_up,
        last_used_at=timezone.now(),
    )
    return passkey if used else None


def _known(passkeys: list[Passkey]) -> list[tuple[str, list[str]]]:
    return [(passkey.credential_id, passkey.transports) for passkey in passkeys]
