"""Editing together: what an edit really changes, measured from the version that it started from."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from taskmanager.accounts.models import User
from taskmanager.errors import Conflict, DomainError
from taskmanager.tasks import queries
from taskmanager.tasks.models import Comment, Epic, Sprint, Task
from taskmanager.tasks.services.writing import comparable


class UnknownVersion(DomainError):
    """The edit names a version that never was."""

    field = "version"
    message = "This form names a version that doesn't exist. Reload the page."


class OtherVersion(DomainError):
    """A strict edit started from a version that isn't the present one."""

    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self, item: Any) -> None:
        """Take the task, epic, sprint or comment as it is now."""
        self.item = item
        super().__init__(f"This was changed meanwhile: it has version {item.version} now.")


@dataclass(frozen=True)
class Conflicting:
    """A field that was changed by others since the edit began, and by the edit to something else."""

    field: str
    yours: Any
    theirs: Any
    actor: User | None  # who changed it last; None for a former member


class EditConflict(Conflict):
    """Somebody changed the same fields meanwhile; nothing was saved."""

    def __init__(self, item: Any, fields: list[Conflicting], kept: dict[str, Any]) -> None:
        """Take the task, epic or sprint as it is now, the fields in question, and those that only others changed."""
        self.item = item
        self.fields = fields
        self.kept = kept
        super().__init__("Somebody changed the same fields while you were editing.")

    @property
    def task(self) -> Task:
        """The item, for whoever edited a task."""
        task: Task = self.item
        return task


@dataclass
class Merge:
    """An edit and what others changed since it began, laid over each other."""

    changes: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    conflicts: list[Conflicting] = field(default_factory=list)
    originals: dict[str, Any] = field(default_factory=dict)  # as history keeps them, of fields changed since
    last_actor: dict[str, User | None] = field(default_factory=dict)


def starting_version(item: Task | Epic | Sprint | Comment, version: int | None, *, is_strict: bool) -> int:
    """Return the version that an edit of the locked item starts from: the present one where it names none.

    Raises OtherVersion for a strict edit that started from another one.
    """
    if is_strict and version != item.version:
        raise OtherVersion(item)
    return item.version if version is None else version


def merge(item: Task | Epic | Sprint, version: int, wanted: dict[str, Any]) -> Merge:
    """Return what is left to be changed, and where others were quicker. Raises UnknownVersion."""
    if not 1 <= version <= item.version:
        raise UnknownVersion
    result = Merge()
    since = item.activities.filter(version__gt=version).select_related("actor").order_by("pk")
    for activity in since:
        for name, (old, _new) in activity.changes.items():
            result.originals.setdefault(name, old)
            result.last_actor[name] = activity.actor
    for name, value in wanted.items():
        current = queries.field_of(item, name)
        mine, now = comparable(value), comparable(current)
        if mine == now:
            continue
        if mine == result.originals.get(name, now):
            result.kept[name] = current  # untouched by this edit: what others made of it stays
            continue
        if result.originals.get(name, now) != now:
            result.conflicts.append(Conflicting(name, value, current, result.last_actor[name]))
        result.changes[name] = value
    return result


def settled(item: Task | Epic | Sprint, merged: Merge) -> dict[str, Any]:
    """Return the changes to make. Raises EditConflict where there is something to be decided first."""
    if merged.conflicts:
        raise EditConflict(item, merged.conflicts, merged.kept)
    return merged.changes
