"""Where somebody is signed in."""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taskmanager.accounts.models import (
    AuditKind,
    Session,
    User,
)
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.pairs import revoke_pairs_of

ACTIVE = datetime.timedelta(minutes=15)


@transaction.atomic
def end_sessions(user: User, *, keep: str = "", only: str = "") -> int:
    """Sign the user out everywhere, or only in one session, but never in the one to `keep`; return of how many.

    Sessions are named by the hashes of their keys. With all of them the user's pairs of tokens end: those are sessions
    of programs. API tokens, which were made to last, stay.
    """
    sessions = Session.objects.filter(user=user).exclude(pk=keep)
    found = list((sessions.filter(pk=only) if only else sessions).values_list("pk", flat=True))
    Session.get_session_store_class().forget(found)
    if not only:
        revoke_pairs_of(user)
    return len(found)


@transaction.atomic
def sign_out_elsewhere(user: User, *, keep: str, only: str = "", address: str = "") -> int:
    """Let the user end sessions of their own: one, or all but the one to `keep`; return of how many."""
    ended = end_sessions(user, keep=keep, only=only)
    if ended:
        record_event(user.organization_id, AuditKind.SESSIONS_ENDED, actor=user, address=address, sessions=ended)
    return ended


def count_active_sessions() -> int:
    """Return how many sessions of people were used in the last 15 minutes."""
    since = timezone.now() - ACTIVE
    # Using a session puts its end off, and there is an index of ends: what was used long ago isn't even looked at.
    ends = since + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return Session.objects.filter(expire_date__gte=ends, seen_at__gte=since, user__isnull=False).count()
