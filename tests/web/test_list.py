"""The list: filtered, sorted and paged by the address alone."""

import datetime
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task
from tests.web.conftest import SESSION
from tests.web.pages import page, sentence

QUERIES = [
    *SESSION,
    "user with organization and permissions",
    "projects",
    "people to filter by",
    "number of tasks",
    "tasks of the page with project and owner",
]


@pytest.fixture
def client(ada: User, browse: Callable[..., Client]) -> Client:
    return browse(ada)


def references(response) -> list[str]:
    """Return the references in the order of the rows."""
    pieces = response.content.decode().split('<td class="t-reference">')[1:]
    return [piece.partition("<")[0] for piece in pieces]


@pytest.fixture
def tasks(acme, board: Project, ada: User, ed: User) -> list[Task]:
    """ACME-1 to ACME-4 and WEB-1, different in all that a list sorts by."""
    web = services.create_project(acme, name="Website", key="WEB")
    day = timezone.now().date() + datetime.timedelta(days=10)
    rows = [
        services.create_task(board, actor=ada, title="Cut the cable", priority="LOW", due_date=day),
        services.create_task(board, actor=ada, title="apply patches", priority="URGENT", owner=ed),
        services.create_task(board, actor=ada, title="Back up 100% of it", priority="HIGH", status="DONE"),
        services.create_task(board, actor=ada, title="Done and gone", status="ARCHIVED"),
        services.create_task(web, actor=ada, title="Draw a page", owner=ada, due_date=day - datetime.timedelta(days=1)),
    ]
    services.edit_task(rows[0], actor=ada, version=1, description="Changed last.")
    return rows


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "WEB-1 ACME-3 ACME-2 ACME-1"),
        ("status=ARCHIVED", "ACME-4"),
        ("status=IN_PROGRESS", "WEB-1 ACME-2"),
        ("status=UNASSIGNED", "ACME-1"),
        ("status=DONE", "ACME-3"),
        ("priority=URGENT", "ACME-2"),
        ("priority=MEDIUM", "WEB-1"),
        ("owner=me", "WEB-1"),
        ("owner=ed", "ACME-2"),
        ("owner=ED", "ACME-2"),
        ("owner=none", "ACME-3 ACME-1"),
        ("project=WEB", "WEB-1"),
        ("project=ACME&status=DONE", "ACME-3"),
        ("q=patch", "ACME-2"),
        ("q=PATCH+APPLY", "ACME-2"),
        ("q=patch+cable", ""),
        ("q=100%25", "ACME-3"),
        ("q=%25", "ACME-3"),
        ("q=_", ""),
        ("q=acme-4", ""),
        ("q=acme-4&status=ARCHIVED", "ACME-4"),
        ("q=web-1", "WEB-1"),
        ("q=ACME-99", ""),
        ("q=ca&owner=none&priority=LOW&sort=title", "ACME-1"),
    ],
)
def test_filters_narrow_the_list(query, found, tasks, client):
    assert references(client.get(f"/tasks/?{query}")) == found.split()


@pytest.mark.parametrize(
    ("key", "ascending"),
    [
        ("created", "ACME-1 ACME-2 ACME-3 WEB-1"),
        ("reference", "ACME-1 ACME-2 ACME-3 WEB-1"),
        ("status", "ACME-3 ACME-2 WEB-1 ACME-1"),
        ("priority", "ACME-1 WEB-1 ACME-3 ACME-2"),
        ("updated", "ACME-2 ACME-3 WEB-1 ACME-1"),
    ],
)
def test_the_list_sorts_both_ways(key, ascending, tasks, client):
    assert references(client.get(f"/tasks/?sort={key}")) == ascending.split()
    assert references(client.get(f"/tasks/?sort=-{key}")) == ascending.split()[::-1]


@pytest.mark.parametrize(("key", "first"), [("owner", "WEB-1 ACME-2"), ("due", "WEB-1 ACME-1")])
def test_rows_without_a_value_stand_together_at_one_end(key, first, tasks, client):
    rows = references(client.get(f"/tasks/?sort={key}"))
    assert [row for row in rows if row in first] == first.split()
    assert rows[:2] == first.split() or rows[2:] == first.split()
    assert references(client.get(f"/tasks/?sort=-{key}")) == rows[::-1]


def test_titles_sort_as_the_database_compares_text(tasks, client):
    rows = references(client.get("/tasks/?sort=title"))
    assert sorted(rows) == ["ACME-1", "ACME-2", "ACME-3", "WEB-1"]
    assert rows.index("ACME-3") < rows.index("ACME-1") < rows.index("WEB-1")
    assert references(client.get("/tasks/?sort=-title")) == rows[::-1]


def test_every_header_is_a_link_that_sorts_and_then_turns_round(tasks, client):
    shown = page(client.get("/tasks/?status=IN_PROGRESS&sort=priority"))
    headers = [url for url in shown.addresses() if url.startswith("?") and "sort=" in url]
    assert [url.partition("sort=")[2] for url in headers] == [
        "reference", "title", "status", "-priority", "owner", "due", "updated",
    ]  # fmt: skip
    assert all("status=IN_PROGRESS" in url for url in headers)
    assert [v["aria-sort"] for tag, v in shown.elements if tag == "th" and "aria-sort" in v] == ["ascending"]
    for url in headers:
        assert client.get(f"/tasks/{url}").status_code == 200


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("status=CLOSED", "status", "Choose one of these: Unassigned, In progress, Completed, Archived."),
        ("priority=TOP", "priority", "Choose one of these: Low, Medium, High, Urgent."),
        ("owner=nobody-here", "owner", "Give me, none, or the username of somebody in your organization."),
        ("project=NONE", "project", "Choose one of these: ACME, WEB."),
        ("q=is:shut", "q", "“is:shut” was left out: is: takes open or overdue."),
        ("sort=mood", "", "Sort by one of these: created, reference, title, status, priority, owner, due, updated."),
    ],
)
def test_a_wrong_filter_is_told_beside_it_and_left_out(query, field, said, tasks, client):
    response = client.get(f"/tasks/?{query}&owner=me" if field != "owner" else f"/tasks/?{query}&project=WEB")
    assert response.status_code == 200
    assert page(response).errors == {field: [said]}
    assert references(response) == ["WEB-1"]


def test_50_rows_are_a_page(many, client):
    many(120)
    seen, url = [], "/tasks/?status=UNASSIGNED&sort=reference"
    pages = []
    while url:
        response = client.get(url)
        pages.append(len(references(response)))
        seen += references(response)
        following = [values["href"] for tag, values in page(response).elements if values.get("rel") == "next"]
        url = f"/tasks/{following[0]}" if following else ""
    assert pages == [50, 50, 20]
    assert seen == [f"ACME-{number}" for number in range(1, 121)]
    assert "120 tasks" in sentence(client.get("/tasks/"))


@pytest.mark.parametrize(
    ("number", "shown"),
    [("1", 1), ("3", 3), ("4", 3), ("9" * 400, 3), ("-1", 3), ("0", 3), ("two", 1), ("", 1), ("1.5", 1), ("%00", 1)],
)
def test_a_page_that_is_not_there_is_the_nearest_that_is(number, shown, many, client):
    many(120)
    assert f"Page {shown}" in sentence(client.get(f"/tasks/?page={number}"))


def test_a_list_of_one_page_has_no_pages_to_turn(task, client):
    response = client.get("/tasks/")
    assert "1 task " in sentence(response)
    assert not page(response).has("nav", class_="pages")


def test_counting_and_paging_end_at_ten_thousand(many, client):
    many(10_000)
    assert "10,000 tasks" in sentence(client.get("/tasks/"))
    many(60)
    response = client.get("/tasks/?page=201")
    assert "10,000+ tasks" in sentence(response)
    assert "Page 200" in sentence(response)
    assert not page(response).has("a", rel="next")


def test_an_empty_list_says_whether_filters_or_beginnings_are_the_reason(board, ed, client, browse):
    assert "No tasks yet" in sentence(client.get("/tasks/"))
    assert page(client.get("/tasks/")).has("a", href="/tasks/new/", class_="btn-primary")
    assert not page(browse(ed).get("/tasks/")).has("a", href="/tasks/new/")
    filtered = client.get("/tasks/?status=DONE")
    assert "No task matches" in sentence(filtered)
    assert page(filtered).has("a", href="/tasks/", class_="btn-primary")


def test_the_search_box_keeps_what_was_searched(tasks, client):
    shown = page(client.get('/tasks/?q="cable"&status=DONE&owner=ed'))
    assert shown.has("input", id="search", value='"cable"')
    assert {name: shown.values[name] for name in ("status", "owner")} == {"status": "DONE", "owner": "ed"}


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("query", ["", "?q=task&owner=ed&sort=-priority", "?q=ACME-1"])
def test_the_list_takes_the_same_queries_for_3_and_300_tasks(count, query, many, ed, client, django_assert_num_queries):
    many(count)
    many(2 * count, status="IN_PROGRESS", owner=ed)
    assert len(QUERIES) <= 7
    client.get("/tasks/")  # what feature flags say is in the cache from now on
    with django_assert_num_queries(len(QUERIES)):
        response = client.get(f"/tasks/{query}")
    assert references(response)


def test_a_message_costs_the_list_no_query(many, task, client, django_assert_num_queries):
    many(60)
    client.get("/tasks/")  # what feature flags say is in the cache from now on
    client.post(f"/tasks/{task.pk}/claim/")
    with django_assert_num_queries(len(QUERIES)):
        response = client.get("/tasks/")
    assert "You claimed ACME-1." in sentence(response)
