"""What was found, marked in the texts that people read."""

import re
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from taskmanager.tasks.models import Comment, Task
from taskmanager.tasks.search.finding import contains
from taskmanager.tasks.search.language import Query, Word

SNIPPET = 180  # characters
COMMENTS_READ = 500
DESCRIPTION_READ = 4000  # characters of a description that a snippet is looked for in


def highlight(text: str, query: Query) -> SafeString:
    """Return the text as HTML, everything in it escaped, with what the words found in <mark>."""
    pattern = _pattern(query, text)
    if not pattern:
        return conditional_escape(text)
    pieces = []
    at = 0
    for match in pattern.finditer(text):
        pieces += [conditional_escape(text[at : match.start()]), format_html("<mark>{}</mark>", match[0])]
        at = match.end()
    # Each piece has been escaped by itself.
    return mark_safe("".join([*pieces, conditional_escape(text[at:])]))  # noqa: S308 (escaped above)


def snippet(markdown: str, query: Query) -> SafeString:
    """Return the part of a description around the first word that is found there, as one highlighted line."""
    text = " ".join(MARKUP.sub(lambda match: match["label"] or "", markdown).split())
    pattern = _pattern(query, text)
    found = pattern.search(text) if pattern else None
    start = max(0, found.start() - SNIPPET // 3) if found else 0
    # It begins and ends between words, unless a word is endless.
    start = text.find(" ", start, start + 30) + 1 or start if start else 0
    end = start + SNIPPET
    end = len(text) if end >= len(text) else max(text.rfind(" ", end - 30, end), 0) or end
    html = highlight(text[start:end], query)
    return format_html("{}{}{}", "… " if start else "", html, " …" if end < len(text) else "")


def said(tasks: Iterable[Task], query: Query) -> dict[int, SafeString]:
    """Return a snippet of the first comment of each task that has one of the words: one query, or none.

    Tasks may have thousands of comments, so no more than COMMENTS_READ are looked into.
    """
    first_pieces = [word.pieces[0] for word in query.words if word.pieces and not word.negated]
    ids = [task.pk for task in tasks]
    if not first_pieces or not ids:
        return {}
    has_one = Q()
    for piece in first_pieces:
        has_one |= contains("text", piece)
    comments = Comment.objects.filter(has_one, task__in=ids).order_by("pk").values_list("task_id", "text")
    found: dict[int, SafeString] = {}
    for task_id, text in comments[:COMMENTS_READ]:
        if task_id not in found and is_marked(text, query):
            found[task_id] = snippet(text, query)
    return found


def is_marked(text: str, query: Query) -> bool:
    """Whether one of the words is found in the text."""
    pattern = _pattern(query, text)
    return bool(pattern and pattern.search(text))


# The marks of Markdown that would only disturb in one line of plain text.
MARKUP = re.compile(
    r"^[ \t]*(?:[#>]+|[-*+]|\d+\.)[ \t]+|^[ \t]*```.*$|\*\*|`|!?\[(?P<label>[^\[\]\n]*)\]\([^()\s]*\)", re.MULTILINE
)


def _pattern(query: Query, text: str) -> re.Pattern[str] | None:
    # Longest first, so that "keyboard" is marked whole where "key" is asked for too.
    words = sorted((word for word in query.words if not word.negated), key=lambda word: -len(word.text))
    if not words:
        return None
    return re.compile("|".join(_pattern_of(word, text) for word in words), re.IGNORECASE)


def _pattern_of(word: Word, text: str) -> str:
    if word.is_sign or not word.pieces:
        return re.escape(word.text)
    pieces = r"[\W_]+".join(re.escape(piece) for piece in word.pieces)
    pattern = rf"(?<![^\W_]){pieces}" + (r"(?![^\W_])" if word.exact else "")
    if connection.vendor != "postgresql" and not re.search(pattern, text, re.IGNORECASE):
        return pieces  # SQLite finds it in the middle of words, too
    return pattern
