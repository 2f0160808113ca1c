"""People who leave: what they made stays, and what they own loses its owner, with a line of history each."""

import datetime
from collections.abc import Iterator, Sequence
from itertools import batched

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from taskmanager.accounts import jobs as account_jobs
from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import AuditKind, User
from taskmanager.errors import NotFound
from taskmanager.tasks import jobs, queries
from taskmanager.tasks.models import Activity, Notice, Task, Watcher
from taskmanager.tasks.services.writing import Changes

AT_ONCE = 500


@transaction.atomic
def close_account(user: User, *, address: str = "") -> None:
    """Delete the user at their own wish, as `_leave` says, and tell their address; `address` is the request's.

    Of two last Admins who leave at once, one stays. Raises LastAdmin, NotFound for an account that is closed already.
    """
    person = _held(user)
    if accounts.is_last_admin(person):
        raise accounts.LastAdmin("You are the organization’s last Admin. Make somebody else an Admin first.")
    where, now = person.organization, timezone.now()
    accounts.record_event(where, AuditKind.ACCOUNT_CLOSED, actor=person, address=address)
    account_jobs.mail_account_closed.enqueue(person.email, person.username, where.name, now.isoformat())
    _leave(person, actor=person)


@transaction.atomic
def delete_member(member: User, *, actor: User, address: str = "") -> None:
    """Delete somebody, as `_leave` says; who may do that, Django's admin knows. Raises LastAdmin, NotFound."""
    person = _held(member)
    if accounts.is_last_admin(person):
        raise accounts.LastAdmin
    accounts.record_event(person.organization, AuditKind.ACCOUNT_CLOSED, actor=actor, subject=person, address=address)
    # History names an organization's own people only.
    _leave(person, actor=actor if actor.organization_id == person.organization_id else None)


def _held(user: User) -> User:
    """Return the user as they are now, and let no other request change who is an Admin meanwhile."""
    accounts.hold_admins(user.organization_id)
    found: User | None = User.objects.select_related("organization").filter(pk=user.pk).first()
    if found is None:
        raise NotFound
    return found


def _leave(person: User, *, actor: User | None) -> None:
    """Delete the person. Their tasks lose their owner, they watch nothing any more, and all that they made stays."""
    # Tasks before the person, as everybody who changes a task locks them: the other way round two could wait for
    # each other.
    _let_go(person, actor)
    list(User.objects.select_for_update(of=("self",)).filter(pk=person.pk))
    # From here on no task can become theirs; some may have meanwhile.
    _let_go(person, actor)
    accounts.forget_person(person)


def _let_go(person: User, actor: User | None) -> None:
    """Take the owner and the watcher from all tasks that have this person as one, each with its line of history."""
    now, email = timezone.now(), person.email.lower()
    for tasks in _concerned(person, email):
        Watcher.objects.filter(task__in=tasks, email=email).delete()
        owned = [task.pk for task in tasks if task.owner_id == person.pk]
        Task.objects.filter(pk__in=owned).update(owner=None, version=F("version") + 1, updated_at=now)
        # Who hears of the work is no news about the work, but it is one of the fields that edits are merged by.
        watched_only = [task.pk for task in tasks if task.owner_id != person.pk]
        Task.objects.filter(pk__in=watched_only).update(version=F("version") + 1)
        lines = Activity.objects.bulk_create(_line(task, person, email, actor) for task in tasks)
        _tell([line for line in lines if "owner" in line.changes], person, actor)


def _concerned(person: User, email: str) -> Iterator[Sequence[Task]]:
    """Give the tasks that the person owns or watches, locked, with their watchers: some at a time."""
    watching = Watcher.objects.filter(task=OuterRef("pk"), email=email)
    tasks = Task.objects.of(person.organization).filter(Q(owner=person) | Exists(watching))
    locked = queries.with_watchers(tasks).select_related("project").defer("description").order_by("pk")
    yield from batched(locked.select_for_update(of=("self",), no_key=True), AT_ONCE)


def _line(task: Task, person: User, email: str, actor: User | None) -> Activity:
    changes: Changes = {"owner": [person.pk, None]} if task.owner_id == person.pk else {}
    watchers = queries.watchers_of(task)
    if email in watchers:
        changes["watchers"] = [watchers, [each for each in watchers if each != email]]
    return Activity(
        organization_id=task.organization_id,
        task=task,
        reference=task.reference,
        actor=actor,
        verb=Activity.Verb.EDITED,
        changes=changes,
        version=task.version + 1,
    )


def _tell(lines: Sequence[Activity], person: User, actor: User | None) -> None:
    """Note for each watcher that a task of theirs lost its owner, and ask for the mails: as `record`, for many."""
    line_of = {line.task_id: line for line in lines}
    watchers = Watcher.objects.filter(task__in=list(line_of)).hearing_of(person.organization_id, actor)
    notices = [
        Notice(
            organization_id=person.organization_id,
            watcher=watcher,
            activity=line_of[watcher.task_id],
            created_at=line_of[watcher.task_id].created_at,
        )
        for watcher in watchers
    ]
    if not notices:
        return
    Notice.objects.bulk_create(notices)
    told = sorted({notice.watcher.task_id for notice in notices})
    due = timezone.now() + datetime.timedelta(seconds=settings.NOTIFICATION_DELAY)
    jobs.mail_watchers_of_all.using(run_after=due).enqueue(told)
