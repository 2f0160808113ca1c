"""Text that would break what reads, finds or shows it; and how what was found is shown."""

import random

import pytest
from django.apps import apps
from django.db import connection

from taskmanager.tasks.search import highlight, parse, snippet
from tests.tasks.search.conftest import KEYS, ON_POSTGRESQL

# Hostile text

HOSTILE = [
    "\x00", "a\x00b", "\ud800", "x" * 10_000, "é" * 10_000, '"' * 99, "'", "\\", "''' \\' \\\\", "a'b'c:*",
    "& | ! ( ) : * <->", "foo <-> bar", "!foo", "foo:*", "(((", "a & b | !c", "'):*A", "%", "_", "%' OR 1=1 --",
    "🚀🚀", "👩\u200d👩\u200d👧", "\u202eevil\u202c", "\u200fעברית", "²", "ﬃ", "\u0301", "İı", "a" * 499 + ":",
    "-" * 500, "/" * 500,
    "a/" * 250, "- - -x --x", "due:" + "9" * 400, "due:<" + "9" * 18, "owner:" + "x" * 400, "project:%", "owner:'",
    ":::", "status:status:done", 'owner:"', '-"', '-""', "[[[(", "((a+)+)+$", "[^\\w]*", "word" * 100,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_never_fails(text, texts, read, find):
    found = find(text)
    assert len(found) <= 4
    for shown in [KEYS, text]:
        assert "<script" not in highlight(shown + "<script>", read(text))


def test_any_text_is_read_found_and_shown(texts, read, find):
    pieces = [*HOSTILE[1:8], "-", '"', ":", "status:", "due:<", "is:open", "owner:me", "keys", " ", "&", "|", "(", "é"]
    dice = random.Random(20261122)
    for _ in range(150):
        text = "".join(dice.choice(pieces) for _ in range(dice.randrange(1, 12)))
        query = read(text)
        find(text)
        assert len(query.text) <= 500
        assert parse(query.text).words == query.words
        highlight(text, query)
        snippet(text, query)


# Showing


@pytest.mark.parametrize(
    ("text", "shown", "html"),
    [
        ("keys", "The Keys & locks", "The <mark>Keys</mark> &amp; locks"),
        ("key", "keys", "<mark>key</mark>s"),
        ("keys rotate", "rotate keys", "<mark>rotate</mark> <mark>keys</mark>"),
        ('"the keys"', "the\tkeys", "<mark>the\tkeys</mark>"),
        ("views.py", "tasks/views.py", "tasks/<mark>views.py</mark>"),
        ("-keys is:open", "keys", "keys"),
        ("b", "<b>b</b>", "&lt;<mark>b</mark>&gt;<mark>b</mark>&lt;/<mark>b</mark>&gt;"),
        ("<b>", "<b>", "&lt;<mark>b</mark>&gt;"),
        ("amp", "&amp;", "&amp;<mark>amp</mark>;"),
        ("script", "<script>alert(1)</script>", None),
        ("", "<i>", "&lt;i&gt;"),
    ],
)
def test_what_was_found_is_marked_and_all_else_escaped(text, shown, html, db):
    marked = highlight(shown, parse(text))
    assert html is None or marked == html
    assert "<script" not in marked


def test_a_snippet_is_one_line_around_what_was_found():
    long = (
        "## Why\n\nIt **matters**, see [the plan](https://example.org).\n\n- first\n"
        + "word " * 200
        + "needle "
        + "x " * 200
    )
    query = parse("needle")
    shown = snippet(long, query)
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "<mark>needle</mark>" in shown
    assert len(shown) < 230
    assert snippet(long, parse("plan")).startswith("Why It matters, see the <mark>plan</mark>. first word")
    assert snippet("", query) == ""
    assert snippet("<img src=x onerror=alert(1)>", query) == "&lt;img src=x onerror=alert(1)&gt;"


# The column


@pytest.mark.django_db
def test_the_column_is_postgresqls_alone():
    with connection.cursor() as cursor:
        names = {column.name for column in connection.introspection.get_table_description(cursor, "tasks_task")}
    assert ("words" in names) == ON_POSTGRESQL
    assert "words" not in {field.column for field in apps.get_model("tasks.Task")._meta.fields}
