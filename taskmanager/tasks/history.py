"""History in words: what each line of it says to a reader."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import Activity, Task

FORMER_MEMBER = "A former member"
FILES_NAMED = 3
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
    """Return the lines in words: one query more, for the names of people that came and went."""
    rows = list(activities)
    ids = {pk for row in rows for name in ("owner", "author") for pk in row.changes.get(name, []) if pk}
    people = User.objects.of(organization).in_bulk(ids) if ids else {}
    names = {pk: user.display_name for pk, user in people.items()}
    return [
        Event(
            actor=row.actor,
            sentence=_sentence(row, names),
            at=row.created_at,
            changes=[
                Change(label, *_values(name, row.changes[name], names))
                for name, label in LABELS.items()
                if name in row.changes and not _is_told_by_the_verb(row, name)
            ],
        )
        for row in rows
    ]


def _sentence(row: Activity, names: dict[int, str]) -> str:
    said: str = row.get_verb_display()
    if "attachments" in row.changes:
        old, new = row.changes["attachments"]
        return f"{said} {_listed(old or new)}"
    author, _nobody = row.changes.get("author", [row.actor_id, None])
    # "Ada deleted a comment" is her own.
    return said if author == row.actor_id else f"{said} by {in_words('author', author, names)}"


def _listed(files: list[str]) -> str:
    """Return "a.png, b.pdf and c.txt"; of many, the first ones and how many more there are."""
    shown = files if len(files) <= FILES_NAMED + 1 else [*files[:FILES_NAMED], f"{len(files) - FILES_NAMED} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def in_words(name: str, value: Any, names: dict[int, str]) -> str:
    """Return a field's value, as history keeps it, in words."""
    if value in (None, ""):
        nothing = {"owner": "nobody", "author": FORMER_MEMBER.lower(), "due_date": "no date"}
        return nothing.get(name, "nothing")
    match name:
        case "status":
            return Task.Status(value).label
        case "priority":
            return Task.Priority(value).label
        case "owner" | "author":
            return names.get(value, FORMER_MEMBER.lower())
        case "due_date":
            day = datetime.date.fromisoformat(value)
            return f"{day:%b} {day.day}, {day.year}"
    return str(value)


def _is_told_by_the_verb(row: Activity, name: str) -> bool:
    """Whether "Ed claimed it" says already that the owner is Ed now, or "Ed released it" that he was."""
    is_handover = name == "owner" and row.verb in {Activity.Verb.CLAIMED, Activity.Verb.RELEASED}
    return is_handover and row.actor_id is not None and row.actor_id in row.changes[name]


def _values(name: str, values: list[Any], names: dict[int, str]) -> tuple[str, str]:
    if name == "description":
        return "", ""
    old, new = values
    return in_words(name, old, names), in_words(name, new, names)
