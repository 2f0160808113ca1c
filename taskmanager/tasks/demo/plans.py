"""The demo's epics and sprints: what is part of what, and what was planned when."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from taskmanager.tasks.demo.items import ADMIN, DONE, FREE, Item
from taskmanager.tasks.demo.schedule import Act, Clock, Verb
from taskmanager.tasks.demo.web_late import PASSKEY, PAYMENTS

FORTNIGHT = datetime.timedelta(days=14)
LAST_NUMBER = 14  # of the sprint that is active
PAST_SPRINTS = 6
PLANNING = datetime.time(9, 10, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Theme:
    """An epic, and the words in titles that make an item part of it."""

    name: str
    text: str
    words: tuple[str, ...]


THEMES = (
    Theme(
        "Billing",
        "Everything between the price list and the money: invoices, cards, refunds.\n\n"
        "**Done when** nobody has to write an invoice by hand.",
        ("payment", "invoice", "billing", "checkout", "receipts", "credit notes", "plan’s", "the plan's", "trials"),
    ),
    Theme(
        "Accounts",
        "Signing in, and being sure who somebody is. Passkeys come last, because they build on the rest.",
        ("passkey", "second factor", "password", "role changes", "sign-in", "addresses that differ", "session"),
    ),
    Theme(
        "Onboarding",
        "The first hour of a new team: registration, import, and pages that teach while they are still empty.",
        ("import", "empty states", "registration", "welcome", "invite", "invitation", "help"),
    ),
    Theme(
        "Live board",
        "Two people look at one board and see the same, without a reload.",
        ("drag", "card", "live updates", "board ", "boards ", "keyboard", "undo"),
    ),
    Theme(
        "API",
        "What programs need to work with us: tokens, webhooks, limits that explain themselves.",
        ("api", "webhook", "rate limits", "sign webhooks"),
    ),
)


def theme_of(item: Item) -> str:
    """Return the name of the epic that the item is part of, "" for none."""
    title = f"{item.title.lower()} "
    return next((theme.name for theme in THEMES if any(word in title for word in theme.words)), "")


@dataclass(frozen=True)
class Period:
    """A sprint of the demo: two weeks from a Monday to a Sunday."""

    number: int
    start: datetime.date

    @property
    def name(self) -> str:
        """What people call it."""
        return f"Sprint {self.number}"

    @property
    def end(self) -> datetime.date:
        """Its last day."""
        return self.start + FORTNIGHT - datetime.timedelta(days=1)

    def has(self, moment: datetime.datetime) -> bool:
        """Whether the moment lies in it."""
        return self.start <= moment.date() <= self.end


def periods(clock: Clock) -> list[Period]:
    """Return the sprints, the oldest first: those that are over, the active one, and the next."""
    today = clock.now.astimezone(datetime.UTC).date()
    monday = today - datetime.timedelta(days=today.weekday())
    # From Thursday on it has just begun; before, it is in its second week: there is always something to see.
    active = monday if today.weekday() >= 3 else monday - datetime.timedelta(days=7)
    return [Period(LAST_NUMBER + index, active + index * FORTNIGHT) for index in range(-PAST_SPRINTS, 2)]


def plan(items: Sequence[Item], acts: Sequence[Act], clock: Clock) -> Iterator[Act]:
    """Yield the acts that plan items into sprints, made from when they were taken and finished."""
    sprints = periods(clock)
    now, coming = sprints[-2], sprints[-1]
    histories: dict[Item, list[Act]] = {item: [] for item in items}
    for act in acts:
        if act.item in histories:
            histories[act.item].append(act)
    free = [item for item in items if item.status == FREE]
    soon = {PAYMENTS, PASSKEY, *free[-6:-3]}
    later = set(free[-12:-6]) - soon
    for item, history in histories.items():
        created = history[0].at
        ended = next((act.at for act in reversed(history) if act.status == DONE), None)
        taken = next((act.at for act in history if act.verb == Verb.CLAIMED or "owner" in act.fields), None)
        wanted: set[Period] = set()
        if item in soon or (taken and not ended):
            wanted.add(now)
        if item in later:
            wanted.add(coming)
        wanted |= {sprint for sprint in sprints for moment in (taken, ended) if moment and sprint.has(moment)}
        last = history[-1].at
        for sprint in sorted(wanted, key=lambda sprint: sprint.number):
            at = max(created, datetime.datetime.combine(sprint.start, PLANNING))
            if sprint == coming:
                at = max(created, datetime.datetime.combine(now.start, PLANNING))
            # A minute after its last change at the latest: nothing is planned that was archived long ago.
            at = min(at + datetime.timedelta(minutes=1), max(last, created) + datetime.timedelta(minutes=1))
            if at < clock.at(0):
                yield Act(0, at, Verb.PLANNED, ADMIN, item, sprint=sprint.name)
