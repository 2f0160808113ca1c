"""Single sign-on: set up by an Admin, and who comes back from the provider."""

import secrets
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import throttling
from taskmanager.accounts.models import AuditKind, Organization, Role, SingleSignOn, User
from taskmanager.accounts.permissions import require
from taskmanager.accounts.providers import Attempt, Client, NotProven, ProviderProblem
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.members import require_roles
from taskmanager.accounts.services.organizations import hold_admins
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR
from taskmanager.errors import DomainError

# How long somebody may take at the provider.
ATTEMPT_SECONDS = 600
# Under which names providers tell that there are too many groups for a token (OpenID Connect Core 1.0, §5.6.2).
ELSEWHERE = "_claim_names"


class SecretMissing(DomainError):
    """The client secret has to be given, the first time and for another provider."""

    message = "Give the client secret."


@dataclass(frozen=True)
class Person:
    """Who came, as the provider tells."""

    subject: str
    email: str  # in lower case, "" for none
    email_is_verified: bool
    username: str  # what they are called there, or "" for what may be made of their address
    first_name: str
    last_name: str
    groups: frozenset[str] | None  # None where the provider has too many to tell


@sensitive_variables("client_secret")
def configure_single_sign_on(
    organization: Organization,
    *,
    actor: User,
    is_enabled: bool,
    issuer: str,
    client_id: str,
    client_secret: str,
    default_roles: Collection[Role],
    groups_claim: str,
    group_roles: Mapping[str, list[str]],
    address: str = "",
) -> SingleSignOn:
    """Let the organization's people come by this provider; an empty client secret leaves that of before.

    A provider that is to let people in is asked first what it offers. Raises ProviderProblem, SecretMissing,
    TooManyRequests, NotFound, NotAllowed.
    """
    require(actor, "accounts.change_organization", organization.pk)
    require_roles(actor, [*default_roles, *(Role(role) for role, groups in group_roles.items() if groups)])
    if is_enabled:
        # Before the transaction: it would be held open while another server thinks.
        count_look_at_provider(organization)
        from taskmanager.accounts import oidc  # noqa: PLC0415 (as it says itself)

        oidc.discover(issuer, fresh=True)
    with transaction.atomic():
        hold_admins(organization.pk)  # two at once would both make the first row
        row = SingleSignOn.objects.of(organization).first() or SingleSignOn(organization=organization)
        if not client_secret and row.issuer != issuer:
            # The kept one is another provider's business, and this one would be sent it.
            raise SecretMissing(
                "Give the client secret." if not row.issuer else "Another provider has another client secret: give it."
            )
        if not client_secret and row.secret is None:
            raise SecretMissing(
                "The client secret can’t be read any more, since the SECRET_KEY changed: give it again."
            )
        before = _told(row) if row.pk else {}
        row.is_enabled, row.issuer, row.client_id, row.groups_claim = is_enabled, issuer, client_id, groups_claim
        row.default_roles = " ".join(role.value for role in Role if role in default_roles)
        row.group_roles = {role.value: group_roles[role] for role in Role if group_roles.get(role)}
        if client_secret:
            row.set_secret(client_secret)
        after = _told(row)
        if client_secret or before != after:
            row.save()
            record_event(
                organization,
                AuditKind.SINGLE_SIGN_ON_CHANGED,
                actor=actor,
                address=address,
                before={name: value for name, value in before.items() if value != after[name]},
                after={name: value for name, value in after.items() if value != before.get(name)},
                secret_changed=bool(client_secret),
            )
    return row


def _told(row: SingleSignOn) -> dict[str, Any]:
    names = ("is_enabled", "issuer", "client_id", "default_roles", "groups_claim", "group_roles")
    return {name: getattr(row, name) for name in names}


def count_look_at_provider(organization: Organization) -> None:
    """Count one request to an address that an Admin typed. Raises TooManyRequests.

    Call it outside a transaction.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    throttling.count_try("sso-look", str(organization.pk), limit=limit, seconds=seconds)


def count_single_sign_on(address: str) -> None:
    """Count one step of a sign-in from the address that a request came from. Raises TooManyRequests.

    Colleagues often share an address, and nothing can be guessed here, so the limit is the wide one. Call it outside a
    transaction.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    throttling.count_try("sso-address", address, limit=limit * SHARED_LIMIT_FACTOR, seconds=seconds)


def spend_attempt(state: str) -> bool:
    """Whether this is the first answer to an attempt: of two requests with one answer, one goes on."""
    try:
        throttling.count_try("sso-state", state, limit=1, seconds=2 * ATTEMPT_SECONDS)
    except DomainError:
        return False
    return True


def find_single_sign_on(slug: str) -> SingleSignOn | None:
    """Return how people of the organization with the slug come; None where they don't, or where there is none."""
    rows = SingleSignOn.objects.enabled().select_related("organization")
    return rows.filter(organization__slug=slug.lower()).first()


def new_attempt() -> Attempt:
    """Return what a new attempt is known by: 256 random bits each."""
    return Attempt(*(secrets.token_urlsafe(32) for _each in range(3)))


def way_to_provider(row: SingleSignOn, attempt: Attempt, *, redirect_uri: str) -> str:
    """Return the address at the provider where the browser has to go. Raises ProviderProblem."""
    from taskmanager.accounts import oidc  # noqa: PLC0415 (as it says itself)

    return oidc.authorization_url(oidc.discover(row.issuer), _client(row, redirect_uri), attempt)


def who_came(row: SingleSignOn, attempt: Attempt, *, code: str, answered_by: str | None, redirect_uri: str) -> Person:
    """Return who came back with the code. Raises ProviderProblem, NotProven."""
    from taskmanager.accounts import oidc  # noqa: PLC0415 (as it says itself)

    provider = oidc.discover(row.issuer)
    if answered_by != row.issuer and (answered_by is not None or provider.names_itself):
        raise NotProven("answer_of_another_provider")
    wanted = ("email", row.groups_claim) if row.has_mapping else ("email",)
    claims = oidc.fetch_claims(provider, _client(row, redirect_uri), attempt, code=code, wanted=wanted)
    return person_of(claims, groups_claim=row.groups_claim)


def _client(row: SingleSignOn, redirect_uri: str) -> Client:
    secret = row.secret
    if secret is None:
        raise ProviderProblem("An Admin of your organization has to give the provider’s client secret again.")
    return Client(row.client_id, secret, redirect_uri)


def person_of(claims: Mapping[str, Any], *, groups_claim: str) -> Person:
    """Return who the claims tell of. What the provider left out or garbled is empty, and nothing unverified is true."""
    email = _address(claims.get("email"))
    groups = claims.get(groups_claim, [])
    groups = [groups] if isinstance(groups, str) else groups
    told = frozenset(each for each in groups if isinstance(each, str)) if isinstance(groups, list) else frozenset()
    elsewhere = claims.get(ELSEWHERE)
    too_many = groups_claim not in claims and isinstance(elsewhere, dict) and groups_claim in elsewhere
    verified = claims.get("email_verified")  # some providers write it as a text
    first, _, last = _text(claims.get("name"), 300).partition(" ")
    return Person(
        subject=str(claims["sub"]),
        email=email,
        email_is_verified=bool(email) and (verified is True or verified == "true"),
        username=_text(claims.get("preferred_username"), 254),
        first_name=_text(claims.get("given_name"), 150) or first[:150],
        last_name=_text(claims.get("family_name"), 150) or last[:150],
        groups=None if too_many else told,
    )


def _address(value: Any) -> str:
    """Return the e-mail address in lower case; "" for what is none."""
    if not isinstance(value, str) or len(value) > 254:
        return ""
    try:
        validate_email(value)
    except ValidationError:
        return ""
    return value.lower()


def _text(value: Any, length: int) -> str:
    """Return the text in one line, without what can't be seen; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    plain = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in value[: 4 * length])
    return " ".join(plain.split())[:length]
