"""History in words: what each line of it says to a reader."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import CharField, F, TextChoices, Value

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import Activity, Epic, Task

FORMER_MEMBER = "A former member"
LEASE = "Its lease"
FILES_NAMED = 3
LABELS = {
    "title": "Title",
    "description": "Description",
    "status": "Status",
    "priority": "Priority",
    "owner": "Owner",
    "epic": "Epic",
    "due_date": "Due date",
    "name": "Name",
    "start_date": "First day",
    "end_date": "Last day",
    "watchers": "Watchers",
}
DATES = {"due_date", "start_date", "end_date"}
CHOICES: dict[str, type[TextChoices]] = {"status": Task.Status, "priority": Task.Priority}

# What rows that history names by their ids are called: {"owner": {7: "Ed Moreno"}, "epic": {3: "Billing"}}.
Names = dict[str, dict[int, str]]
# How an empty field is called.
NOTHING = {
    "owner": "nobody",
    "author": FORMER_MEMBER.lower(),
    "epic": "no epic",
    "due_date": "no date",
    "watchers": "nobody",
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
    other: str = ""
    """Who did it, where only an e-mail address is known, or what, where nobody did."""

    @property
    def actor_name(self) -> str:
        """Who did it."""
        if self.other:
            return self.other
        return self.actor.display_name if self.actor else FORMER_MEMBER


def events(activities: Iterable[Activity], organization: Organization) -> list[Event]:
    """Return the lines in words: one query more, for the names of people and epics that came and went."""
    rows = list(activities)
    people = {pk for row in rows for name in ("owner", "author") for pk in row.changes.get(name, []) if pk}
    epics = {pk for row in rows for pk in row.changes.get("epic", []) if pk}
    names = _names(organization, people, epics)
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
            other=LEASE if "lease" in row.changes else row.changes.get("unsubscribed", [""])[0],
        )
        for row in rows
    ]


def plan_events(activities: Iterable[Activity], organization: Organization) -> list[Event]:
    """Return the lines of an epic or a sprint in words, where planning is about tasks and not about "it"."""
    rows = list(activities)
    told = events(rows, organization)
    verbs = {Activity.Verb.PLANNED: "planned", Activity.Verb.REMOVED: "removed"}
    return [
        replace(event, sentence=f"{verbs[Activity.Verb(row.verb)]} {row.reference}") if row.verb in verbs else event
        for row, event in zip(rows, told, strict=True)
    ]


def _sentence(row: Activity, names: Names) -> str:
    if watching := _watching(row):
        return watching
    if "lease" in row.changes:
        return "ended"
    old, new = row.changes.get("sprint", [None, None])
    match row.verb:
        case Activity.Verb.PLANNED:
            return f"planned it into {new}"
        case Activity.Verb.REMOVED:
            return f"removed it from {old}"
    said: str = row.get_verb_display()
    if "attachments" in row.changes:
        old, new = row.changes["attachments"]
        return f"{said} {_listed(old or new)}"
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


def _listed(files: list[str]) -> str:
    """Return "a.png, b.pdf and c.txt"; of many, the first ones and how many more there are."""
    shown = files if len(files) <= FILES_NAMED + 1 else [*files[:FILES_NAMED], f"{len(files) - FILES_NAMED} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _names(organization: Organization, people: set[int], epics: set[int]) -> Names:
    """Return what the people and the epics are called, with one query however many there are of both."""
    names: Names = {"owner": {}, "epic": {}}
    if not people and not epics:
        return names
    found_people = User.objects.of(organization).filter(pk__in=people)
    columns = [Value("owner"), F("pk"), F("username"), F("first_name"), F("last_name")]
    rows = found_people.order_by().values_list(*columns)
    if epics:
        empty = Value("", output_field=CharField())
        found_epics = Epic.objects.of(organization).filter(pk__in=epics)
        rows = rows.union(found_epics.order_by().values_list(Value("epic"), F("pk"), F("name"), empty, empty), all=True)
    for kind, pk, name, first_name, last_name in rows:
        names[kind][pk] = f"{first_name} {last_name}".strip() or name
    return names


def in_words(name: str, value: Any, names: Names) -> str:
    """Return a field's value, as history keeps it, in words."""
    if value in (None, "", []):
        return NOTHING.get(name, "nothing")
    if name in DATES:
        day = datetime.date.fromisoformat(value)
        return f"{day:%b} {day.day}, {day.year}"
    if name in CHOICES:
        return str(CHOICES[name](value).label)
    if name in {"owner", "author"}:
        return names["owner"].get(value, FORMER_MEMBER.lower())
    if name == "epic":
        return names["epic"].get(value, "a deleted epic")
    return ", ".join(value) if isinstance(value, list) else str(value)


def _is_told_by_the_verb(row: Activity, name: str) -> bool:
    """Whether "Ed claimed it" says already that the owner is Ed now, or "Ed released it" that he was."""
    if name == "watchers":
        return row.comment_id is not None or bool(_watching(row))
    is_handover = name == "owner" and row.verb in {Activity.Verb.CLAIMED, Activity.Verb.RELEASED}
    return is_handover and row.actor_id is not None and row.actor_id in row.changes[name]


def _values(name: str, values: list[Any], names: Names) -> tuple[str, str]:
    if name == "description":
        return "", ""
    old, new = values
    return in_words(name, old, names), in_words(name, new, names)
