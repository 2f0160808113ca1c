"""What goes with a person: the data they take along, and the account that is closed."""

from django.db import transaction

from taskmanager.accounts import throttling
from taskmanager.accounts.models import AuditKind, Invitation, User
from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.profiles import remove_photos_of
from taskmanager.accounts.services.sessions import end_sessions

# How many exports somebody may have made, and in how many seconds: each reads all that there is of them.
THROTTLE_EXPORT = (5, 3600)


def begin_export(user: User, *, address: str) -> None:
    """Count an export of somebody's own data, and note it. Raises TooManyRequests over THROTTLE_EXPORT."""
    limit, seconds = THROTTLE_EXPORT
    throttling.count_try("export", str(user.pk), limit=limit, seconds=seconds)
    with transaction.atomic():
        record_event(user.organization_id, AuditKind.DATA_EXPORTED, actor=user, address=address)


@transaction.atomic
def forget_person(person: User) -> None:
    """Delete somebody with their profile, photo, sessions and the invitation that made them a member.

    What refers to them in other apps keeps its rows: theirs is the service that calls this one.
    """
    end_sessions(person)
    remove_photos_of(person.organization, only=person)
    # It tells their address; who joined when, the audit log knows.
    Invitation.objects.filter(accepted_by=person).delete()
    person.delete()
