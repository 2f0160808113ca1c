"""History in words: what each line of it says to a reader."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import Activity, Task

FORMER_MEMBER = "A former member"
LABELS = {
    "title": "Title",
    "description": "Description",
    "status": "Status",
    "priority": "Priority",
    "owner": "Owner",
    "due_date": "Due date",
}


@dataclass(frozen=True)
class Change:
    """A field's old and new value in words; both are empty for long texts."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Event:
    """One line of history in words."""

    actor: User | None
    sentence: str
    at: datetime.datetime
    changes: list[Change] = field(default_factory=list)

    @property
    def actor_name(self) -> str:
        """Who did it."""
        return self.actor.display_name if self.actor else FORMER_MEMBER


def events(activities: Iterable[Activity], organization: Organization) -> list[Event]:
    """Return the lines in words: one query more, for the names of owners that came and went."""
    rows = list(activities)
    owner_ids = {pk for row in rows for pk in row.changes.get("owner", []) if pk}
    owners = User.objects.of(organization).in_bulk(owner_ids) if owner_ids else {}
    names = {pk: user.display_name for pk, user in owners.items()}
    return [
        Event(
            actor=row.actor,
            sentence=row.get_verb_display(),
            at=row.created_at,
            changes=[
                Change(label, *_values(name, row.changes[name], names))
                for name, label in LABELS.items()
                if name in row.changes and not _is_told_by_the_verb(row, name)
            ],
        )
        for row in rows
    ]


def in_words(name: str, value: Any, owner_names: dict[int, str]) -> str:
    """Return a field's value, as history keeps it, in words."""
    if value in (None, ""):
        return {"owner": "nobody", "due_date": "no date"}.get(name, "nothing")
    match name:
        case "status":
            return Task.Status(value).label
        case "priority":
            return Task.Priority(value).label
        case "owner":
            return owner_names.get(value, FORMER_MEMBER.lower())
        case "due_date":
            day = datetime.date.fromisoformat(value)
            return f"{day:%b} {day.day}, {day.year}"
    return str(value)


def _is_told_by_the_verb(row: Activity, name: str) -> bool:
    """Whether "Ed claimed it" says already that the owner is Ed now, or "Ed released it" that he was."""
    is_handover = name == "owner" and row.verb in {Activity.Verb.CLAIMED, Activity.Verb.RELEASED}
    return is_handover and row.actor_id is not None and row.actor_id in row.changes[name]


def _values(name: str, values: list[Any], owner_names: dict[int, str]) -> tuple[str, str]:
    if name == "description":
        return "", ""
    old, new = values
    return in_words(name, old, owner_names), in_words(name, new, owner_names)
