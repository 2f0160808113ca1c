"""How every service changes a task, an epic or a sprint: one row, its version, and its line of history."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.errors import NotFound
from taskmanager.tasks import jobs, positions
from taskmanager.tasks.models import Activity, Comment, Epic, Notice, Sprint, Task, Watcher, folded

Changes = dict[str, list[Any]]


def locked(task: Task) -> Task:
    """Return the task as it is now, locked until the transaction ends. Raises NotFound where it is gone."""
    fresh = (
        Task.objects.filter(pk=task.pk, organization_id=task.organization_id)
        .select_related("project")
        # On SQLite the transaction itself holds the only write lock, and this adds nothing.
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if fresh is None:
        raise NotFound
    return fresh


def enter(task: Task, status: str) -> None:
    """Set the status and what follows from it: the times of completion and archiving, the place on top."""
    if status == task.status:
        return
    was_archived = task.status == Task.Status.ARCHIVED
    task.status = status
    task.position = positions.top(task.number)
    if status == Task.Status.DONE:
        # Back from the archive it was completed when it was, not now.
        task.completed_at = (was_archived and completion_before_archiving(task)) or timezone.now()
    else:
        task.completed_at = None
    task.archived_at = timezone.now() if status == Task.Status.ARCHIVED else None
    if status == Task.Status.UNASSIGNED:
        task.owner = None


def completion_before_archiving(task: Task) -> datetime.datetime | None:
    """Return when an archived task had been completed, None where it was archived undone."""
    # By the change and not by the verb: an edit archives, too.
    archived = task.activities.filter(changes__status__1=Task.Status.ARCHIVED).order_by("-pk").first()
    old = archived.changes.get("completed_at", [None])[0] if archived else None
    return datetime.datetime.fromisoformat(old) if old else None


FIELDS = ("title", "description", "status", "priority", "owner_id", "epic_id", "due_date", "completed_at")


def snapshot(task: Task) -> dict[str, Any]:
    """Return the values whose changes history tells."""
    return {name: comparable(getattr(task, name)) for name in FIELDS}


def write(
    task: Task,
    *,
    before: dict[str, Any],
    actor: User | None,
    verb: str,
    told: Changes | None = None,
    lease_seconds: int | None = None,
) -> Task:
    """Save what differs from the snapshot `before` as the task's next version, with its line of history.

    `told` is what history tells beside, of what was changed already. A new owner has the task for `lease_seconds`, or
    without an end.
    """
    after = snapshot(task)
    changes = {name: [before[name], after[name]] for name in FIELDS if before[name] != after[name]}
    if changes.keys() & {"owner_id", "status"}:
        # A lease is one owner's, for work in progress: whoever else gets the task, or finishes it, ends it.
        set_lease(task, lease_seconds)
    task.version += 1
    task.updated_at = timezone.now()
    task.save(update_fields=[*_columns(changes), *LEASE, "archived_at", "position", "version", "updated_at"])
    record(task, actor, verb, {**changes, **(told or {})})
    return task


LEASE = ("lease_expires_at", "lease_seconds")


def set_lease(task: Task, seconds: int | None) -> None:
    """Let the task's claim end in so many seconds from now, or never."""
    task.lease_seconds = seconds
    task.lease_expires_at = None if seconds is None else timezone.now() + datetime.timedelta(seconds=seconds)


def record(task: Task, actor: User | None, verb: str, changes: Changes, *, comment: Comment | None = None) -> Activity:
    """Write one line of history, and have the watchers told.

    People and epics are kept by their id, moments and dates by ISO 8601.
    """
    activity = Activity.objects.create(
        organization_id=task.organization_id,
        task=task,
        comment=comment,
        reference=task.reference,
        actor=actor,
        verb=verb,
        changes={name.removesuffix("_id"): values for name, values in changes.items()},
        version=task.version,
    )
    _tell_watchers(activity)
    return activity


# What a watcher gets a mail for, beside comments.
NEWS = {"status", "owner", "due_date"}


def _tell_watchers(activity: Activity) -> None:
    """Note for each watcher that they are to hear of it, and ask for the mail, in the transaction of the change."""
    if activity.verb != Activity.Verb.COMMENTED and not NEWS & activity.changes.keys():
        return
    watchers = list(Watcher.objects.to_tell(activity))
    if activity.task_id is None or not watchers:
        return
    Notice.objects.bulk_create(
        Notice(
            organization_id=activity.organization_id,
            watcher=watcher,
            activity=activity,
            created_at=activity.created_at,
        )
        for watcher in watchers
    )
    # Changes that follow until then are told in the same mail; their own jobs find nothing left to do.
    due = activity.created_at + datetime.timedelta(seconds=settings.NOTIFICATION_DELAY)
    jobs.mail_watchers.using(run_after=due).enqueue(activity.task_id)


def write_plan(item: Epic | Sprint, changes: dict[str, Any], actor: User) -> None:
    """Set the fields of an epic or a sprint, save them as its next version, and tell it in its history."""
    told: Changes = {}
    for name, value in changes.items():
        told[name] = [comparable(getattr(item, name)), comparable(value)]
        setattr(item, name, value)
    item.version += 1
    item.updated_at = timezone.now()
    item.save(update_fields=[*changes, "version", "updated_at"])
    record_plan(item, actor, Activity.Verb.EDITED, told)


def record_plan(item: Epic | Sprint, actor: User, verb: str, changes: Changes) -> Activity:
    """Write one line of an epic's or a sprint's history."""
    return Activity.objects.create(
        organization_id=item.organization_id,
        epic=item if isinstance(item, Epic) else None,
        sprint=item if isinstance(item, Sprint) else None,
        reference=item.name,
        actor=actor,
        verb=verb,
        changes=changes,
        version=item.version,
    )


def _columns(names: Iterable[str]) -> list[str]:
    return [name.removesuffix("_id") for name in names]


def comparable(value: Any) -> Any:
    """Return the value as history keeps it: a row by its id, days and moments by ISO 8601."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list):
        return folded(value)
    return value.isoformat() if isinstance(value, datetime.date) else value
