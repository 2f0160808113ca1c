"""What happened to the doors of an organization, in words."""

from collections.abc import Callable
from typing import Any

from taskmanager.accounts.models import AuditEvent, AuditKind, Scope

K = AuditKind
# By which groups events are looked for; each kind is in one.
GROUPS: dict[str, tuple[str, tuple[AuditKind, ...]]] = {
    "sign-ins": ("Sign-ins and passwords", (K.SIGNED_IN, K.SESSIONS_ENDED, K.PASSWORD_CHANGED, K.PASSWORD_RESET)),
    "failures": ("Failures", (K.SIGN_IN_FAILED, K.SECOND_FACTOR_FAILED, K.TOKEN_REUSED)),
    "members": (
        "Members and roles",
        (
            K.MEMBER_INVITED,
            K.INVITATION_RESENT,
            K.INVITATION_REVOKED,
            K.MEMBER_JOINED,
            K.ROLES_CHANGED,
            K.MEMBER_DEACTIVATED,
            K.MEMBER_REACTIVATED,
            K.DATA_EXPORTED,
            K.ACCOUNT_CLOSED,
        ),
    ),
    "second-factor": (
        "Second factor",
        (
            K.SECOND_FACTOR_ADDED,
            K.SECOND_FACTOR_REMOVED,
            K.SECOND_FACTOR_RESET,
            K.RECOVERY_CODES_MADE,
            K.RECOVERY_CODE_USED,
        ),
    ),
    "tokens": ("Tokens", (K.TOKEN_CREATED, K.TOKEN_REVOKED, K.TOKEN_USED)),
    "organization": (
        "Organization",
        (K.ORGANIZATION_REGISTERED, K.ORGANIZATION_CHANGED, K.SINGLE_SIGN_ON_CHANGED),
    ),
}
# How somebody signed in, where it was not by the password alone.
WAYS = {
    "passkey": "with a passkey",
    "sso": "by single sign-on",
}
# … and what else they proved, by the kind of second factor.
FACTORS = {"totp": "a code", "passkey": "a passkey", "recovery_code": "a recovery code"}
# Who acts where no person does.
NOBODY = {"sso": "Single sign-on", "command": "Whoever runs this Taskmanager"}


def in_words(event: AuditEvent) -> str:
    """Return a sentence about the event, without its time and place. Its `actor` and `subject` are read along."""
    return SENTENCES[AuditKind(event.kind)](event)


def actor_of(event: AuditEvent) -> str:
    """Return who did it: as they are called now, by the name they had then, or nobody known."""
    if event.actor:
        return event.actor.display_name
    return event.actor_name or NOBODY.get(str(event.detail.get("how", "")), "Somebody unknown")


def _whom(event: AuditEvent) -> str:
    """Return to whom it was done; the actor where to themselves."""
    if event.subject:
        return event.subject.display_name
    return event.subject_name or "themselves"


def _whose(event: AuditEvent) -> str:
    name = event.subject.display_name if event.subject else event.subject_name
    return f"{name}’s" if name else "their own"


def _did(what: str) -> Callable[[AuditEvent], str]:
    """Return what says that the actor did that; {whom} and {whose} tell of the subject, {…} of the details."""

    def sentence(event: AuditEvent) -> str:
        about = _About({name: _text(value) for name, value in event.detail.items()})
        text = what.format_map(_About({**about, "whom": _whom(event), "whose": _whose(event)}))
        return f"{actor_of(event)} {text}"

    return sentence


class _About(dict[str, str]):
    """Details, where one that an event lacks is told as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


def _text(value: Any) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _signed_in(event: AuditEvent) -> str:
    way = WAYS.get(str(event.detail.get("how", "")), "")
    text = f"{actor_of(event)} signed in {way}".strip()
    factor = FACTORS.get(str(event.detail.get("second_factor", "")))
    return f"{text}, and proved it by {factor}" if factor else text


def _sign_in_failed(event: AuditEvent) -> str:
    if event.detail.get("throttled"):
        return f"{actor_of(event)} failed to sign in too often, and has to wait"
    return f"{actor_of(event)} failed to sign in"


def _sessions_ended(event: AuditEvent) -> str:
    count = event.detail.get("sessions", 0)
    return f"{actor_of(event)} signed out of {count} other session{'' if count == 1 else 's'}"


def _roles_changed(event: AuditEvent) -> str:
    before, after = (list(event.detail.get(name, [])) for name in ("before", "after"))
    given = [role for role in after if role not in before]
    taken = [role for role in before if role not in after]
    parts = []
    if given:
        parts.append(f"gave {_whom(event)} the role{'s' if len(given) > 1 else ''} {_and(given)}")
    if taken:
        who = "them" if given else _whom(event)
        parts.append(f"took the role{'s' if len(taken) > 1 else ''} {_and(taken)} from {who}")
    return f"{actor_of(event)} {' and '.join(parts) or f'changed {_whose(event)} roles'}"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _token_created(event: AuditEvent) -> str:
    if event.detail.get("pair"):
        return f"{actor_of(event)} got a pair of JWTs"
    scope = event.detail.get("scope")
    allows = {Scope.READ: "that may read", Scope.WRITE: "that may read and write"}.get(scope, "")
    return f"{actor_of(event)} made the token “{event.detail.get('name', '?')}” {allows}".strip()


def _token_revoked(event: AuditEvent) -> str:
    if "name" in event.detail:
        return f"{actor_of(event)} revoked the token “{event.detail['name']}”"
    tokens, pairs = event.detail.get("tokens", 0), event.detail.get("pairs", 0)
    parts = [f"{tokens} token{'' if tokens == 1 else 's'}"] if tokens else []
    if pairs:
        parts.append(f"{pairs} sign-in{'' if pairs == 1 else 's'} by JWT")
    return f"{actor_of(event)} revoked {_whose(event)} {_and(parts) if parts else 'tokens'}"


def _organization_changed(event: AuditEvent) -> str:
    if "require_second_factor" in event.detail:
        verb = "requires" if event.detail["require_second_factor"] else "no longer requires"
        return f"{actor_of(event)} decided that the organization {verb} a second factor"
    after = event.detail.get("after")
    if not isinstance(after, dict):
        return f"{actor_of(event)} changed the organization"
    changes = [f"{name.replace('_', ' ')} to “{value}”" for name, value in after.items()]
    return f"{actor_of(event)} changed the organization’s {_and(changes)}"


def _factor(verb: str) -> Callable[[AuditEvent], str]:
    def sentence(event: AuditEvent) -> str:
        name = event.detail.get("name")
        return f"{actor_of(event)} {verb} {f'the second factor “{name}”' if name else 'a second factor'}"

    return sentence


def _recovery_code_used(event: AuditEvent) -> str:
    left = event.detail.get("left")
    return f"{actor_of(event)} used a recovery code{'' if left is None else f', and has {left} left'}"


def _password_changed(event: AuditEvent) -> str:
    return f"{actor_of(event)} changed {_whose(event)} password"


SENTENCES: dict[AuditKind, Callable[[AuditEvent], str]] = {
    K.SIGNED_IN: _signed_in,
    K.SIGN_IN_FAILED: _sign_in_failed,
    K.SECOND_FACTOR_FAILED: _did("failed at the second factor"),
    K.SECOND_FACTOR_ADDED: _factor("added"),
    K.SECOND_FACTOR_REMOVED: _factor("removed"),
    K.SECOND_FACTOR_RESET: _did("reset {whose} second factor"),
    K.RECOVERY_CODES_MADE: _did("made recovery codes"),
    K.RECOVERY_CODE_USED: _recovery_code_used,
    K.PASSWORD_CHANGED: _password_changed,
    K.PASSWORD_RESET: _did("chose another password by the link of a mail"),
    K.SESSIONS_ENDED: _sessions_ended,
    K.ORGANIZATION_REGISTERED: _did("registered the organization"),
    K.ORGANIZATION_CHANGED: _organization_changed,
    K.SINGLE_SIGN_ON_CHANGED: _did("changed single sign-on"),
    K.MEMBER_INVITED: _did("invited {email} as {roles}"),
    K.INVITATION_RESENT: _did("sent the invitation of {email} again"),
    K.INVITATION_REVOKED: _did("revoked the invitation of {email}"),
    K.MEMBER_JOINED: lambda event: (
        f"{actor_of(event)} added {_whom(event)}" if event.subject_name else f"{actor_of(event)} joined"
    ),
    K.ROLES_CHANGED: _roles_changed,
    K.MEMBER_DEACTIVATED: _did("deactivated {whom}"),
    K.MEMBER_REACTIVATED: _did("reactivated {whom}"),
    K.DATA_EXPORTED: _did("exported their own data"),
    K.ACCOUNT_CLOSED: lambda event: (
        f"{actor_of(event)} deleted {_whose(event)} account"
        if event.subject_name
        else f"{actor_of(event)} closed their account"
    ),
    K.TOKEN_CREATED: _token_created,
    K.TOKEN_REVOKED: _token_revoked,
    K.TOKEN_USED: _did("used the token “{name}” from a new address"),
    K.TOKEN_REUSED: lambda event: (
        f"A refresh token of {actor_of(event)} was used twice, as a stolen one is: that sign-in has ended"
    ),
}
