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
    "watchers": "Watchers",
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
    address: str = ""
    """Who did it, where only an e-mail address is known."""

    @property
    def actor_name(self) -> str:
        """Who did it."""
        if self.address:
            return self.address
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
            address=row.changes.get("unsubscribed", [""])[0],
        )
        for row in rows
    ]


def _sentence(row: Activity, names: dict[int, str]) -> str:
    if watching := _watching(row):
        return watching
    said: str = row.get_verb_display()
    author, _nobody = row.changes.get("author", [row.actor_id, None])
    # "Ada deleted a comment" is her own.
    return said if author == row.actor_id else f"{said} by {in_words('author', author, names)}"


def _watching(row: Activity) -> str:
    """Return what is said where somebody only began or ceased to watch, "" for everything else."""
    if "unsubscribed" in row.changes:
        return "unsubscribed"
    if row.verb != Activity.Verb.EDITED or row.actor is None or row.changes.keys() != {"watchers"}:
        return ""
    old, new = (set(emails) for emails in row.changes["watchers"])
    own = {row.actor.email.lower()}
    if old ^ new != own:
        return ""
    return "started watching" if own <= new else "stopped watching"


def in_words(name: str, value: Any, names: dict[int, str]) -> str:
    """Return a field's value, as history keeps it, in words."""
    if value in (None, "", []):
        nothing = {"owner": "nobody", "author": FORMER_MEMBER.lower(), "due_date": "no date", "watchers": "nobody"}
        return nothing.get(name, "nothing")
    match name:
        case "status" | "priority":
            labels = Task.Status if name == "status" else Task.Priority
            return str(labels(value).label)
        case "owner" | "author":
            return names.get(value, FORMER_MEMBER.lower())
        case "watchers":
            return ", ".join(value)
        case "due_date":
            day = datetime.date.fromisoformat(value)
            return f"{day:%b} {day.day}, {day.year}"
    return str(value)


def _is_told_by_the_verb(row: Activity, name: str) -> bool:
    """Whether "Ed claimed it" says already that the owner is Ed now, or "Ed released it" that he was."""
    if name == "watchers":
        return row.comment_id is not None or bool(_watching(row))
    is_handover = name == "owner" and row.verb in {Activity.Verb.CLAIMED, Activity.Verb.RELEASED}
    return is_handover and row.actor_id is not None and row.actor_id in row.changes[name]


def _values(name: str, values: list[Any], names: dict[int, str]) -> tuple[str, str]:
    if name == "description":
        return "", ""
    old, new = values
    return in_words(name, old, names), in_words(name, new, names)
