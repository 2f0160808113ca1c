"""Pairs of short-lived tokens (JWT): what programs come in by that sign in with a password, and how it ends.

Of a refresh token the hash of its id is kept, of an access token nothing. PyJWT is imported where it is used: it brings
cryptography, of 8 MB, which HS256 needs nothing of.
"""

import datetime
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.models import AuditKind, RefreshToken, Scope, User
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.bearers import Bearer, InvalidToken, hash_of, hold_user, people_with_access
from taskmanager.errors import NotAllowed

ALGORITHM = "HS256"
AUDIENCE = "taskmanager-api"
ACCESS_LIFE = datetime.timedelta(minutes=15)
REFRESH_LIFE = datetime.timedelta(days=7)
LEEWAY = datetime.timedelta(seconds=30)  # of clocks that differ
CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti", "token_type", "family", "password"]
LONGEST_JWT = 2000  # characters; ours have some 500


@dataclass(frozen=True)
class Pair:
    """A short-lived token that opens the API, and one that gives the next pair, once."""

    access: str
    refresh: str


@transaction.atomic
def issue_pair(user: User, *, address: str = "") -> Pair:
    """Return a pair for the user, the first one of a family. What a pair allows is all that the user may.

    Whoever calls this has made sure who the user is, as far as their sign-in would: for a user with a second factor a
    password alone is NOT enough, neither on a page nor in the API. A session that came all the way in is.

    Raises NotAllowed for somebody who was deactivated this moment.
    """
    if not hold_user(user.pk):
        raise NotAllowed
    record_event(user.organization_id, AuditKind.TOKEN_CREATED, actor=user, address=address, pair=True)
    return _next_pair(user, uuid.uuid4())


@sensitive_variables("refresh", "claims")
def refresh_pair(refresh: str, *, address: str = "") -> Pair:
    """Return the next pair; the refresh token is spent. Of requests at the same time one gets it. Raises InvalidToken.

    A token that is spent already was stolen from us or from its thief: all of its family ends, and the audit tells.
    """
    claims = _read(refresh, "refresh")
    with transaction.atomic():
        # Whatever ends or continues pairs of a user takes turns here: nothing is added to a family that ends.
        hold_user(claims["sub"])
        pair = _spend(claims, address)
    # Only now: an error inside of the transaction would undo the end of the family.
    if pair is None:
        raise InvalidToken
    return pair


def _spend(claims: dict[str, Any], address: str) -> Pair | None:
    user = people_with_access().filter(pk=claims["sub"]).first()
    if user is None or claims["password"] != _password_mark(user):
        return None
    now = timezone.now()
    row = RefreshToken.objects.of(user).filter(hash=hash_of(claims["jti"]), revoked_at=None).first()
    if row is None:
        return None
    if row.spent_at is not None:
        RefreshToken.objects.of(user).filter(family=row.family, revoked_at=None).update(revoked_at=now)
        record_event(user.organization, AuditKind.TOKEN_REUSED, actor=user, address=address)
        return None
    RefreshToken.objects.filter(pk=row.pk).update(spent_at=now)
    return _next_pair(user, row.family)


@sensitive_variables("access", "claims")
def user_of_access_token(access: str) -> Bearer:
    """Return the user of an access token, with organization, by one query. Raises InvalidToken."""
    claims = _read(access, "access")
    family = RefreshToken.objects.filter(user=OuterRef("pk"), family=claims["family"], revoked_at=None)
    user = people_with_access().filter(Exists(family), pk=claims["sub"]).first()
    if user is None or claims["password"] != _password_mark(user):
        raise InvalidToken
    return Bearer(user, Scope.WRITE)


@transaction.atomic
def revoke_pairs_of(user: User) -> int:
    """End all pairs of the user, their access tokens too; return how many sign-ins that were."""
    hold_user(user.pk)
    live = RefreshToken.objects.of(user).live().count()
    RefreshToken.objects.of(user).filter(revoked_at=None).update(revoked_at=timezone.now())
    return live


def _next_pair(user: User, family: uuid.UUID) -> Pair:
    now = timezone.now()
    key = secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        organization_id=user.organization_id,
        user=user,
        family=family,
        hash=hash_of(key),
        created_at=now,
        expires_at=now + REFRESH_LIFE,
    )
    return Pair(
        access=_sign(user, family, "access", jti=secrets.token_urlsafe(16), issued_at=now, life=ACCESS_LIFE),
        refresh=_sign(user, family, "refresh", jti=key, issued_at=now, life=REFRESH_LIFE),
    )


def _sign(
    user: User, family: uuid.UUID, kind: str, *, jti: str, issued_at: datetime.datetime, life: datetime.timedelta
) -> str:
    claims = {
        "iss": settings.PUBLIC_URL,
        "aud": AUDIENCE,
        "sub": str(user.pk),
        "iat": issued_at,
        "exp": issued_at + life,
        "jti": jti,
        "token_type": kind,
        "family": str(family),
        "password": _password_mark(user),
    }
    import jwt  # noqa: PLC0415 (see above)

    return jwt.encode(claims, settings.JWT_SECRET_KEY, algorithm=ALGORITHM)


def _password_mark(user: User) -> str:
    """Return what differs when the password does, and tells nothing of it: however that was changed, pairs end."""
    key = settings.JWT_SECRET_KEY
    return salted_hmac("taskmanager.accounts.tokens", user.password, secret=key, algorithm="sha256").hexdigest()[:32]


def _read(token: str, kind: str) -> dict[str, Any]:
    """Return the claims of a token of ours, of this kind, that is in time. Raises InvalidToken."""
    import jwt  # noqa: PLC0415 (see above)

    if len(token) > LONGEST_JWT or not token.isascii():
        raise InvalidToken
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            settings.JWT_SECRET_KEY,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=settings.PUBLIC_URL,
            leeway=LEEWAY,
            options={"require": CLAIMS},
        )
    except jwt.InvalidTokenError as error:
        raise InvalidToken from error
    if claims["token_type"] != kind:
        raise InvalidToken
    return claims


@sensitive_variables("refresh", "claims")
def account_of_refresh_token(refresh: str) -> str:
    """Return whose token it says to be, "" for what is no token: good enough to count by, and for nothing else."""
    import jwt  # noqa: PLC0415 (see above)

    try:
        claims: dict[str, Any] = jwt.decode(refresh, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return ""
    subject = str(claims.get("sub", ""))
    return subject if subject.isdecimal() and len(subject) < 20 else ""
