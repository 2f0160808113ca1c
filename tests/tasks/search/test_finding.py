"""What a text finds, in which order, in tasks, epics, sprints and comments."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import search, services
from taskmanager.tasks.models import Project, Task
from tests.tasks.search.conftest import KEYS, NOTES, ROCKET, STREET

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


@pytest.mark.parametrize("walked", [0, 1, 2, 3, 4, 5_000])
def test_the_number_is_the_same_however_many_of_the_newest_are_looked_at_first(
    walked, board, ada, oscar, read, monkeypatch
):
    monkeypatch.setattr("taskmanager.tasks.search.finding.RANKED", 2)
    monkeypatch.setattr("taskmanager.tasks.search.finding.WALKED", walked)
    other = Project.objects.of(oscar.organization).get()
    for title in ("key one", "key two", "key three", "lock one", "lock two"):
        services.create_task(board, actor=ada, title=title)
        services.create_task(other, actor=oscar, title="lock, key, three")
    tasks = Task.objects.of(ada.organization)
    expected = {"key": 3, "lock": 2, "three": 1, "nothing": 0, "-key": 2, "one -lock": 1, "key status:done": 0}
    assert {text: search.count(tasks, read(text)) for text in expected} == expected


def test_a_reference_alone_counts_one_task_however_many_name_it(board, ada, read, monkeypatch):
    monkeypatch.setattr("taskmanager.tasks.search.finding.RANKED", 2)
    for number in range(4):
        services.create_task(board, actor=ada, title=f"{number} after ACME-1")
    assert search.count(Task.objects.of(ada.organization), read("acme-1")) == 1


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
