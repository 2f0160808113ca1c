"""Authenticator apps: a new code every 30 seconds, from a key that app and server share (TOTP)."""

import time

import pyotp
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from pyotp.exceptions import OTPVerificationError

from taskmanager.accounts import encryption
from taskmanager.accounts.models import Authenticator, User
from taskmanager.accounts.services.recovery_codes import use_recovery_code
from taskmanager.accounts.services.second_factors import (
    count_second_factor,
    lock,
    note_added,
    note_removed,
    note_try,
)
from taskmanager.errors import Conflict, NotFound

PURPOSE = "authenticator"
APP_NAME = "Authenticator app"
# How many steps a phone's clock may be off, either way (RFC 6238, 5.2).
DRIFT = 1


class WrongCode(Conflict):
    """The app shows another code: it doesn't have this key, or the clocks differ."""

    message = "That is not the code that the app shows now. Check that the clock of your device is right."


def new_authenticator_key() -> str:
    """Return a key for an app: 160 random bits in base32."""
    return pyotp.random_base32()


@sensitive_variables()
def authenticator_address(user: User, key: str) -> str:
    """Return what the QR code says: the key, and what the app calls it."""
    # A colon separates issuer and account.
    issuer = f"Taskmanager {user.organization.name}".replace(":", " ")
    return pyotp.TOTP(key).provisioning_uri(name=user.username, issuer_name=issuer)


@sensitive_variables("key", "code")
@transaction.atomic
def add_authenticator(user: User, *, key: str, code: str, address: str = "") -> list[str]:
    """Let the user's app count from now on, instead of the one before; `code` proves that it has the key.

    Return recovery codes where the user had none. Raises WrongCode, NotFound.
    """
    step = _step_of(key, code)
    if step is None:
        raise WrongCode
    user = lock(user)
    Authenticator.objects.filter(user=user).delete()
    sealed = encryption.encrypt(key, purpose=PURPOSE)
    Authenticator.objects.create(organization_id=user.organization_id, user=user, key=sealed, last_step=step)
    return note_added(user, factor="totp", name=APP_NAME, address=address)


@transaction.atomic
def remove_authenticator(user: User, *, keep: str = "", address: str = "") -> None:
    """Let the user's app count no more. Raises LastFactor, NotFound."""
    user = lock(user)
    deleted, _rows = Authenticator.objects.filter(user=user).delete()
    if not deleted:
        raise NotFound
    note_removed(user, factor="totp", name=APP_NAME, keep=keep, address=address)


@sensitive_variables("code")
def check_code(user: User, *, code: str, address: str = "") -> bool:
    """Whether it is the code of the user's app; each works once. Raises TooManyRequests."""
    count_second_factor(user, address=address)
    return note_try(user, succeeded=_use_code(user, code), factor="totp", address=address)


@sensitive_variables("code")
def check_recovery_code(user: User, *, code: str, address: str = "") -> bool:
    """Whether it is a recovery code of the user; each works once. Raises TooManyRequests."""
    count_second_factor(user, address=address)
    succeeded = use_recovery_code(user, code=code, address=address)
    return note_try(user, succeeded=succeeded, factor="recovery", address=address)


@sensitive_variables("code", "key")
def _use_code(user: User, code: str) -> bool:
    app = Authenticator.objects.filter(user=user).first()
    key = encryption.decrypt(app.key, purpose=PURPOSE) if app else None
    step = _step_of(key, code) if key else None
    if app is None or step is None:
        return False
    # One statement looks and notes: of two requests with one code, the second finds its step taken.
    unused = Authenticator.objects.filter(pk=app.pk, key=app.key, last_step__lt=step)
    return bool(unused.update(last_step=step, last_used_at=timezone.now()))


def _step_of(key: str, code: str) -> int | None:
    """Return the time step whose code it is, None for a wrong one."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        return pyotp.TOTP(key).verify_and_get_timecode(digits, for_time=time.time(), valid_window=DRIFT)
    except OTPVerificationError:
        return None
