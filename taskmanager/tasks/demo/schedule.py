"""Who does what with the demo's items, and when: an act for each line of history, the oldest first."""

import datetime
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmanager.tasks.demo.comments import COMMENTS
from taskmanager.tasks.demo.files import ATTACHED
from taskmanager.tasks.demo.items import (
    ADMIN,
    ARCHIVED,
    DOING,
    DONE,
    FREE,
    HIGH,
    PEOPLE,
    URGENT,
    Item,
)
from taskmanager.tasks.models import Activity

Verb = Activity.Verb

OPENING = datetime.time(8, 30, tzinfo=datetime.UTC)
WORKING_DAY = datetime.timedelta(hours=9)
SATURDAY = 5

# The sketch's three completed tasks are the latest ones: everything else was done before, in working days.
QUIET_DAYS = 3.8
HASTE: dict[str, float] = {HIGH: 0.5, URGENT: 0.15}


@dataclass(frozen=True)
class Clock:
    """Counts back from `now` in working days, so that nobody works at night or on Sundays."""

    now: datetime.datetime

    def at(self, age: float) -> datetime.datetime:
        """Return the moment `age` working days before now; a larger age is never a later moment."""
        now = self.now.astimezone(datetime.UTC)
        day = now.date()
        worked = min(now - _opening(day), WORKING_DAY)
        if not _is_working_day(day):
            worked = datetime.timedelta(0)
        left = age * WORKING_DAY
        while left > worked or worked <= datetime.timedelta(0):
            left -= max(worked, datetime.timedelta(0))
            day -= datetime.timedelta(days=1)
            worked = WORKING_DAY if _is_working_day(day) else datetime.timedelta(0)
        return _opening(day) + worked - left

    def due(self, days: int, *, since: datetime.date) -> datetime.date:
        """Return the working day about `days` after `since`: overdue stays overdue, and ahead stays ahead."""
        day = since + datetime.timedelta(days=days)
        while not _is_working_day(day):
            day += datetime.timedelta(days=1 if days > 0 else -1)
        return day


def _opening(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, OPENING)


def _is_working_day(day: datetime.date) -> bool:
    return day.weekday() < SATURDAY


@dataclass(frozen=True)
class Act:
    """One thing that somebody does; each becomes one line of history."""

    age: float
    """In working days."""
    at: datetime.datetime
    verb: Verb
    actor: str
    item: Item
    fields: dict[str, Any] = field(default_factory=dict)
    """What is created, edited, said or attached: names and values of the services' arguments."""
    status: str = ""
    """Where it is moved."""
    above: Item | None = None
    """Which item it is put below; None is the top."""
    sprint: str = ""
    """The name of the sprint that it is planned into."""


def schedule(items: Sequence[Item], clock: Clock, *, first: float, last: float) -> Iterator[Act]:
    """Yield all acts of the items, which were created evenly from `first` to `last` working days ago.

    The acts of one item come in their order; those of several have to be sorted by age.
    """
    gap = (first - last) / (len(items) - 1)
    for index, item in enumerate(items):
        # Seeded with its title, so that an item's history is the same on every run, whatever stands around it.
        chance = random.Random(item.title)  # noqa: S311 (nothing secret)
        # Less than half a gap: the items stay in their order, which is that of their numbers.
        created = first - gap * (index + chance.uniform(-0.45, 0.45))
        yield from sorted(_acts(item, created, clock, chance), key=lambda act: act.age, reverse=True)


def reorder(items: Sequence[Item], clock: Clock, *, age: float) -> Iterator[Act]:
    """Yield the acts that put the items on top of their column, in this order."""
    for above, item in zip([None, *items], items, strict=False):
        yield Act(age, clock.at(age), Verb.REORDERED, ADMIN, item, status=item.status, above=above)


def _acts(item: Item, created: float, clock: Clock, chance: random.Random) -> Iterator[Act]:
    def act(age: float, verb: Verb, actor: str, **more: Any) -> Act:
        return Act(age, clock.at(age), verb, actor, item, **more)

    taken, ended = _milestones(item, created, chance)
    waiting = created - taken
    working = taken - ended
    now_fields, first_fields = _fields(item, clock, ended)
    yield act(created, Verb.CREATED, item.by, fields={**now_fields, **first_fields})
    if item.is_edited:
        edits = {name: now_fields[name] for name in first_fields}
        age = created - waiting * chance.uniform(0.05, 0.25)
        yield act(age, Verb.EDITED, _steward(item), fields=edits)
    if item.tried_by:
        yield act(created - waiting * chance.uniform(0.3, 0.4), Verb.CLAIMED, item.tried_by)
        yield act(created - waiting * chance.uniform(0.6, 0.9), Verb.RELEASED, item.tried_by)
    if item.owner and item.assigned:
        yield act(taken, Verb.EDITED, _steward(item), fields={"owner": item.owner})
    elif item.owner:
        yield act(taken, Verb.CLAIMED, item.owner)
    finisher = item.owner if item.owner and PEOPLE[item.owner].may_change else _steward(item)
    if item.reopened:
        yield act(taken - working * 0.5, Verb.MOVED, finisher, status=DONE)
        yield act(taken - working * 0.6, Verb.MOVED, _steward(item), status=DOING)
    if item.outcome:
        text = f"{now_fields['description']}\n\n{item.outcome.strip()}"
        yield act(ended + working * 0.05, Verb.EDITED, finisher, fields={"description": text})
    if item.owner and item.status != DOING:
        yield act(ended, Verb.MOVED, finisher, status=DONE)
    if item.status == ARCHIVED:
        age = ended * chance.uniform(0.3, 0.9) if item.owner else ended
        yield act(age, Verb.ARCHIVED, ADMIN if chance.random() < 0.5 else _steward(item))
    yield from _comments(item, created, ended, clock)
    yield from _files(item, created, ended, clock)


def _comments(item: Item, created: float, ended: float, clock: Clock) -> Iterator[Act]:
    for said in COMMENTS.get(item.title, ()):
        age = created - (created - ended) * said.when
        yield Act(age, clock.at(age), Verb.COMMENTED, said.by, item, {"text": said.text})
        if said.edited:
            age -= (created - ended) * 0.01
            yield Act(age, clock.at(age), Verb.EDITED_COMMENT, said.by, item, {"text": said.edited})


def _files(item: Item, created: float, ended: float, clock: Clock) -> Iterator[Act]:
    for attached in ATTACHED.get(item.title, ()):
        age = created - (created - ended) * attached.when
        yield Act(age, clock.at(age), Verb.ATTACHED, attached.by, item, {"names": attached.names})


def _steward(item: Item) -> str:
    """Return who looks after an item that isn't taken: its author, where their role permits it."""
    return item.by if PEOPLE[item.by].may_change else ADMIN


def _milestones(item: Item, created: float, chance: random.Random) -> tuple[float, float]:
    """Return how many working days ago the item was taken, and ended: as claimed, done or given up."""
    haste = HASTE.get(item.priority, 1.0)
    waiting = haste * 10 ** chance.uniform(-1, 0.7)  # an hour to a week …
    working = haste * 10 ** chance.uniform(-0.7, 1)  # … and two hours to two weeks: most is small
    if item.status == FREE:
        return created * 0.3, 0
    if item.status == DOING:
        taken = item.last if item.last is not None else created * chance.uniform(0.4, 0.8)
        return taken, 0
    if item.last is not None:
        working = min(working, (created - item.last) * 0.6)
        return item.last + working, item.last
    room = created - QUIET_DAYS
    scale = min(1, room / (waiting + working))
    return created - waiting * scale, created - (waiting + working) * scale


def _fields(item: Item, clock: Clock, ended: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields as they are, and those that were different at first."""
    is_open = item.status in {FREE, DOING}
    since = (clock.now if is_open else clock.at(ended)).astimezone(datetime.UTC).date()
    now: dict[str, Any] = {
        "title": item.title,
        "description": item.text.strip(),
        "priority": item.priority,
        "due_date": None if item.due is None else clock.due(item.due, since=since),
    }
    first: dict[str, Any] = {}
    if item.old_title:
        first["title"] = item.old_title
    if item.old_priority:
        first["priority"] = item.old_priority
    if item.old_due is not None:
        first["due_date"] = clock.due(item.old_due, since=since)
    return now, first
