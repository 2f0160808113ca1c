"""Claims that hold for a time: renewed while the work goes on, and ended by the clock where nobody renews them.

Whoever looks at an expired task first frees it: a claim, or the worker's regular round. Each does so under the lock of
the row, so that of a renewal and an end at once exactly one happens.
"""

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.errors import Conflict
from taskmanager.tasks import queries
from taskmanager.tasks.models import Activity, Task, TaskQuerySet
from taskmanager.tasks.permissions import require
from taskmanager.tasks.services.merging import UnknownVersion
from taskmanager.tasks.services.writing import LEASE, comparable, enter, locked, set_lease, snapshot, write

MOST_URGENT = (F("due_date").asc(nulls_last=True), "pk")


class NoLongerYours(Conflict):
    """The lease has ended, or somebody else has the task now."""

    message = "This task is no longer yours: its lease has ended, or somebody else has it now."


class NoLease(Conflict):
    """There is nothing to renew."""

    message = "There is no lease to renew: the claim has no end, or the task isn't in progress any more."


@transaction.atomic
def renew_lease(task: Task, *, actor: User, seconds: int | None = None, version: int | None = None) -> Task:
    """Let the actor keep a task that they claimed for a time: from now on for `seconds`, or for as long as before.

    That is no news about the task: it keeps its version. `version` is that of the claim: where the task had another
    owner since, it is refused, though it may be the same user's again, claimed by another program of theirs.
    Raises NoLongerYours, NoLease, UnknownVersion, NotAllowed, NotFound.
    """
    require(actor, "tasks.change_task", task.organization_id)
    task = locked(task)
    if task.owner_id != actor.pk or task.has_expired(timezone.now()) or _was_handed_over(task, version):
        raise NoLongerYours
    if task.lease_expires_at is None:
        raise NoLease
    set_lease(task, seconds or task.lease_seconds)
    task.save(update_fields=LEASE)
    return task


def _was_handed_over(task: Task, version: int | None) -> bool:
    if version is None:
        return False
    if version > task.version:
        raise UnknownVersion
    return task.activities.filter(version__gt=version, changes__has_key="owner").exists()


def free_expired_tasks() -> int:
    """Free every task whose lease has ended; return how many. Several may do this at once.

    One after the other, each in its own transaction, so that nobody waits for long.
    """
    count = 0
    # A look takes no lock: on SQLite it would else take the only write lock, every time.
    while Task.objects.expired(timezone.now()).exists():
        if not _free_next_expired():
            break  # somebody else is at what is left
        count += 1
    return count


@transaction.atomic
def _free_next_expired() -> bool:
    return _free_first(Task.objects.order_by("lease_expires_at"))


def free_most_urgent_expired(tasks: TaskQuerySet) -> bool:
    """Free the most urgent of these tasks that has expired, in the caller's transaction; return whether there was one.

    Those that somebody else is just freeing are passed by.
    """
    return _free_first(queries.by_priority(tasks).order_by("-priority_rank", *MOST_URGENT))


def _free_first(tasks: TaskQuerySet) -> bool:
    found = tasks.expired(timezone.now()).select_related("project")
    task = found.select_for_update(of=("self",), no_key=True, skip_locked=can_skip()).first()
    if task is None:
        return False
    _free(task)
    return True


def free_if_expired(task: Task) -> Task:
    """Free the locked task where its lease has ended; return it as it is then."""
    return _free(task) if task.has_expired(timezone.now()) else task


def _free(task: Task) -> Task:
    before = snapshot(task)
    told = {"lease": [comparable(task.lease_expires_at), None]}
    enter(task, Task.Status.UNASSIGNED)
    return write(task, before=before, actor=None, verb=Activity.Verb.RELEASED, told=told)


def can_skip() -> bool:
    """Whether the database passes by locked rows. SQLite locks none: it has one writer at a time."""
    return connection.features.has_select_for_update_skip_locked
