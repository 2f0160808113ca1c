"""Creating, editing, moving, archiving and deleting tasks."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.errors import Conflict, DomainError, NotAllowed, NotFound
from taskmanager.tasks import positions, queries
from taskmanager.tasks.models import Activity, Epic, Project, Task
from taskmanager.tasks.permissions import may_change, may_claim, require, require_change
from taskmanager.tasks.services.claims import count_won, lost
from taskmanager.tasks.services.epics import lock_epic
from taskmanager.tasks.services.files import remove_files_of
from taskmanager.tasks.services.merging import Conflicting, merge, settled, starting_version
from taskmanager.tasks.services.watchers import set_watchers
from taskmanager.tasks.services.writing import enter, locked, record, snapshot, write


class DueBeforeCreation(DomainError):
    """The due date lies before the day of creation."""

    field = "due_date"
    message = "The due date may not lie before the day on which the task was created."


class UnassignedHasNoOwner(DomainError):
    """One edit gave an owner and took the task out of work."""

    field = "status"
    message = "An unassigned task has no owner. Choose another status, or no owner."


class OwnerGone(Conflict):
    """Whom the task was to be given has closed their account this moment."""

    message = "Whoever you chose as the owner has just left the organization. Choose somebody else."


@transaction.atomic
def create_task(
    project: Project,
    *,
    actor: User,
    title: str,
    description: str = "",
    status: str = "",
    priority: str = Task.Priority.MEDIUM,
    owner: User | None = None,
    epic: Epic | None = None,
    due_date: datetime.date | None = None,
    watchers: Sequence[str] = (),
) -> Task:
    """Make a task on the project's board, on top of its column, with the project's next number.

    Without a status it is unassigned, or in progress where it has an owner; one that starts in progress
    without an owner is the actor's. `watchers` are e-mail addresses.
    Raises NotAllowed, NotFound, OwnerGone, DueBeforeCreation, UnassignedHasNoOwner, TooManyWatchers.
    """
    require(actor, "tasks.add_task", project.organization_id)
    _require_own(owner, project.organization_id)
    lock_epic(epic, project.organization_id)
    if owner and status == Task.Status.UNASSIGNED:
        raise UnassignedHasNoOwner
    status = status or (Task.Status.IN_PROGRESS if owner else Task.Status.UNASSIGNED)
    if status == Task.Status.IN_PROGRESS and owner is None:
        owner = actor
    # The lock makes the next creator wait, so that numbers have neither twins nor, after a rollback, gaps.
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    _hold_member(owner)
    project.last_number += 1
    project.save(update_fields=["last_number"])
    now = timezone.now()
    if due_date and due_date < now.date():
        raise DueBeforeCreation
    task = Task.objects.create(
        organization_id=project.organization_id,
        project=project,
        number=project.last_number,
        title=title,
        description=description,
        status=status,
        priority=priority,
        creator=actor,
        owner=owner,
        epic=epic,
        due_date=due_date,
        position=positions.top(project.last_number),
        created_at=now,
        updated_at=now,
        completed_at=now if status == Task.Status.DONE else None,
        archived_at=now if status == Task.Status.ARCHIVED else None,
    )
    set_watchers(task, watchers)
    record(task, actor, Activity.Verb.CREATED, {})
    return task


@transaction.atomic
def edit_task(task: Task, *, actor: User, version: int | None, is_strict: bool = False, **wanted: Any) -> Task:
    """Change the fields that `wanted` names: title, description, status, priority, owner, epic, due_date, watchers.

    `version` is the one that the edit started from, None for whichever it is now. Fields that others changed since,
    and this edit didn't, keep their new values; where both changed a field to different values, nothing is saved.
    A strict edit is refused by any change since.
    Raises EditConflict, OtherVersion, UnknownVersion, UnassignedHasNoOwner, OwnerGone, DueBeforeCreation,
    TooManyWatchers, NotAllowed, NotFound.
    """
    task = locked(task)
    require_change(task, actor)
    version = starting_version(task, version, is_strict=is_strict)
    _require_own(wanted.get("owner"), task.organization_id)
    _hold_member(wanted.get("owner"))
    lock_epic(wanted.get("epic"), task.organization_id)
    changes = _merge(task, version, wanted)
    if not changes:
        return task
    before = snapshot(task)
    _apply(task, changes, actor)
    if task.due_date and task.due_date < task.created_at.astimezone(datetime.UTC).date():
        raise DueBeforeCreation
    told = set_watchers(task, changes["watchers"]) if "watchers" in changes else {}
    return write(task, before=before, actor=actor, verb=Activity.Verb.EDITED, told=told)


def _merge(task: Task, version: int, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what the edit really changes. Raises EditConflict, UnknownVersion."""
    merged = merge(task, version, wanted)
    owner_came_meanwhile = task.owner_id is not None and merged.originals.get("owner", task.owner_id) != task.owner_id
    changes = merged.changes
    if changes.get("status") == Task.Status.UNASSIGNED and "owner" not in changes and owner_came_meanwhile:
        # Taking it out of work would take it from somebody whom this edit has never seen as its owner.
        merged.kept.pop("owner", None)
        merged.conflicts.append(Conflicting("owner", None, task.owner, merged.last_actor["owner"]))
    return settled(task, merged)


def _apply(task: Task, changes: dict[str, Any], actor: User) -> None:
    """Set the fields and what follows: who gets an owner is in progress, who is unassigned has none."""
    for field in changes.keys() - {"status", "owner", "watchers"}:
        setattr(task, field, changes[field])
    status = changes.get("status", task.status)
    owner = changes.get("owner", task.owner)
    if "status" in changes and status == Task.Status.UNASSIGNED:
        if changes.get("owner"):
            raise UnassignedHasNoOwner
        owner = None
    elif "owner" in changes and "status" not in changes:
        if owner and status == Task.Status.UNASSIGNED:
            status = Task.Status.IN_PROGRESS
        elif owner is None and status == Task.Status.IN_PROGRESS:
            status = Task.Status.UNASSIGNED
    elif status == Task.Status.IN_PROGRESS and "status" in changes and owner is None:
        owner = actor
    task.owner = owner
    enter(task, status)


@transaction.atomic
def move_task(task: Task, *, actor: User, status: str, after: int | None = None) -> Task:
    """Put a task into the column `status`, below the task with the id `after`, or on top.

    A task without an owner that is moved in progress becomes the actor's, which anybody may do who may claim.
    Raises AlreadyClaimed where that came too late, NotAllowed, NotFound for an `after` of another board.
    """
    require(actor, "tasks.change_task", task.organization_id)
    # Moves on one board wait for each other, so that two can't take the same place; the key is then
    # made from the two neighbours alone, and no other row changes.
    Project.objects.select_for_update(no_key=True).get(pk=task.project_id)
    task = locked(task)
    is_claim = status == Task.Status.IN_PROGRESS and task.owner_id is None
    if not may_change(task, actor) and not (is_claim and may_claim(task, actor)):
        if status == Task.Status.IN_PROGRESS:
            raise lost("move")
        raise NotAllowed("Only its creator, its owner or an Admin can move this task.")
    before = snapshot(task)
    verb = _verb_of_move(task, status, is_claim=is_claim)
    if is_claim:
        task.owner = actor
        count_won("move")
    enter(task, status)
    task.position = _place(task, after)
    return write(task, before=before, actor=actor, verb=verb)


def _verb_of_move(task: Task, status: str, *, is_claim: bool) -> str:
    if is_claim:
        return Activity.Verb.CLAIMED
    if status == task.status:
        return Activity.Verb.REORDERED
    if status == Task.Status.ARCHIVED:
        return Activity.Verb.ARCHIVED
    if status == Task.Status.UNASSIGNED and task.owner_id:
        return Activity.Verb.RELEASED
    return Activity.Verb.MOVED


def _place(task: Task, after: int | None) -> str:
    """Return the key of the place below the task `after`, or on top of the task's column."""
    if after is None:
        return positions.top(task.number)
    above = Task.objects.filter(pk=after, organization_id=task.organization_id, project_id=task.project_id).first()
    if above is None or above.pk == task.pk:
        raise NotFound
    if above.status != task.status:
        return positions.top(task.number)  # it has just moved away: the column is what counts
    below = queries.card_below(above, without=task)
    key = positions.between(above.position, below.position if below else "")
    if len(key) > positions.MAX_LENGTH:
        _spread(task)
        return _place(task, after)
    return key


def _spread(task: Task) -> None:
    """Give the tasks of a column new, short keys in the same order: needed after hundreds of moves to one place."""
    column = list(
        Task.objects.filter(project_id=task.project_id, status=task.status)
        .exclude(pk=task.pk)
        .order_by("position", "pk")
        .only("pk")
    )
    for other, key in zip(column, positions.spread(len(column)), strict=True):
        other.position = key
    Task.objects.bulk_update(column, ["position"], batch_size=500)


def archive_task(task: Task, *, actor: User) -> Task:
    """Take a task off the board; it can be moved back. Raises NotAllowed, NotFound."""
    return move_task(task, actor=actor, status=Task.Status.ARCHIVED)


@transaction.atomic
def delete_task(task: Task, *, actor: User) -> None:
    """Delete a task for good with its files; its history stays, and its number isn't used again.

    Raises NotAllowed, NotFound.
    """
    require(actor, "tasks.delete_task", task.organization_id)
    task = locked(task)
    task.version += 1
    record(task, actor, Activity.Verb.DELETED, {"title": [task.title, None]})
    remove_files_of(task.attachments.all())
    task.delete()


def _require_own(user: User | None, organization_id: int) -> None:
    if user and user.organization_id != organization_id:
        raise NotFound


def _hold_member(user: User | None) -> None:
    """Keep the owner from being deleted while they get a task: call it after the locks of projects and tasks.

    Whoever deletes somebody locks in this order, too, so that nobody waits for each other. Raises OwnerGone.
    """
    if user and not User.objects.select_for_update(no_key=True).filter(pk=user.pk).exists():
        raise OwnerGone
