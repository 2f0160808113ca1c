"""API tokens: what programs come in by, and how it ends.

Of a token the hash is kept alone. Each use asks for the user as they are now, so that who is deactivated is out at
once.
"""

import datetime
import re
import secrets
import zlib
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.addresses import known_address
from taskmanager.accounts.models import ApiToken, AuditEvent, AuditKind, RefreshToken, Scope, User
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.bearers import Bearer, InvalidToken, hash_of, hold_user, people_with_access
from taskmanager.accounts.services.pairs import revoke_pairs_of, user_of_access_token
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

EXPIRED_KEPT = datetime.timedelta(days=1)
ENDED_KEPT = datetime.timedelta(days=90)


class TooManyTokens(Conflict):
    """The user has as many as anybody can keep track of."""

    message = f"You have {MOST_TOKENS} tokens that work. Revoke one that you don’t need any more."


class TokenLivesTooLong(DomainError):
    """A token that nobody renews is forgotten, and found by somebody else."""

    message = "A token expires in the future, and within a year."


class TokenGone(NotFound):
    """It was revoked already."""

    message = "This token was revoked already."


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
    if not hold_user(user.pk):
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
        hash=hash_of(secret),
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
        people_with_access()
        .filter(
            api_tokens__hash=hash_of(secret), api_tokens__revoked_at=None, api_tokens__expires_at__gt=timezone.now()
        )
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


@sensitive_variables("token")
def user_of_bearer(token: str, *, address: str, needs: Scope = Scope.READ) -> Bearer:
    """Return who comes in by what a request bears: an API token or an access token; `address` is the request's.

    Raises InvalidToken, and NotAllowed for a token that may not do what it `needs` to. See user_of_token().
    """
    if token.startswith(TOKEN_BEGINS):
        return user_of_token(token, address=address, needs=needs)
    return user_of_access_token(token)


def forget_ended_tokens() -> int:
    """Delete refresh tokens a day after they expired, and API tokens 90 days after their end; return how many."""
    now = timezone.now()
    long_ago = now - ENDED_KEPT
    refresh, _ = RefreshToken.objects.filter(expires_at__lt=now - EXPIRED_KEPT).delete()
    tokens, _ = ApiToken.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago)).delete()
    return refresh + tokens
