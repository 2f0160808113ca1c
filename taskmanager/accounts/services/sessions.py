"""Where somebody is signed in."""

from django.db import transaction

from taskmanager.accounts.models import (
    Session,
    User,
)


@transaction.atomic
def end_sessions(user: User, *, keep: str = "", only: str = "") -> int:
    """Sign the user out everywhere, or only in one session, but never in the one to `keep`; return of how many.

    Sessions are named by the hashes of their keys.
    """
    sessions = Session.objects.filter(user=user).exclude(pk=keep)
    found = list((sessions.filter(pk=only) if only else sessions).values_list("pk", flat=True))
    Session.get_session_store_class().forget(found)
    return len(found)
