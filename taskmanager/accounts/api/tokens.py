"""Pairs of short-lived tokens, for programs that sign in by a password: the only calls that need no token."""

from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables
from ninja import Field, Router, Schema

from taskmanager.accounts import services
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.fields import text
from taskmanager.accounts.api.throttling import count_call
from taskmanager.accounts.models import AuditKind, User
from taskmanager.accounts.requests import address_of
from taskmanager.errors import DomainError, NotAllowed

router = Router(tags=["Tokens"], auth=None)

PASSWORD_LENGTH = 4096
REFRESH_LENGTH = 2000


class WrongCredentials(DomainError):
    """Nobody comes in by these; what was wrong with them nobody is told."""

    status = HTTPStatus.UNAUTHORIZED
    message = "Organization, username or password is not right."


class PasswordIsNotEnough(NotAllowed):
    """Their sign-in takes a second factor, which this call can't ask for."""

    message = "Your sign-in takes a second factor. Make an API token at /accounts/tokens/ instead."


class Credentials(Schema):
    """Who signs in, as on the page."""

    model_config = {"extra": "forbid"}

    organization: text(60) = Field(description="Its short name, as in your team's links")  # type: ignore[valid-type]
    username: text(254) = Field(description="The username, or the e-mail address")  # type: ignore[valid-type]
    password: text(PASSWORD_LENGTH) = Field(repr=False)  # type: ignore[valid-type]


class Refresh(Schema):
    """The refresh token of the latest pair."""

    model_config = {"extra": "forbid"}

    refresh: text(REFRESH_LENGTH) = Field(repr=False)  # type: ignore[valid-type]


class PairOut(Schema):
    """A short-lived token that opens the API, and one that gives the next pair, once."""

    access: str = Field(description="Send it as `Authorization: Bearer …`; it works for 15 minutes")
    refresh: str = Field(description="Gives the next pair within 7 days, once: whoever uses it again ends them all")


@router.post("/token/pair", response=answers(200, PairOut, 401, 403), operation_id="create_token_pair")
@sensitive_variables("body")
def token_pair(request: HttpRequest, body: Credentials, response: HttpResponse) -> PairOut:
    """Sign in for a short time: get a pair of tokens for a password.

    Whose sign-in takes more than a password makes an API token at `/accounts/tokens/` instead.
    """
    address = address_of(request)
    user = services.sign_in(
        organization=body.organization, username=body.username, password=body.password, address=address
    )
    if user is None:
        raise WrongCredentials
    if user.organization.require_second_factor or services.has_second_factor(user):
        raise PasswordIsNotEnough
    return _answer(_begin(user, address), response)


@router.post("/token/refresh", response=answers(200, PairOut, 401), operation_id="refresh_token_pair")
@sensitive_variables("body")
def token_refresh(request: HttpRequest, body: Refresh, response: HttpResponse) -> PairOut:
    """Get the next pair. The refresh token is spent; if it is sent once more, all pairs that followed end."""
    address = address_of(request)
    account = services.account_of_refresh_token(body.refresh)
    count_call("token-refresh", f"{account}:{address}", settings.THROTTLE_SIGN_IN)
    return _answer(services.refresh_pair(body.refresh, address=address), response)


def _begin(user: User, address: str) -> services.Pair:
    try:
        with transaction.atomic():
            pair = services.issue_pair(user, address=address)
            kind = AuditKind.SIGNED_IN
            services.record_event(user.organization_id, kind, actor=user, address=address, how="password", pair=True)
    except NotAllowed as error:
        raise WrongCredentials from error  # deactivated this moment
    return pair


def _answer(pair: services.Pair, response: HttpResponse) -> PairOut:
    response.headers["Cache-Control"] = "no-store"
    return PairOut(access=pair.access, refresh=pair.refresh)
