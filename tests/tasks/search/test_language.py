"""The language of search: what a text asks for, and the sentence for what it can't ask for."""

import pytest

from taskmanager.tasks import search, services
from taskmanager.tasks.search import Term, Word, parse
from tests.tasks.search.conftest import DAY, TERMS, a_title

# Reading


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("   ", []),
        ("login page", [Word("login"), Word("page")]),
        ('"login page"', [Word("login page", exact=True)]),
        ("“login page”", [Word("login page", exact=True)]),
        ('an "open end', [Word("an"), Word("open end", exact=True)]),
        ('""', []),
        ("-draft", [Word("draft", negated=True)]),
        ('-"first draft"', [Word("first draft", exact=True, negated=True)]),
        ("R & D", [Word("R"), Word("D")]),
        ("&", [Word("&")]),
        ("- -", [Word("-"), Word("-")]),
        ("10:30 https://example.org/x c:\\temp std::sort", None),
        ("Error: no such file", [Word("Error:"), Word("no"), Word("such"), Word("file")]),
        ("sign-in", [Word("sign-in")]),
        ("a\x00b\x1fc", [Word("a"), Word("b"), Word("c")]),
    ],
)
def test_words_and_phrases_are_read(text, words):
    query = parse(text)
    assert list(query.words) == ([Word(word) for word in text.split()] if words is None else words)
    assert (query.terms, query.problems) == ((), ())


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("status:unassigned", Term("status", "UNASSIGNED")),
        ("status:in_progress", Term("status", "IN_PROGRESS")),
        ('status:"in progress"', Term("status", "IN_PROGRESS")),
        ("STATUS:In-Progress", Term("status", "IN_PROGRESS")),
        ("status:done", Term("status", "DONE")),
        ("status:completed", Term("status", "DONE")),
        ("-status:archived", Term("status", "ARCHIVED", negated=True)),
        ("owner:me", Term("owner", "me")),
        ("owner:none", Term("owner", "none")),
        ("owner:@Ed", Term("owner", "ed")),
        ("creator:ed.2", Term("creator", "ed.2")),
        ("priority:Low", Term("priority", "LOW")),
        ("priority:>=high", Term("priority", "HIGH", ">=")),
        ("due:2026-12-01", Term("due", DAY)),
        ("due:=2026-12-01", Term("due", DAY, "=")),
        ("due:<2026-12-01", Term("due", DAY, "<")),
        ("due:<=2026-12-01", Term("due", DAY, "<=")),
        ("due:>2026-12-01", Term("due", DAY, ">")),
        ("due:>=2026-12-01", Term("due", DAY, ">=")),
        ("due:none", Term("due", "none")),
        ("due:today", Term("due", "today")),
        ("due:<=today", Term("due", "today", "<=")),
        ("is:open", Term("is", "open")),
        ("is:Overdue", Term("is", "overdue")),
        ("project:web", Term("project", "WEB")),
    ],
)
def test_each_term_is_read(text, term):
    query = parse(f"before {text} after")
    assert query.terms == (term,)
    assert query.terms[0].source == text
    assert [word.text for word in query.words] == ["before", "after"]
    assert query.problems == ()


A_NAME = "takes me, none, or the username of somebody in your organization."
A_DATE = "takes a date like 2026-12-24, also with <, <=, > or >= before it, or today, or none."
A_STATUS = "takes unassigned, in_progress, done or archived."
A_PRIORITY = "takes low, medium, high or urgent, also with <, <=, > or >= before it."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("status:doing", f"status: {A_STATUS}"),
        ("status:>done", f"status: {A_STATUS}"),
        ("status:", f"status: {A_STATUS}"),
        ('status:""', f"status: {A_STATUS}"),
        ("owner:nobody", f"owner: {A_NAME}"),
        ("owner:<me", f"owner: {A_NAME}"),
        ("owner:@", f"owner: {A_NAME}"),
        ("owner:oscar", f"owner: {A_NAME}"),
        ("creator:nobody", f"creator: {A_NAME}"),
        ("priority:huge", f"priority: {A_PRIORITY}"),
        ("due:tomorrow", f"due: {A_DATE}"),
        ("due:2026-02-30", f"due: {A_DATE}"),
        ("due:0000-01-01", f"due: {A_DATE}"),
        ("due:<99999-01-01", f"due: {A_DATE}"),
        ("due:<none", f"due: {A_DATE}"),
        ("due:٢٠٢٦-١٢-٠١", f"due: {A_DATE}"),
        ("is:late", "is: takes open or overdue."),
        ("project:GLOBEX", "project: takes one of ACME."),
        ("epic:search", f"epic: takes none, {a_title('epics')}"),
        ("epic:<none", f"epic: takes none, {a_title('epics')}"),
        ("epic:", f"epic: takes none, {a_title('epics')}"),
        ("sprint:next", f"sprint: takes current, none, {a_title('sprints')}"),
        ("-sprint:", f"sprint: takes current, none, {a_title('sprints')}"),
        ("-label:x", f"{TERMS} To look for the words themselves, put them in quotes."),
    ],
)
def test_a_wrong_term_is_told_and_the_rest_applies(text, sentence, board, ada, oscar, read, find):
    services.create_task(board, actor=ada, title="Sharpen the saw")
    services.create_task(board, actor=ada, title="Paint the fence")
    query = read(f"saw {text}")
    assert [problem.sentence for problem in query.problems] == [f"“{text}” was left out: {sentence}"]
    assert find(f"saw {text}") == ["Sharpen the saw"]


def test_a_text_has_a_length_and_a_number_of_parts():
    assert [problem.sentence for problem in parse("x" * 10_000).problems] == [
        "A search has at most 500 characters. The rest was left out."
    ]
    query = parse("a " * 21)
    assert len(query.words) == 20
    assert [problem.sentence for problem in query.problems] == [
        "A search has at most 20 words and terms. The rest was left out."
    ]


def test_names_are_looked_up_by_one_query_or_none(ada, ed, board, django_assert_num_queries):
    text = "owner:ED creator:ada -owner:me creator:none"
    with django_assert_num_queries(1):
        query = search.read(text, actor=ada, projects=[board])
    with django_assert_num_queries(0):
        assert search.read(text, actor=ada, projects=[board], people=[ada, ed]) == query
        search.read("owner:me creator:none project:acme", actor=ada, projects=[board])
    assert [term.value for term in query.terms] == [ed.pk, ada.pk, ada.pk, None]


def test_a_term_can_be_toggled(read):
    mine, free = read("owner:me").terms, read("is:open owner:none").terms
    assert read("").toggled(mine) == "owner:me"
    assert read('fix "the login" owner:me').toggled(mine) == 'fix "the login"'
    assert read("fix owner:me is:overdue").toggled(free) == "fix is:overdue is:open owner:none"
    assert read("owner:none fix is:open").toggled(free) == "fix"
    assert read("is:open").toggled(free) == "is:open owner:none"
