"""The language of search: what a text asks for, the sentence for what it can't ask for, and what it finds."""

import datetime
import random

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import search, services
from taskmanager.tasks.models import Project, Task
from taskmanager.tasks.search import Term, Word, highlight, parse, snippet

ON_POSTGRESQL = connection.vendor == "postgresql"
DAY = datetime.date(2026, 12, 1)
TERMS = "the terms are status:, owner:, creator:, epic:, sprint:, priority:, due:, is:, project:."


def a_title(kind: str) -> str:
    return f"or the name of one of your organization’s {kind}, in quotes where it has spaces."


@pytest.fixture
def read(board, ada):
    """Read a text as Ada would type it."""
    return lambda text: search.read(text, actor=ada, projects=list(Project.objects.of(ada.organization)))


@pytest.fixture
def find(ada, read):
    """Return the titles that a text finds for Ada, in order."""

    def titles(text: str) -> list[str]:
        tasks, query = Task.objects.of(ada.organization), read(text)
        count = search.matching(tasks, query).capped_count()
        return [task.title for task in search.ranked(tasks, query, count=count)]

    return titles


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


# Finding


@pytest.fixture
def tasks(acme, board, ada, member):
    """Tasks that differ in all that a term asks for; overdue is made afterwards, as no form would."""
    ed = member("ed", Role.CREATOR, Role.EDITOR)
    web = services.create_project(acme, name="Website", key="WEB")
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    services.create_task(board, actor=ada, title="free", priority="LOW", due_date=today)
    services.create_task(board, actor=ed, title="eds", priority="URGENT", owner=ed, due_date=today + day)
    services.create_task(board, actor=ada, title="finished", priority="HIGH", status="DONE", owner=ada)
    services.create_task(board, actor=ada, title="gone", status="ARCHIVED")
    late = services.create_task(web, actor=ada, title="late", owner=ada)
    created_at = timezone.now() - 30 * day
    Task.objects.filter(pk=late.pk).update(created_at=created_at, due_date=today - day)
    done_late = services.create_task(web, actor=ada, title="done late", owner=ada, status="DONE")
    Task.objects.filter(pk=done_late.pk).update(created_at=created_at, due_date=today - day)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "done late, late, gone, finished, eds, free"),
        ("status:unassigned", "free"),
        ("status:in_progress", "late, eds"),
        ("status:completed", "done late, finished"),
        ("status:archived", "gone"),
        ("-status:archived -status:done", "late, eds, free"),
        ("owner:me", "done late, late, finished"),
        ("owner:none", "gone, free"),
        ("owner:ED", "eds"),
        ("-owner:me", "gone, eds, free"),
        ("-owner:none", "done late, late, finished, eds"),
        ("creator:ed", "eds"),
        ("-creator:me", "eds"),
        ("creator:none", ""),
        ("priority:low", "free"),
        ("priority:>=high", "finished, eds"),
        ("priority:>high", "eds"),
        ("priority:<=medium", "done late, late, gone, free"),
        ("priority:<medium", "free"),
        ("priority:=urgent", "eds"),
        ("due:today", "free"),
        ("due:<today", "done late, late"),
        ("due:<=today", "done late, late, free"),
        ("due:>today", "eds"),
        ("due:>=today", "eds, free"),
        ("due:none", "gone, finished"),
        ("-due:none", "done late, late, eds, free"),
        ("-due:today", "done late, late, gone, finished, eds"),
        ("due:<9999-12-31", "done late, late, eds, free"),
        ("due:>0001-01-01", "done late, late, eds, free"),
        ("is:open", "late, eds, free"),
        ("-is:open", "done late, gone, finished"),
        ("is:overdue", "late"),
        ("project:web", "done late, late"),
        ("-project:WEB is:open", "eds, free"),
        ("late is:overdue", "late"),
        ("is:open owner:none", "free"),
    ],
)
def test_each_term_keeps_what_it_says(text, found, tasks, find):
    assert find(text) == [title for title in found.split(", ") if title]


@pytest.fixture
def texts(board, ada):
    """Four tasks to find words in."""
    for title, description in [
        ("Rotate the signing keys", "The old ones are in `tasks/views.py`, see SHA-256 and C:\\temp."),
        ("Write the release notes", "Mention that the keys rotate. Don't forget WEB-12!"),
        ("Größe der Straße", "Ärger mit Umlauten, naïve café"),
        ("100% of R&D 🚀", "日本語のテキスト and العربية"),
    ]:
        services.create_task(board, actor=ada, title=title, description=description)


KEYS, NOTES, STREET, ROCKET = "Rotate the signing keys", "Write the release notes", "Größe der Straße", "100% of R&D 🚀"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("signing", [KEYS]),
        ("SIGNING", [KEYS]),
        ("sign", [KEYS]),
        ("keys rotate", [KEYS, NOTES]),
        ("rotate the", [KEYS, NOTES]),
        ('"keys rotate"', [NOTES]),
        ('"signing keys"', [KEYS]),
        ("keys -notes", [KEYS]),
        ('keys -"keys rotate"', [KEYS]),
        ("-keys", [ROCKET, STREET]),
        ("tasks/views.py", [KEYS]),
        ("views", [KEYS]),
        ("SHA-256", [KEYS]),
        ("C:\\temp", [KEYS]),
        ("don't", [NOTES]),
        ("web-12 keys", [NOTES]),
        ('"web-12"', [NOTES]),
        ("größe", [STREET]),
        ("GRÖSSE", []),
        ("ärger", [STREET]),
        ("Straße", [STREET]),
        ("café", [STREET]),
        ("100%", [ROCKET]),
        ("R&D", [ROCKET]),
        ("🚀", [ROCKET]),
        ("%", [ROCKET]),
        ("_", []),
        ("日本語", [ROCKET]),
        ("العربية", [ROCKET]),
        ("keys 🚀", []),
        ("100 🚀", [ROCKET]),
        ("keys — rotate", [KEYS, NOTES]),
        ("-🚀 -keys", [STREET]),
        ("nowhere", []),
        ("keys nowhere", []),
    ],
)
def test_words_are_found_in_titles_and_descriptions(text, found, texts, find):
    assert sorted(find(text)) == sorted(found)


def test_titles_come_first_and_then_the_newest(board, ada, find):
    for number, (title, description) in enumerate([("keys", ""), ("x", "keys"), ("new keys", ""), ("y", "the keys")]):
        services.create_task(board, actor=ada, title=f"{title} {number}", description=description)
    assert find("keys") == ["new keys 2", "keys 0", "y 3", "x 1"]


def test_only_the_newest_are_ranked(board, ada, read, monkeypatch):
    monkeypatch.setattr("taskmanager.tasks.search.finding.RANKED", 2)
    for title, description in [("keys", ""), ("b", "keys"), ("c", "keys")]:
        services.create_task(board, actor=ada, title=title, description=description)
    found = search.ranked(Task.objects.of(board.organization), read("keys"), count=3)
    assert [task.title for task in found] == ["c", "b"]


def test_a_reference_alone_is_the_task_and_not_a_word(board, ada, read, find):
    services.create_task(board, actor=ada, title="one")
    services.create_task(board, actor=ada, title="two", description="After ACME-1, with SHA-256")
    assert read("acme-1").reference == ("ACME", 1)
    assert find("acme-1") == ["one"]
    assert find("acme-1 status:done") == []
    assert find('"acme-1"') == ["two"]
    assert read("SHA-256").reference is None
    assert find("SHA-256") == ["two"]
    assert find("ACME-99") == []


def test_what_was_changed_is_found_as_it_is_now(board, ada, find):
    task = services.create_task(board, actor=ada, title="Before", description="early")
    services.edit_task(task, actor=ada, version=task.version, title="After", description="late")
    assert (find("before"), find("early"), find("after late")) == ([], [], ["After"])


def test_the_longest_description_is_found_to_its_end(board, ada, find):
    words = " ".join(f"ä{number:05}ö" for number in range(6_000))
    services.create_task(board, actor=ada, title="Long", description=f"{words[:49_000]} finally {'x' * 900}")
    assert find("finally") == find("ä00001") == ["Long"]


def test_another_organization_is_never_found(board, ada, oscar, find):
    theirs = Project.objects.of(oscar.organization).get()
    services.create_task(theirs, actor=oscar, title="Secret keys", description="hidden")
    assert find("keys") == find("hidden") == find("") == find("-nothing") == []
    query = search.read("keys", actor=oscar, projects=[theirs])
    assert search.matching(Task.objects.of(ada.organization), query).capped_count() == 0
    assert search.matching(Task.objects.of(oscar.organization), query).capped_count() == 1


# Epics and sprints


@pytest.fixture
def plans(board, ada, oscar):
    """Billing with a task in today's sprint, Search with one that was in it, and a task without either."""
    today = timezone.localdate()
    days = datetime.timedelta(days=1)
    billing, finding = (
        services.create_epic(board, actor=ada, name=name) for name in ("Live Billing", "Suche Ähnliches")
    )
    services.create_epic(Project.objects.of(oscar.organization).get(), actor=oscar, name="Foreign")
    now = services.create_sprint(board, actor=ada, name="Sprint 14", start_date=today, end_date=today + 9 * days)
    past = services.create_sprint(
        board, actor=ada, name="Sprint 13", start_date=today - 9 * days, end_date=today + 9 * days
    )
    invoice = services.create_task(board, actor=ada, title="Invoice", epic=billing)
    index = services.create_task(board, actor=ada, title="Index", epic=finding)
    services.create_task(board, actor=ada, title="Plain")
    services.plan_tasks(now, tasks=[invoice], actor=ada)
    services.plan_tasks(past, tasks=[invoice, index], actor=ada)
    services.remove_task_from_sprint(index, sprint=past, actor=ada)
    past.start_date, past.end_date = today - 9 * days, today - days
    past.save()


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('epic:"live billing"', ["Invoice"]),
        ('epic:"Suche Ähnliches"', ["Index"]),
        ("epic:none", ["Plain"]),
        ("-epic:none", ["Index", "Invoice"]),
        ('-epic:"Live Billing"', ["Plain", "Index"]),
        ("sprint:current", ["Invoice"]),
        ("-sprint:current", ["Plain", "Index"]),
        ('sprint:"SPRINT 13"', ["Invoice"]),
        ('sprint:"sprint 13" sprint:current', ["Invoice"]),
        ("sprint:none", ["Plain", "Index"]),
        ("sprint:none epic:none", ["Plain"]),
    ],
)
def test_a_term_finds_what_an_epic_has_and_a_sprint_has_now(text, titles, plans, find):
    assert find(text) == titles


def test_an_epic_of_another_organization_has_no_name_here(plans, read):
    assert [problem.source for problem in read("epic:Foreign").problems] == ["epic:Foreign"]


def test_all_names_are_looked_up_by_one_query(plans, ada, ed, board, django_assert_num_queries):
    text = 'owner:ed epic:"live billing" sprint:"sprint 13" sprint:current'
    with django_assert_num_queries(1):
        query = search.read(text, actor=ada, projects=[board])
    assert not query.problems
    with django_assert_num_queries(0):
        search.read("epic:none sprint:current sprint:none", actor=ada, projects=[board])


# Comments


def test_words_of_comments_are_found(task, board, ada, ed, find):
    other = services.create_task(board, actor=ada, title="Paint the fence")
    services.create_comment(task, actor=ed, text="Needs **staging** first.")
    late = services.create_comment(task, actor=ada, text="Then `tasks/views.py` in production.")
    services.create_comment(other, actor=ada, text="Green.")
    assert find("stag") == find("signing staging") == find('"views.py"') == ["Rotate the signing keys"]
    assert find("-staging") == ["Paint the fence"]
    services.edit_comment(late, actor=ada, version=1, text="Then everywhere.")
    assert find("production") == []
    assert find("everywhere") == ["Rotate the signing keys"]
    services.delete_comment(late, actor=ada)
    assert find("everywhere") == []
    assert find("staging") == ["Rotate the signing keys"]


def test_a_word_in_a_title_comes_before_one_in_a_comment(task, board, ada, find):
    services.create_comment(services.create_task(board, actor=ada, title="Newer"), actor=ada, text="Of keys.")
    assert find("keys") == ["Rotate the signing keys", "Newer"]


def test_many_long_comments_never_make_a_write_fail(task, ada, find):
    words = [f"{number:x}-{'é' * 30}" for number in range(3000)]
    for start in range(0, 3000, 300):
        services.create_comment(task, actor=ada, text=" ".join(words[start : start + 300]))
    services.edit_task(task, actor=ada, version=1, description=" ".join(f"{word}z" for word in words[:1400]))
    assert find("1-é") == ["Rotate the signing keys"]


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
