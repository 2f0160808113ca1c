"""Single sign-on: set up by an Admin, and who comes in by it."""

import re
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import oidc, throttling
from taskmanager.accounts.models import AuditKind, ExternalIdentity, Organization, Role, SingleSignOn, User
from taskmanager.accounts.permissions import may_manage, require
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.members import add_member, require_roles
from taskmanager.accounts.services.organizations import hold_admins, is_last_admin
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR
from taskmanager.errors import DomainError, NotAllowed

# How long somebody may take at the provider.
ATTEMPT_SECONDS = 600
# Who has one of these runs the organization: no mail address alone makes anybody one of them.
RUNNING = frozenset({"accounts.change_organization", "accounts.change_user", "accounts.add_user"})
# Under which names providers tell that there are too many groups for a token (OpenID Connect Core 1.0, §5.6.2).
ELSEWHERE = "_claim_names"


class NotAdmitted(DomainError):
    """The provider knows who it is, and still they don't come in. `reason` is a word for the audit."""

    status = 403

    def __init__(self, reason: str, message: str, member: User | None = None) -> None:
        """Take the reason, what to do about it, and the member whom it is about, where there is one."""
        self.reason, self.member = reason, member
        super().__init__(message)


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


def new_attempt() -> oidc.Attempt:
    """Return what a new attempt is known by: 256 random bits each."""
    return oidc.Attempt(*(secrets.token_urlsafe(32) for _each in range(3)))


def way_to_provider(row: SingleSignOn, attempt: oidc.Attempt, *, redirect_uri: str) -> str:
    """Return the address at the provider where the browser has to go. Raises ProviderProblem."""
    return oidc.authorization_url(oidc.discover(row.issuer), _client(row, redirect_uri), attempt)


def who_came(
    row: SingleSignOn, attempt: oidc.Attempt, *, code: str, answered_by: str | None, redirect_uri: str
) -> Person:
    """Return who came back with the code. Raises ProviderProblem, NotProven."""
    provider = oidc.discover(row.issuer)
    if answered_by != row.issuer and (answered_by is not None or provider.names_itself):
        raise oidc.NotProven("answer_of_another_provider")
    wanted = ("email", row.groups_claim) if row.has_mapping else ("email",)
    claims = oidc.fetch_claims(provider, _client(row, redirect_uri), attempt, code=code, wanted=wanted)
    return person_of(claims, groups_claim=row.groups_claim)


def _client(row: SingleSignOn, redirect_uri: str) -> oidc.Client:
    secret = row.secret
    if secret is None:
        raise oidc.ProviderProblem("An Admin of your organization has to give the provider’s client secret again.")
    return oidc.Client(row.client_id, secret, redirect_uri)


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


@transaction.atomic
def admit(row: SingleSignOn, person: Person, *, address: str = "") -> User:
    """Return the member whom the organization's provider vouches for, made now where they come for the first time.

    Of two first times at once one makes the member, and the other finds them. Raises NotAdmitted.
    """
    organization = row.organization
    hold_admins(organization.pk)
    identity = _identities(row).select_related("user__organization").filter(subject=person.subject).first()
    if identity:
        user, is_new = identity.user, False
        _require_admissible(user)
        ExternalIdentity.objects.filter(pk=identity.pk).update(used_at=timezone.now())
    else:
        user, is_new = _first_time(row, person)
        ExternalIdentity.objects.create(organization=organization, user=user, issuer=row.issuer, subject=person.subject)
        if is_new:
            record_event(organization, AuditKind.MEMBER_JOINED, actor=user, address=address, how="sso")
        else:
            _record_link(row, user, actor=user, address=address, how="by a verified e-mail address")
    if row.has_mapping and person.groups is not None and not is_new:
        _give_roles(row, user, person.groups, address)
    admitted: User = User.objects.select_related("organization").get(pk=user.pk)
    # Where there are several, login() has to know who vouched; ours is the only one, and says who comes of a session.
    admitted.backend = settings.AUTHENTICATION_BACKENDS[0]
    return admitted


def _identities(row: SingleSignOn) -> Any:
    return ExternalIdentity.objects.of(row.organization).filter(issuer=row.issuer)


def _require_admissible(user: User) -> None:
    if not user.is_active:
        raise NotAdmitted("deactivated", "Your account here is deactivated. Ask an Admin of your organization.", user)
    if user.is_staff or user.is_superuser:
        # They may more than the organization, whose Admin chooses who vouches for its people.
        raise NotAdmitted("staff", "Whoever administers this installation signs in with a password.", user)


def _first_time(row: SingleSignOn, person: Person) -> tuple[User, bool]:
    """Return the member with the person's address, or a new one, and whether they are new. Raises NotAdmitted."""
    people = User.objects.of(row.organization)
    if not person.email:
        raise NotAdmitted(
            "no_email",
            "Your organization’s provider doesn’t tell your e-mail address, without which nobody can be a member here.",
        )
    known = people.named(person.email).first()
    if known is None:
        roles = row.role_list if person.groups is None or not row.has_mapping else row.roles_of(set(person.groups))
        user = add_member(
            row.organization,
            username=_free_username(row.organization, person),
            email=person.email,
            password=None,
            roles=roles,
        )
        user.first_name, user.last_name = person.first_name, person.last_name
        user.save(update_fields=["first_name", "last_name"])
        return user, True
    _require_admissible(known)
    if not person.email_is_verified:
        raise NotAdmitted(
            "email_not_verified",
            "A member has your e-mail address, and your organization’s provider doesn’t say that it is verified. "
            "Sign in with your password, or ask an Admin.",
            known,
        )
    if known.rights.permissions & RUNNING:
        raise NotAdmitted(
            "admin_not_connected",
            "Admins connect their account themselves. Sign in with your password, and press “Try it” under "
            "Organization, Single sign-on.",
            known,
        )
    if _identities(row).filter(user=known).exists():
        raise NotAdmitted(
            "email_of_another_account",
            "A member has your e-mail address who comes by another account of your organization’s provider. "
            "An Admin can disconnect that one, under Members.",
            known,
        )
    return known, False


def _free_username(organization: Organization, person: Person) -> str:
    """Return a username like what the person is called at the provider, that nobody in the organization has."""
    for text in (person.username.partition("@")[0], person.email.partition("@")[0], "member"):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        if base := re.sub(r"[^A-Za-z0-9_.+-]+", "-", plain).strip("-")[:40]:
            break
    taken = {
        name.lower()
        for name in User.objects.of(organization).filter(username__istartswith=base).values_list("username", flat=True)
    }
    number, found = 1, base
    while found.lower() in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def _give_roles(row: SingleSignOn, user: User, groups: Collection[str], address: str) -> None:
    """Let the member have the roles of their groups, but leave the organization its last Admin."""
    before, roles = user.roles, row.roles_of(set(groups))
    kept = Role.ADMIN in before and Role.ADMIN not in roles and is_last_admin(user)
    if kept:
        roles = [role for role in Role if role in {*roles, Role.ADMIN}]
    if roles == before:
        return
    others = [group for group in user.groups.all() if group.name not in Role.values]
    user.groups.set([*others, *Group.objects.filter(name__in=roles)])
    record_event(
        row.organization,
        AuditKind.ROLES_CHANGED,
        subject=user,
        address=address,
        how="sso",
        before=[role.value for role in before],
        after=[role.value for role in roles],
        last_admin=kept,
    )


@transaction.atomic
def connect(row: SingleSignOn, person: Person, *, actor: User, address: str = "") -> bool:
    """Let an Admin who is signed in come by the provider's account from now on; whether they can.

    Raises NotAdmitted, NotFound, NotAllowed.
    """
    require(actor, "accounts.change_organization", row.organization_id)
    hold_admins(row.organization_id)
    if actor.is_staff or actor.is_superuser:
        return False  # as in _require_admissible()
    identity = _identities(row).filter(subject=person.subject).select_related("user").first()
    if identity and identity.user_id != actor.pk:
        raise NotAdmitted(
            "account_of_another_member",
            f"It works, but {identity.user.username} comes by this account of the provider.",
        )
    if identity:
        return True
    # Whoever is signed in says so themselves: another account of theirs takes the place of the old one.
    _identities(row).filter(user=actor).delete()
    ExternalIdentity.objects.create(
        organization=row.organization, user=actor, issuer=row.issuer, subject=person.subject
    )
    _record_link(row, actor, actor=actor, address=address, how="by themselves")
    return True


@transaction.atomic
def disconnect(member: User, *, actor: User, address: str = "") -> bool:
    """Let no account of a provider be the member's any more; whether there was one. Raises NotFound, NotAllowed."""
    require(actor, "accounts.change_user", member.organization_id)
    if not may_manage(member, actor):
        raise NotAllowed("This member may do more than you. Ask whoever runs this Taskmanager.")
    found = ExternalIdentity.objects.filter(user=member, organization_id=member.organization_id)
    issuers = list(found.values_list("issuer", flat=True))
    if not issuers:
        return False
    found.delete()
    record_event(
        member.organization_id,
        AuditKind.SINGLE_SIGN_ON_CHANGED,
        actor=actor,
        subject=member,
        address=address,
        disconnected=issuers,
    )
    return True


def _record_link(row: SingleSignOn, user: User, *, actor: User, address: str, how: str) -> None:
    record_event(
        row.organization,
        AuditKind.SINGLE_SIGN_ON_CHANGED,
        actor=actor,
        subject=user,
        address=address,
        connected=row.issuer,
        how=how,
    )


def record_refusal(row: SingleSignOn, *, reason: str, member: User | None = None, address: str = "") -> None:
    """Write that somebody, the member where that is known, didn't come in, and why in a word."""
    record_event(
        row.organization,
        AuditKind.SIGN_IN_FAILED,
        subject=member,
        address=address,
        how="sso",
        issuer=row.issuer,
        reason=reason,
    )
