"""API tokens, and pairs of short-lived tokens (JWT): what programs come in by, and how it ends.

Nothing here keeps a secret: of an API token the hash is kept, of a refresh token the hash of its id, and of an access
token nothing. Each use asks for the user as they are now, so that who is deactivated is out at once.
"""

import datetime
import hashlib
import re
import secrets
import uuid
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.addresses import known_address
from taskmanager.accounts.models import ApiToken, AuditEvent, AuditKind, RefreshToken, Scope, User
from taskmanager.accounts.services.audit import record_event
from taskmanager.errors import Conflict, DomainError, NotAllowed, NotFound

# A token says what it is, so that programs that look for lost secrets know one, and ends in a checksum, so that what
# only looks like one costs no query: 40 random characters of 62 are 238 bits.
TOKEN_BEGINS = "tm_"  # noqa: S105 (every token does)
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH, CHECKSUM_LENGTH = 40, 6
PREFIX_LENGTH = len(TOKEN_BEGINS) + 4
TOKEN = re.compile(rf"{TOKEN_BEGINS}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}")
LONGEST_LIFE = datetime.timedelta(days=365)
MOST_TOKENS = 50
# How often a use is written down, and how often one address of a token is told in the audit.
USE_WRITTEN = datetime.timedelta(minutes=1)
ADDRESS_TOLD = datetime.timedelta(hours=1)

ALGORITHM = "HS256"
AUDIENCE = "taskmanager-api"
ACCESS_LIFE = datetime.timedelta(minutes=15)
REFRESH_LIFE = datetime.timedelta(days=7)
LEEWAY = datetime.timedelta(seconds=30)  # of clocks that differ
CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti", "token_type", "family", "password"]
LONGEST_JWT = 2000  # characters; ours have some 500

EXPIRED_KEPT = datetime.timedelta(days=1)
ENDED_KEPT = datetime.timedelta(days=90)


class InvalidToken(DomainError):
    """It isn't ours, has ended, or its user may not come in: which of these, nobody is told."""

    status = HTTPStatus.UNAUTHORIZED
    message = "This token is not valid."


class TooManyTokens(Conflict):
    """The user has as many as anybody can keep track of."""

    message = f"You have {MOST_TOKENS} tokens that work. Revoke one that you don’t need any more."


class TokenLivesTooLong(DomainError):
    """A token that nobody renews is forgotten, and found by somebody else."""

    message = "A token expires in the future, and within a year."


class TokenGone(NotFound):
    """It was revoked already."""

    message = "This token was revoked already."


@dataclass(frozen=True)
class Bearer:
    """Who comes in by a token, and what it allows of what they may."""

    user: User
    scope: Scope

    def require(self, scope: Scope) -> None:
        """Raise NotAllowed for a token that may only read, where something is to be written."""
        if scope is Scope.WRITE and self.scope is not Scope.WRITE:
            raise NotAllowed("This token may only read.")


@dataclass(frozen=True)
class Pair:
    """A short-lived token that opens the API, and one that gives the next pair, once."""

    access: str
    refresh: str


# API tokens


def new_secret() -> str:
    """Return a new token."""
    body = TOKEN_BEGINS + "".join(secrets.choice(DIGITS) for _ in range(RANDOM_LENGTH))
    return body + _checksum(body)


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    found = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        found = DIGITS[digit] + found
    return found


def looks_like_token(text: str) -> bool:
    """Whether it could be an API token: its form, and its checksum."""
    return bool(TOKEN.fullmatch(text)) and _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def _hash(secret: str) -> str:
    # Of so many random bits a plain hash is enough: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


@sensitive_variables("secret")
@transaction.atomic
def create_token(
    user: User, *, name: str, scope: Scope, expires_at: datetime.datetime, address: str = ""
) -> tuple[ApiToken, str]:
    """Make a token for the user; return it with its secret, which nobody can be told again.

    Raises TooManyTokens, TokenLivesTooLong, and NotAllowed for somebody who was deactivated this moment.
    """
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_LIFE:
        raise TokenLivesTooLong
    # Two requests at once count one after the other.
    if not _hold(user.pk):
        raise NotAllowed
    if ApiToken.objects.of(user).live().count() >= MOST_TOKENS:
        raise TooManyTokens
    secret = new_secret()
    token = ApiToken.objects.create(
        organization_id=user.organization_id,
        user=user,
        name=name,
        scope=scope,
        prefix=secret[:PREFIX_LENGTH],
        hash=_hash(secret),
        created_at=now,
        expires_at=expires_at,
    )
    record_event(
        user.organization_id,
        AuditKind.TOKEN_CREATED,
        actor=user,
        address=address,
        token=token.pk,
        name=name,
        prefix=token.prefix,
        scope=scope,
        expires_at=expires_at,
    )
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User, address: str = "") -> None:
    """End a token of the actor's own, for good. Raises TokenGone, NotFound."""
    if token.user_id != actor.pk:
        raise NotFound
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise TokenGone
    record_event(
        token.organization_id,
        AuditKind.TOKEN_REVOKED,
        actor=actor,
        address=address,
        token=token.pk,
        name=token.name,
        prefix=token.prefix,
    )


@transaction.atomic
def revoke_tokens_of(user: User, *, actor: User | None = None, address: str = "") -> int:
    """End all tokens and pairs of the user, for good; return how many API tokens and sign-ins by pairs that were."""
    tokens = ApiToken.objects.of(user).live().update(revoked_at=timezone.now())
    pairs = revoke_pairs_of(user)
    if tokens or pairs:
        record_event(
            user.organization_id,
            AuditKind.TOKEN_REVOKED,
            actor=actor or user,
            subject=user,
            address=address,
            tokens=tokens,
            pairs=pairs,
        )
    return tokens + pairs


@sensitive_variables("secret")
def user_of_token(secret: str, *, address: str, needs: Scope = Scope.READ) -> Bearer:
    """Return the user of an API token, with organization, by one query; `address` is the request's.

    That it was used is written once a minute at most, and at once from another address: call it outside a
    transaction, so that requests side by side don't wait for each other. Raises InvalidToken, and NotAllowed for a
    token that may not do what it `needs` to.
    """
    if not looks_like_token(secret):
        raise InvalidToken
    # The database looks for the hash: what its time tells is about the hash of a guess, which nobody can steer.
    user = (
        _people()
        .filter(api_tokens__hash=_hash(secret), api_tokens__revoked_at=None, api_tokens__expires_at__gt=timezone.now())
        .annotate(
            token_id=F("api_tokens__pk"),
            token_name=F("api_tokens__name"),
            token_scope=F("api_tokens__scope"),
            token_used_at=F("api_tokens__last_used_at"),
            token_used_from=F("api_tokens__last_used_address"),
        )
        .first()
    )
    if user is None:
        raise InvalidToken
    _note_use(user, known_address(address))
    bearer = Bearer(user, Scope(user.token_scope))
    bearer.require(needs)
    return bearer


def _people() -> Any:
    """Return who may come in. Their rights are read when a rule asks for them: most calls only read."""
    return User.objects.active().select_related("organization")


def _note_use(user: Any, address: str) -> None:
    now = timezone.now()
    moved = user.token_used_from != (address or None)
    if user.token_used_at and now - user.token_used_at < USE_WRITTEN and not moved:
        return
    # Of requests at the same time one writes: the others find it written.
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_WRITTEN)
    rows = ApiToken.objects.filter(pk=user.token_id)
    if not moved:
        rows.filter(stale).update(last_used_at=now)
        return
    with transaction.atomic():
        elsewhere = Q(last_used_address=None) | ~Q(last_used_address=address or None)
        if not rows.filter(stale | elsewhere).update(last_used_at=now, last_used_address=address or None):
            return
        # A program with two addresses is told once an hour for each, and not at every turn.
        events = AuditEvent.objects.of(user.organization).filter(
            kind=AuditKind.TOKEN_USED, created_at__gt=now - ADDRESS_TOLD, actor=user, address=address or None
        )
        if not events.filter(detail__token=user.token_id).exists():
            record_event(
                user.organization,
                AuditKind.TOKEN_USED,
                actor=user,
                address=address,
                token=user.token_id,
                name=user.token_name,
            )


# Pairs


@transaction.atomic
def issue_pair(user: User, *, address: str = "") -> Pair:
    """Return a pair for the user, the first one of a family. What a pair allows is all that the user may.

    Whoever calls this has made sure who the user is, as far as their sign-in would: for a user with a second factor a
    password alone is NOT enough, neither on a page nor in the API. A session that came all the way in is.

    Raises NotAllowed for somebody who was deactivated this moment.
    """
    if not _hold(user.pk):
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
        _hold(claims["sub"])
        pair = _spend(claims, address)
    # Only now: an error inside of the transaction would undo the end of the family.
    if pair is None:
        raise InvalidToken
    return pair


def _spend(claims: dict[str, Any], address: str) -> Pair | None:
    user = _people().filter(pk=claims["sub"]).first()
    if user is None or claims["password"] != _password_mark(user):
        return None
    now = timezone.now()
    row = RefreshToken.objects.of(user).filter(hash=_hash(claims["jti"]), revoked_at=None).first()
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
    user = _people().filter(Exists(family), pk=claims["sub"]).first()
    if user is None or claims["password"] != _password_mark(user):
        raise InvalidToken
    return Bearer(user, Scope.WRITE)


@sensitive_variables("token")
def user_of_bearer(token: str, *, address: str, needs: Scope = Scope.READ) -> Bearer:
    """Return who comes in by what a request bears: an API token or an access token; `address` is the request's.

    Raises InvalidToken, and NotAllowed for a token that may not do what it `needs` to. See user_of_token().
    """
    if token.startswith(TOKEN_BEGINS):
        return user_of_token(token, address=address, needs=needs)
    return user_of_access_token(token)


@transaction.atomic
def revoke_pairs_of(user: User) -> int:
    """End all pairs of the user, their access tokens too; return how many sign-ins that were."""
    _hold(user.pk)
    live = RefreshToken.objects.of(user).live().count()
    RefreshToken.objects.of(user).filter(revoked_at=None).update(revoked_at=timezone.now())
    return live


def _hold(user_id: Any) -> bool:
    """Take the user's row until this transaction ends, in a way that rows which refer to it don't wait for.

    Return whether they may come in: whoever deactivates them waits here, too, and then ends what is made meanwhile.
    """
    rows = User.objects.select_for_update(no_key=True, of=("self",)).filter(pk=user_id)
    return any(rows.values_list("is_active", flat=True))


def _next_pair(user: User, family: uuid.UUID) -> Pair:
    now = timezone.now()
    key = secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        organization_id=user.organization_id,
        user=user,
        family=family,
        hash=_hash(key),
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
    return jwt.encode(claims, settings.JWT_SECRET_KEY, algorithm=ALGORITHM)


def _password_mark(user: User) -> str:
    """Return what differs when the password does, and tells nothing of it: however that was changed, pairs end."""
    key = settings.JWT_SECRET_KEY
    return salted_hmac("taskmanager.accounts.tokens", user.password, secret=key, algorithm="sha256").hexdigest()[:32]


def _read(token: str, kind: str) -> dict[str, Any]:
    """Return the claims of a token of ours, of this kind, that is in time. Raises InvalidToken."""
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


# Cleaning


def forget_ended_tokens() -> int:
    """Delete refresh tokens a day after they expired, and API tokens 90 days after their end; return how many."""
    now = timezone.now()
    long_ago = now - ENDED_KEPT
    refresh, _ = RefreshToken.objects.filter(expires_at__lt=now - EXPIRED_KEPT).delete()
    tokens, _ = ApiToken.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago)).delete()
    return refresh + tokens
