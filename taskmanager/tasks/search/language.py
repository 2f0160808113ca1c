"""The language of search: what people type into a search field or a filter.

`read` turns the text into a `Query`; nothing that can be typed is an error. What can't be understood becomes a
`Problem` with a sentence for the person, and the rest still applies. A new term is one entry in TERMS.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Lower

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import Epic, Project, Sprint, SprintMembership, Task

MAX_LENGTH = 500  # characters; PostgreSQL refuses a single word of more than 2,046 bytes
MAX_PARTS = 20  # words and terms

OPEN = (Task.Status.UNASSIGNED, Task.Status.IN_PROGRESS)
LOOKUPS = {"": "exact", "=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
# Phones and word processors type these instead of ".
QUOTES = str.maketrans("“”„‟«»", '""""""')
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
TO_SPACES = str.maketrans(PUNCTUATION, " " * len(PUNCTUATION))

PART = re.compile(r'(?P<minus>-?)(?:(?P<key>[A-Za-z_]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')
OPERATOR = re.compile(r"^(<=|>=|<|>|=)?(.*)", re.DOTALL)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
REFERENCE = re.compile(r"(?P<key>[A-Z0-9]{2,10})-(?P<number>[1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Word:
    """A word to be found, or with `exact` a phrase."""

    text: str
    exact: bool = False
    negated: bool = False
    source: str = field(default="", compare=False)

    @property
    def pieces(self) -> list[str]:
        """The parts between signs: `tasks/views.py` is found as three words in a row."""
        return self.text.translate(TO_SPACES).split()

    @property
    def is_sign(self) -> bool:
        """Whether it has no letter and no digit, which is all that full text knows."""
        return not any(letter.isalnum() for letter in self.text)

    @property
    def is_pause(self) -> bool:
        """Whether it only stands between words, as the & of "R & D" and a dash do."""
        return all(letter in PUNCTUATION or unicodedata.category(letter)[0] == "P" for letter in self.text)


@dataclass(frozen=True)
class Term:
    """A condition such as `due:<2026-12-01`, understood."""

    key: str
    value: Any
    operator: str = ""
    negated: bool = False
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class Problem:
    """What was left out, and the sentence that says what is allowed."""

    source: str
    sentence: str


@dataclass(frozen=True)
class Query:
    """What somebody asked for."""

    text: str = ""
    words: tuple[Word, ...] = ()
    terms: tuple[Term, ...] = ()
    problems: tuple[Problem, ...] = ()
    reference: tuple[str, int] | None = None  # of the task that the only word calls, `WEB-12`

    @property
    def has(self) -> Collection[str]:
        """The keys of its terms."""
        return {term.key for term in self.terms}

    @property
    def is_empty(self) -> bool:
        """Whether it leaves everything as it is."""
        return not self.words and not self.terms

    @property
    def is_words(self) -> bool:
        """Whether it asks for words and nothing else."""
        return bool(self.words) and not self.terms and not self.reference

    def toggled(self, terms: tuple[Term, ...]) -> str:
        """Return the text with these terms, or without them where it has them all."""
        parts: tuple[Word | Term, ...] = (*self.words, *self.terms)
        if set(terms) <= set(self.terms):
            return " ".join(part.source for part in parts if part not in terms)
        # A task has one owner: with "Mine" pressed, "Open unowned" takes its place. It may be open and overdue at once.
        keys = {term.key for term in terms if term.key != "is"}
        kept = [part for part in parts if not (isinstance(part, Term) and (part.key in keys or part in terms))]
        return " ".join(part.source for part in (*kept, *terms))


EVERYTHING = Query()


@dataclass(frozen=True)
class Kind:
    """A kind of term: what it takes, in words; how that is read, None if it can't be; and what it keeps."""

    takes: str
    read: Callable[[str, str], Any]  # operator, value
    keeps: Callable[[Term, datetime.date], Q]  # the term, today


def _one_of(values: Mapping[str, Any]) -> Callable[[str, str], Any]:
    def read(operator: str, value: str) -> Any:
        return None if operator else values.get(value.lower().replace("_", " ").replace("-", " "))

    return read


def _read_name(operator: str, value: str) -> str | None:
    return None if operator else value.removeprefix("@").lower() or None


def _read_title(operator: str, value: str) -> str | None:
    return None if operator else value or None


def _read_priority(_operator: str, value: str) -> str | None:
    return value.upper() if value.upper() in Task.Priority.values else None


def _read_due(operator: str, value: str) -> datetime.date | str | None:
    lowered = value.lower()
    if lowered == "today" or (lowered == "none" and not operator):
        return lowered
    try:
        return datetime.date.fromisoformat(value) if DATE.fullmatch(value) else None
    except ValueError:
        return None


def _has_priority(term: Term, _today: datetime.date) -> Q:
    at = Task.Priority.values.index(term.value)
    fits = {
        "lt": Task.Priority.values[:at],
        "lte": Task.Priority.values[: at + 1],
        "exact": [term.value],
        "gte": Task.Priority.values[at:],
        "gt": Task.Priority.values[at + 1 :],
    }
    return Q(priority__in=fits[LOOKUPS[term.operator]])


def _is_part(term: Term, _today: datetime.date) -> Q:
    return Q(epic=None) if term.value is None else Q(epic__in=term.value)


def _is_planned(term: Term, today: datetime.date) -> Q:
    # A condition on rows of another table would find a task once for each of them: it is asked of the task instead.
    memberships = SprintMembership.objects.open().filter(task=OuterRef("pk"))
    if term.value is None:
        return ~Q(Exists(memberships))
    if term.value == "current":
        memberships = memberships.filter(sprint__start_date__lte=today, sprint__end_date__gte=today)
    else:
        memberships = memberships.filter(sprint__in=term.value)
    return Q(Exists(memberships))


def _is_due(term: Term, today: datetime.date) -> Q:
    if term.value == "none":
        return Q(due_date=None)
    day = today if term.value == "today" else term.value
    return Q(**{f"due_date__{LOOKUPS[term.operator]}": day})


def _is(term: Term, today: datetime.date) -> Q:
    is_open = Q(status__in=OPEN)
    return is_open if term.value == "open" else is_open & Q(due_date__lt=today)


STATUSES = {
    "unassigned": Task.Status.UNASSIGNED,
    "in progress": Task.Status.IN_PROGRESS,
    "done": Task.Status.DONE,
    "completed": Task.Status.DONE,
    "archived": Task.Status.ARCHIVED,
}
A_DATE = "a date like 2026-12-24, also with <, <=, > or >= before it, or today, or none"
A_NAME = "me, none, or the username of somebody in your organization"

TERMS = {
    "status": Kind(
        "unassigned, in_progress, done or archived",
        _one_of(STATUSES),
        lambda term, _today: Q(status=term.value),
    ),
    "owner": Kind(A_NAME, _read_name, lambda term, _today: Q(owner=term.value)),
    "creator": Kind(A_NAME, _read_name, lambda term, _today: Q(creator=term.value)),
    "epic": Kind(
        "none, or the name of one of your organization’s epics, in quotes where it has spaces", _read_title, _is_part
    ),
    "sprint": Kind(
        "current, none, or the name of one of your organization’s sprints, in quotes where it has spaces",
        _read_title,
        _is_planned,
    ),
    "priority": Kind("low, medium, high or urgent, also with <, <=, > or >= before it", _read_priority, _has_priority),
    "due": Kind(A_DATE, _read_due, _is_due),
    "is": Kind("open or overdue", _one_of({"open": "open", "overdue": "overdue"}), _is),
    "project": Kind(
        "the key of one of your organization’s projects",
        lambda operator, value: None if operator else value.upper(),
        lambda term, _today: Q(project=term.value),
    ),
}


def parse(text: str) -> Query:
    """Return what the text asks for. Names of people and projects are not looked up yet: `read` does."""
    # A database takes neither NUL nor half a character.
    whole = text.encode("utf-8", "replace").decode().translate(QUOTES)
    whole = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in whole).strip()
    problems = []
    if len(whole) > MAX_LENGTH:
        problems.append(Problem("", f"A search has at most {MAX_LENGTH} characters. The rest was left out."))
    parts = list(PART.finditer(whole[:MAX_LENGTH]))
    if len(parts) > MAX_PARTS:
        problems.append(Problem("", f"A search has at most {MAX_PARTS} words and terms. The rest was left out."))
    read = [_part(match) for match in parts[:MAX_PARTS]]
    words = tuple(part for part in read if isinstance(part, Word))
    if not all(word.is_pause for word in words):
        # Beside words they say nothing; alone they are what somebody looks for.
        words = tuple(word for word in words if not word.is_pause)
    return Query(
        text=whole[:MAX_LENGTH],
        words=words,
        terms=tuple(part for part in read if isinstance(part, Term)),
        problems=(*problems, *(part for part in read if isinstance(part, Problem))),
    )


def _part(match: re.Match[str]) -> Word | Term | Problem | None:
    source, key, quoted = match[0], (match["key"] or "").lower(), match["quoted"]
    value: str = match["plain"] if quoted is None else quoted
    negated = bool(match["minus"])
    if not key and quoted is None and value.endswith(":") and value[:-1].lower() in TERMS:
        key, value = value[:-1].lower(), ""
    elif key and key not in TERMS and value.startswith(("/", "\\", ":")):
        key, value = "", source.removeprefix("-")  # https://…, c:\…, std::…
    if key:
        return _term(Term(key, value, negated=negated, source=source))
    return Word(value.strip(), quoted is not None, negated, source) if value.strip() else None


def _term(typed: Term) -> Term | Problem:
    if typed.key not in TERMS:
        allowed = ", ".join(f"{name}:" for name in TERMS)
        hint = "To look for the words themselves, put them in quotes."
        return Problem(typed.source, f"“{typed.source}” was left out: the terms are {allowed}. {hint}")
    operator, value = OPERATOR.findall(typed.value)[0]
    understood = TERMS[typed.key].read(operator, value.strip())
    return replace(typed, value=understood, operator=operator) if understood else _wrong(typed, TERMS[typed.key].takes)


def _wrong(term: Term, takes: str) -> Problem:
    return Problem(term.source, f"“{term.source}” was left out: {term.key}: takes {takes}.")


def read(text: str, *, actor: User, projects: Iterable[Project], people: Iterable[User] | None = None) -> Query:
    """Return what the text asks for as the actor means it, with the names in it looked up in their organization.

    At most one query, and none if it names nothing but projects and the `people`, who may be given.
    """
    query = parse(text)
    found = _Named(query).look_up(actor.organization, is_about_people=people is None)
    ids: dict[str, int | None] = {name: pks[0] for name, pks in found["person"].items()}
    ids.update((user.username.lower(), user.pk) for user in people or ())
    ids.update(me=actor.pk, none=None)
    known: dict[str, Mapping[str, Any]] = {
        "owner": ids,
        "creator": ids,
        "project": {project.key.lower(): project.pk for project in projects},
        "epic": {**found["epic"], "none": None},
        "sprint": {**found["sprint"], "none": None, "current": "current"},
    }
    keys = [project.key for project in projects]
    terms, problems = [], list(query.problems)
    for term in query.terms:
        if term.key not in known:
            terms.append(term)
        elif term.value.lower() in known[term.key]:
            terms.append(replace(term, value=known[term.key][term.value.lower()]))
        else:
            is_project = term.key == "project"
            problems.append(_wrong(term, f"one of {', '.join(keys)}" if is_project else TERMS[term.key].takes))
    return replace(query, terms=tuple(terms), problems=tuple(problems), reference=_reference(query, keys))


class _Named:
    """The names in a query, by the kind of what they name."""

    def __init__(self, query: Query) -> None:
        def values(*keys: str) -> set[str]:
            return {term.value for term in query.terms if term.key in keys}

        self.names = {
            "person": values("owner", "creator") - {"me", "none"},
            "epic": values("epic") - {"none"},
            "sprint": values("sprint") - {"none", "current"},
        }

    def look_up(self, organization: Organization, *, is_about_people: bool) -> dict[str, dict[str, tuple[int, ...]]]:
        """Return the ids that each name, in lower case, has in the organization: one query, or none without names."""
        models: dict[str, tuple[Any, str]] = {"epic": (Epic, "name"), "sprint": (Sprint, "name")}
        if is_about_people:
            models["person"] = (User, "username")
        parts = []
        for kind, (model, field_name) in models.items():
            if self.names[kind]:
                # SQLite lowers the letters of ASCII alone, so a name also counts as it was typed.
                lowered = Q(lowered__in=[name.lower() for name in self.names[kind]])
                rows = model.objects.of(organization).alias(lowered=Lower(field_name))
                rows = rows.filter(lowered | Q(**{f"{field_name}__in": self.names[kind]})).order_by()
                parts.append(rows.values_list(Value(kind), field_name, "pk"))
        found: dict[str, dict[str, tuple[int, ...]]] = {"person": {}, "epic": {}, "sprint": {}}
        for kind, name, pk in parts[0].union(*parts[1:], all=True) if parts else ():
            found[kind][name.lower()] = (*found[kind].get(name.lower(), ()), pk)
        return found


def _reference(query: Query, keys: Collection[str]) -> tuple[str, int] | None:
    """Return the reference that is the only word, if the organization has such a project: SHA-256 is just a word."""
    if len(query.words) != 1 or query.words[0].exact or query.words[0].negated:
        return None
    match = REFERENCE.fullmatch(query.words[0].text.upper())
    return (match["key"], int(match["number"])) if match and match["key"] in keys else None
