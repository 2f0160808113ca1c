"""Who somebody is: tries are counted before anything is looked at."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import throttling
from taskmanager.accounts.models import (
    AuditKind,
    Organization,
    User,
)
from taskmanager.accounts.services.audit import record_event
from taskmanager.errors import TooManyRequests

# An attacker with many accounts or many addresses is slowed down too, but far later than one who
# guesses one password: colleagues often share an address, and nobody may lock out somebody else.
SHARED_LIMIT_FACTOR = 10


@sensitive_variables("password")
def sign_in(*, organization: str, username: str, password: str, address: str) -> User | None:
    """Return the user with these credentials or None; `address` is where the request came from.

    Raises TooManyRequests, before the password is looked at, for more tries than THROTTLE_SIGN_IN.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    account = f"{organization.lower()}/{username.lower()}"
    shared_limit = limit * SHARED_LIMIT_FACTOR
    try:
        throttling.count_try("sign-in", account, address, limit=limit, seconds=seconds)
        throttling.count_try("sign-in-account", account, limit=shared_limit, seconds=seconds)
        throttling.count_try("sign-in-address", address, limit=shared_limit, seconds=seconds)
    except TooManyRequests as error:
        if error.is_first:
            _record_failure(organization, username, address, throttled=True)
        raise
    user = authenticate(organization=organization, username=username, password=password)
    if user is None:
        _record_failure(organization, username, address)
        return None
    throttling.forget("sign-in", account, address)
    return user


def _record_failure(organization: str, username: str, address: str, **detail: Any) -> None:
    """Write that somebody failed: as whom, where there is such a member, but never what was typed: people type a
    password into the field of the name.

    It costs the same whoever exists: the row of an organization that there isn't belongs to none.
    """
    member = User.objects.named(username).filter(organization__slug=organization.lower()).first()
    key = Organization.objects.filter(slug=organization.lower()).values_list("pk", flat=True).first()
    with transaction.atomic():
        record_event(key, AuditKind.SIGN_IN_FAILED, actor=member, address=address, **detail)


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
