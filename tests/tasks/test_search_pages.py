"""Search and filters as pages: the results, the hits while typing, the filtered board and the filtered list."""

import datetime
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Project, Task

# What a session costs in queries: with Redis it is read from there.
SESSION = [] if settings.REDIS_URL else ["session"]
AMONG_NEWEST = ["number among the newest tasks"] if connection.vendor == "postgresql" else []
SEARCH = [
    *SESSION,
    "user with organization and permissions",
    "projects",
    "people whom the query names",
    "number of tasks",
    "tasks of the page with project and owner",
    "comments where a description hasn't the words",
]
# Who asks for words alone names nobody.
WORDS = [*AMONG_NEWEST, *(query for query in SEARCH if query != "people whom the query names")]
HITS = [
    *SESSION,
    "user with organization and permissions",
    "projects",
    *AMONG_NEWEST,
    "number of tasks",
    "the first eight tasks with project and owner",
]
BOARD = [
    *SESSION,
    "user with organization and permissions",
    "projects",
    "people whom the query names",
    "unassigned tasks with project, owner and their number",
    "tasks in progress with project, owner and their number",
    "completed tasks with project, owner and their number",
    "active sprint with its numbers",
]
LIST = [
    *SESSION,
    "user with organization and permissions",
    "projects",
    "people to filter by",
    "number of tasks",
    "tasks of the page with project and owner",
]
TYPING = {"HX-Request": "true", "HX-Target": "search-hits"}


@pytest.fixture
def client(ada: User, browse: Callable[..., Client]) -> Client:
    return browse(ada)


@pytest.fixture
def write(board: Project, ada: User) -> Callable[..., Task]:
    """Create a task as Ada: `write("Rotate the keys", priority="HIGH")`."""
    return lambda title, **fields: services.create_task(board, actor=ada, title=title, **fields)


def html(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def size(response, status: str) -> str:
    """Return the number at the head of a column."""
    return html(response).partition(f'id="size-{status}"')[2].partition(">")[2].partition("<")[0]


def cards(response) -> list[str]:
    """Return the titles of the cards, in order."""
    pieces = html(response).split('draggable="false">')[1:]
    return [unescape(piece.partition("</a>")[0]) for piece in pieces]


# Results


def test_a_result_shows_what_was_found(write, ed, client):
    task = write("Rotate the keys", description="The keys of *last* year.", owner=ed)
    shown = html(client.get("/search/?q=keys"))
    assert f'<a href="/tasks/{task.pk}/"><span class="result-reference">ACME-1</span> Rotate the <mark>keys' in shown
    assert "The <mark>keys</mark> of *last* year." in shown
    assert "Ed Moreno" in shown
    assert "1 task</span>" in shown
    assert 'id="id_q"' in shown
    assert "In progress" in shown


def test_nothing_typed_teaches_the_language(board, client):
    shown = html(client.get("/search/"))
    assert "Words and terms" in shown
    assert 'href="/search/?q=owner%3Ame%20is%3Aopen"' in shown
    assert 'href="/help/#search"' in shown


def test_nothing_found_says_so_and_helps(board, client):
    shown = html(client.get("/search/?q=nowhere"))
    assert "No task matches" in shown
    assert "0 tasks" in shown
    assert 'href="/search/?q=due%3Atoday"' in shown


def test_a_wrong_term_is_told_at_the_field_and_the_rest_applies(write, client):
    write("Rotate the keys")
    shown = html(client.get("/search/?q=keys+status:doing"))
    [error] = [piece.partition("</ul>")[0] for piece in shown.split('id="id_q_error"')[1:]]
    assert "“status:doing” was left out: status: takes unassigned, in_progress, done or archived." in error
    assert 'aria-describedby="id_q_error"' in shown
    assert 'value="keys status:doing"' in shown
    assert "Rotate the <mark>keys</mark>" in shown


def test_a_reference_leads_to_its_task(write, client):
    task = write("Rotate the keys")
    assert client.get("/search/?q=acme-1").headers["Location"] == f"/tasks/{task.pk}/"
    assert "No task matches" in html(client.get("/search/?q=ACME-2"))
    assert "Rotate the keys" in html(client.get("/search/?q=acme-1+is:open"))


def test_results_come_in_pages_and_end_with_the_newest_that_are_ranked(write, client, monkeypatch):
    monkeypatch.setattr("taskmanager.tasks.views.search.RESULTS_PER_PAGE", 2)
    monkeypatch.setattr("taskmanager.tasks.search.finding.RANKED", 4)
    monkeypatch.setattr("taskmanager.tasks.search.RANKED", 4)
    for number in range(5):
        write(f"Key {number}")
    first, second = (html(client.get(f"/search/?q=key&page={page}")) for page in (1, 2))
    assert "Page 1 of 2" in first
    assert 'href="?q=key&amp;page=2"' in first
    assert [f"</mark> {number}" in first for number in (4, 3, 2)] == [True, True, False]
    assert [f"</mark> {number}" in second for number in (3, 2, 1, 0)] == [False, True, True, False]
    assert "4+ tasks" in second
    assert "These are the newest 4 matches." in second
    assert "Page 2 of 2" in html(client.get("/search/?q=key&page=99"))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "alert", "'"])
def test_what_is_typed_or_written_is_never_markup(text, write, client):
    write('<script>alert(1)</script> "><img src=x onerror=alert(1)>', description="<script>alert(1)</script>")
    for path in ("/search/", "/", "/tasks/"):
        shown = html(client.get(path, {"q": text}))
        assert "<script>" not in shown
        assert "<img" not in shown
    hits = html(client.get("/search/", {"q": text}, headers=TYPING))
    assert "<script>" not in hits
    assert "<img" not in hits


@pytest.mark.parametrize("path", ["/search/", "/", "/tasks/"])
@pytest.mark.parametrize(
    "text", ["a\x00b", "x" * 10_000, '"', "& | ! ( ) : * <->", "🚀", "\u202eevil", "%ff", "due:<99999-1-1"]
)
def test_no_text_is_an_error(path, text, write, client):
    write("Rotate the keys")
    assert client.get(path, {"q": text}).status_code == 200
    assert client.get(path, {"q": text}, headers=TYPING).status_code == 200


def test_another_organizations_words_are_never_found_counted_or_completed(write, oscar, client):
    theirs = Project.objects.of(oscar.organization).get()
    services.create_task(theirs, actor=oscar, title="Zanzibar", description="zephyr")
    write("Ours")
    for text in ("zanzibar", "zephyr", "zan", "GLOBEX-1", "project:GLOBEX zan", "-ours", "creator:oscar zan"):
        for headers in ({}, TYPING):
            shown = html(client.get("/search/", {"q": text}, headers=headers))
            assert "Zanzibar" not in shown.replace(text, "")
            assert "/tasks/" not in shown.partition("<main")[2].partition("<footer")[0]
            assert "1 task" not in shown
        for path in ("/", "/tasks/"):
            assert "Zanzibar" not in html(client.get(path, {"q": text}))


# While typing


def test_eight_hits_are_shown_while_typing(write, client):
    tasks = [write(f"Key {number}") for number in range(9)]
    response = client.get("/search/?q=ke", headers=TYPING)
    shown = html(response)
    assert "<main" not in shown
    assert shown.count('role="option"') == 9
    assert shown.count("<mark>Ke</mark>y") == 8
    assert f'href="/tasks/{tasks[8].pk}/"' in shown
    assert f'href="/tasks/{tasks[0].pk}/"' not in shown
    assert 'href="/search/?q=ke"' in shown
    assert "HX-Target" in response.headers["Vary"]


def test_a_reference_while_typing_is_a_hit(write, client):
    task = write("Rotate the keys")
    assert f'href="/tasks/{task.pk}/"' in html(client.get("/search/?q=acme-1", headers=TYPING))


def test_nothing_found_while_typing_leads_to_the_page(write, client):
    shown = html(client.get("/search/?q=nowhere", headers=TYPING))
    assert "No task matches" in shown
    assert shown.count('role="option"') == 1
    assert "“is:late” was left out" in html(client.get("/search/?q=is:late", headers=TYPING))
    assert 'role="option"' not in html(client.get("/search/?q=", headers=TYPING))


def test_the_header_searches_on_every_page(board, client):
    for path in ("/", "/tasks/", "/help/", "/search/"):
        shown = html(client.get(path))
        assert '<form class="search" role="search" method="get" action="/search/">' in shown
        assert 'hx-get="/search/"' in shown


# The board


def test_a_board_shows_and_counts_what_its_filter_finds(write, ed, client):
    write("Rotate the keys")
    write("Write the notes", description="about keys", owner=ed)
    write("Paint the fence")
    response = client.get("/?q=keys")
    assert cards(response) == ["Rotate the keys", "Write the notes"]
    assert [size(response, status) for status in ("UNASSIGNED", "IN_PROGRESS", "DONE")] == ["1", "1", "0"]
    assert "Nothing here matches the filter." in html(response)
    assert 'value="keys"' in html(response)
    assert "Clear filter" in html(response)
    assert "Clear filter" not in html(client.get("/"))


def test_a_filtered_column_is_loaded_in_parts(write, client, monkeypatch):
    monkeypatch.setattr("taskmanager.tasks.queries.CARDS_PER_COLUMN", 2)
    for number in range(3):
        write(f"key {number}")
        write(f"other {number}")
    response = client.get("/?q=key")
    assert cards(response) == ["key 2", "key 1"]
    assert size(response, "UNASSIGNED") == "3"
    more = unescape(html(response).partition('hx-get="/?')[2].partition('"')[0])
    assert cards(client.get(f"/?{more}", headers={"HX-Request": "true"})) == ["key 0"]
    assert cards(client.get(f"/?{more}")) == ["key 0"]


def test_the_chips_add_and_take_away_their_terms(write, client):
    write("Rotate the keys")
    shown = html(client.get("/?q=keys"))
    assert 'href="?project=ACME&amp;q=keys+owner%3Ame">Mine</a>' in shown
    shown = html(client.get("/?q=keys+owner:me"))
    assert 'class="chip is-on" href="?project=ACME&amp;q=keys" aria-current="true">Mine</a>' in shown
    assert 'href="?project=ACME&amp;q=keys+is%3Aopen+owner%3Anone">Open, unowned</a>' in shown
    assert 'href="?project=ACME&amp;q=keys+owner%3Ame+priority%3A%3E%3Dhigh">High and up</a>' in shown
    assert 'href="?project=ACME" aria-current="true">Overdue</a>' in html(client.get("/?q=is:overdue"))


def test_the_filter_stays_on_the_board_of_its_project(acme, write, ada, client):
    web = services.create_project(acme, name="Website", key="WEB")
    services.create_task(web, actor=ada, title="Web key")
    write("Key")
    response = client.get("/?project=WEB&q=key")
    assert cards(response) == ["Web key"]
    assert '<input type="hidden" name="project" value="WEB">' in html(response)
    assert "?project=WEB&amp;q=key+is%3Aoverdue" in html(response)


def test_a_wrong_term_on_the_board_is_told_there(write, client):
    write("Rotate the keys")
    response = client.get("/?q=keys+foo:bar")
    assert cards(response) == ["Rotate the keys"]
    assert "“foo:bar” was left out: the terms are status:, owner:," in html(response)


def test_a_change_on_a_filtered_board_counts_what_it_shows(write, ed, client):
    task = write("Rotate the keys")
    write("Other")
    headers = {"HX-Request": "true", "HX-Target": f"card-{task.pk}"}
    data = {"board_filter": "keys"}
    claimed = client.post(f"/tasks/{task.pk}/claim/", data, headers=headers)
    assert [size(claimed, status) for status in ("UNASSIGNED", "IN_PROGRESS")] == ["0", "1"]
    moved = client.post(f"/tasks/{task.pk}/move/", {"status": "DONE", **data}, headers=headers)
    assert [size(moved, status) for status in ("IN_PROGRESS", "DONE")] == ["0", "1"]
    back = client.post(f"/tasks/{task.pk}/move/", {"status": "UNASSIGNED"}, headers=headers)
    assert size(back, "UNASSIGNED") == "2"
    assert Activity.objects.of(task.organization).count() == 5


def test_without_javascript_a_claim_comes_back_to_the_filtered_board(write, client):
    task = write("Rotate the keys")
    response = client.post(f"/tasks/{task.pk}/claim/", headers={"Referer": "http://testserver/?q=keys"})
    assert response.headers["Location"] == "http://testserver/?q=keys"


# The list


def test_the_lists_filter_speaks_the_same_language(write, ed, client):
    write("Rotate the keys")
    write("Write about keys", priority="HIGH", owner=ed)
    write("Old keys", status="ARCHIVED")
    found = html(client.get("/tasks/?q=keys"))
    assert [title in found for title in ("Rotate the keys", "Write about keys", "Old keys")] == [True, True, False]
    assert "Old keys" in html(client.get("/tasks/?q=keys+status:archived"))
    found = html(client.get("/tasks/?q=keys+owner:ed&priority=HIGH&sort=title"))
    assert [title in found for title in ("Rotate the keys", "Write about keys")] == [False, True]
    assert "?q=keys+owner%3Aed&amp;" in found
    wrong = html(client.get("/tasks/?q=keys+owner:nobody"))
    assert "takes me, none, or the username of somebody in your organization." in wrong
    assert "Rotate the keys" in wrong


# The number of queries


@pytest.mark.parametrize(
    ("path", "headers", "legend"),
    [
        ("/search/?q=key+-owner:ed", {}, SEARCH),
        ("/search/?q=key", {}, WORDS),
        ("/search/?q=key", TYPING, HITS),
        ("/?q=key+-owner:ed", {}, BOARD),
        ("/tasks/?q=key+-owner:ed", {}, LIST),
    ],
)
def test_the_number_of_queries_does_not_grow(path, headers, legend, write, ed, client, django_assert_num_queries):
    client.get("/tasks/")  # what feature flags say is in the cache from now on
    for count in (1, 20):
        for number in range(count):
            write(f"Key {number}", status=Task.Status.values[number % 3], description="key " * number)
        with django_assert_num_queries(len(legend)):
            assert client.get(path, headers=headers).status_code == 200
    assert len(legend) <= (8 if legend is BOARD else 7)


def test_what_was_found_in_a_comment_is_shown(write, ed, client):
    services.create_comment(
        write("Rotate the keys", description="Soon."), actor=ed, text="On **staging** <b>first</b>."
    )
    shown = html(client.get("/search/?q=staging"))
    assert "In a comment: On <mark>staging</mark> &lt;b&gt;first&lt;/b&gt;." in shown
    assert "In a comment" not in html(client.get("/search/?q=soon"))


def test_the_board_offers_the_sprint_that_runs(board, write, ada, client):
    assert "This sprint" not in html(client.get("/"))
    today = timezone.localdate()
    sprint = services.create_sprint(
        board, actor=ada, name="Now", start_date=today, end_date=today + datetime.timedelta(days=3)
    )
    services.plan_tasks(sprint, tasks=[write("Rotate the keys")], actor=ada)
    write("Paint the fence")
    assert "?project=ACME&amp;q=sprint%3Acurrent" in html(client.get("/"))
    found = html(client.get("/?q=sprint:current"))
    assert [title in found for title in ("Rotate the keys", "Paint the fence")] == [True, False]
