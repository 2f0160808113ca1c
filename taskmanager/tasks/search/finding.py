"""The tasks that a query finds: by full text on PostgreSQL, by a simple match on SQLite."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, Func, OuterRef, Q, Value
from django.utils import timezone

from taskmanager.tasks.models import Comment, TaskQuerySet
from taskmanager.tasks.search.language import TERMS, Query, Word

# The newest matches are ranked, and no more: ranking 200,000 hits of a common word would cost seconds and help nobody.
# They are ten pages; twice as many would cost twice as much.
RANKED = 500
# So many tasks are looked through before the index is asked: the newest ones. They cost 1 to 3 ms.
WALKED = 3_000


def matching(tasks: TaskQuerySet, query: Query) -> TaskQuerySet:
    """Keep the tasks that fit the query. The caller has kept those of the organization."""
    today = timezone.localdate()
    for term in query.terms:
        condition = TERMS[term.key].keeps(term, today)
        tasks = tasks.filter(~condition if term.negated else condition)
    if query.reference:
        key, number = query.reference
        return tasks.filter(project__key=key, number=number)
    for condition in _words(query.words):
        tasks = tasks.filter(condition)
    return tasks


def count(tasks: TaskQuerySet, query: Query) -> int:
    """Return how many tasks fit the query, counted up to RANKED + 1.

    PostgreSQL may take a common word for a rare one: where texts have fewer than 100 common words in all, it takes each
    that was begun to be typed for one of 50. It then reads all hits from the index before it counts the first.
    """
    if connection.vendor == "postgresql" and query.is_words:
        found = among_newest(tasks, query).aggregate(found=Count("pk", filter=Q(fits=True)))["found"]
        if found > RANKED:
            return RANKED + 1
    return matching(tasks, query).capped_count(limit=RANKED)


def among_newest(tasks: TaskQuerySet, query: Query) -> TaskQuerySet:
    """Return the WALKED newest tasks, each with whether it has the words of the query as `fits`."""
    fits = ExpressionWrapper(Q(*_words(query.words)), output_field=BooleanField())
    return tasks.annotate(fits=fits).order_by("-pk")[:WALKED]


def ranked(tasks: TaskQuerySet, query: Query, *, count: int) -> TaskQuerySet:
    """Return the newest RANKED of `count` matches, those with all the words in their title first, then the newest.

    Where all of them are ranked, nothing is said of the newest: PostgreSQL takes what begins with the letters that were
    typed for common, and would walk from the newest task on, past every task where the word is rare.
    """
    found = matching(tasks, query).order_by(*(["-pk"] if count > RANKED else [])).values("pk")[:RANKED]
    sought = tuple(word for word in query.words if not word.negated)
    in_title = [condition.desc() for condition in _in_title(sought)]
    return tasks.filter(pk__in=found).order_by(*in_title, "-pk")


class InWords(Func):
    """Whether the stored full text of a task matches a tsquery: for PostgreSQL alone, which has the column `words`.

    The column isn't a field of the model, because SQLite hasn't got it; migration 0004 makes it.
    """

    output_field = BooleanField()

    def __init__(self, tsquery: str) -> None:
        """Take the query in the syntax of to_tsquery."""
        super().__init__(F("pk"), Value(tsquery))

    def as_postgresql(self, compiler: Any, _connection: Any, **_context: Any) -> Any:
        """Name the column in the table, or its alias in a subquery, that the primary key is taken from."""
        pk, tsquery = self.get_source_expressions()
        sql, params = compiler.compile(tsquery)
        return f"{compiler.quote_name(pk.alias)}.words @@ to_tsquery('simple', {sql})", params


def _words(words: Iterable[Word]) -> list[Any]:
    """Return the conditions for the words: each has to be in the title, the description or a comment."""
    signs = [word for word in words if word.is_sign]
    letters = [word for word in words if not word.is_sign]
    # Full text knows no signs. They are looked for in titles, which is one quick pass.
    conditions: list[Any] = [_sign(word, contains("title", word.text)) for word in signs]
    if not letters:
        return conditions
    if connection.vendor == "postgresql":
        return [*conditions, InWords(_tsquery(letters))]
    return [*conditions, *(_sign(word, _anywhere(word)) for word in letters)]


def _anywhere(word: Word) -> Q:
    said = Comment.objects.filter(contains("text", word.text), task=OuterRef("pk"))
    return contains("title", word.text) | contains("description", word.text) | Q(Exists(said))


def _in_title(words: tuple[Word, ...]) -> list[Any]:
    letters = [word for word in words if not word.is_sign]
    if not letters:
        return []
    if connection.vendor == "postgresql":
        return [InWords(_tsquery(letters, weight="A"))]
    whole = Q()
    for word in letters:
        whole &= contains("title", word.text)
    return [ExpressionWrapper(whole, output_field=BooleanField())]


def _tsquery(words: Iterable[Word], *, weight: str = "") -> str:
    """Return the words in the syntax of to_tsquery. No sign of it is left in them: all became spaces."""
    parts = []
    for word in words:
        # Each word is found as the beginning of one: "patch" finds "patches", and so does typing.
        flags = [weight] * (len(word.pieces) - 1) + [weight if word.exact else f"*{weight}"]
        pieces = (f"'{piece}':{flag}".rstrip(":") for piece, flag in zip(word.pieces, flags, strict=True))
        parts.append(f"{'!' if word.negated else ''}({' <-> '.join(pieces)})")
    return " & ".join(parts)


def contains(name: str, text: str) -> Q:
    """Return whether the field has the text somewhere, without regard to case."""
    # SQLite's LIKE knows the case of ASCII letters only.
    spellings = {text, text.lower(), text.upper(), text.capitalize()}
    condition = Q()
    for spelling in [text] if text.isascii() else sorted(spellings):
        condition |= Q(**{f"{name}__icontains": spelling})
    return condition


def _sign(word: Word, condition: Q) -> Q:
    return ~condition if word.negated else condition
