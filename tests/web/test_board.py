"""The board: columns in order, loaded in parts, with the buttons that one's role permits."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import services
from taskmanager.tasks.models import COUNT_LIMIT, Project
from taskmanager.tasks.queries import CARDS_PER_COLUMN
from tests.web.conftest import SESSION
from tests.web.pages import HTMX, Page, page, sentence

QUERIES = [
    *SESSION,
    "user with organization and permissions",
    "projects",
    "unassigned tasks with project, owner and their number",
    "tasks in progress with project, owner and their number",
    "completed tasks with project, owner and their number",
    "active sprint with its numbers",
]


def cards(shown: Page) -> list[tuple[str, str]]:
    """Return the status and the id of each card."""
    return [(values["data-status"], values["data-id"]) for tag, values in shown.elements if tag == "article"]


def size(response, status: str) -> str:
    """Return the number at the head of a column."""
    _before, _, rest = response.content.decode().partition(f'id="size-{status}"')
    return rest.partition(">")[2].partition("<")[0]


def test_each_status_has_its_column_and_archived_is_behind_a_link(many, ada, browse):
    [free], [busy], [done] = many(1), many(1, status="IN_PROGRESS", owner=ada), many(1, status="DONE")
    many(1, status="ARCHIVED")
    response = browse(ada).get("/")
    assert cards(page(response)) == [
        ("UNASSIGNED", str(free.pk)),
        ("IN_PROGRESS", str(busy.pk)),
        ("DONE", str(done.pk)),
    ]
    headings = [text for text in ("Unassigned 1", "In progress 1", "Completed 1") if text in sentence(response)]
    assert len(headings) == 3
    assert "/tasks/?project=ACME&status=ARCHIVED" in page(response).addresses()
    assert page(browse(ada).get("/tasks/?project=ACME&status=ARCHIVED")).has("td", class_="t-reference")


def test_new_tasks_and_moved_tasks_stand_on_top(board, ada, browse):
    first, second, third = [services.create_task(board, actor=ada, title=title) for title in ("a", "b", "c")]
    services.move_task(first, actor=ada, status="UNASSIGNED")
    services.move_task(third, actor=ada, status="UNASSIGNED", after=second.pk)
    assert [pk for _status, pk in cards(page(browse(ada).get("/")))] == [str(t.pk) for t in (first, second, third)]


def test_a_column_shows_50_cards_and_then_more(many, ada, browse):
    tasks = many(120)
    client = browse(ada)
    response = client.get("/")
    shown, seen = page(response), []
    assert size(response, "UNASSIGNED") == "120"
    assert "Show 70 more" in sentence(response)
    while True:
        seen += [int(pk) for _status, pk in cards(shown)]
        more = [values for tag, values in shown.elements if tag == "a" and "hx-get" in values]
        if not more:
            break
        assert more[0]["hx-get"] == more[0]["href"]
        part = client.get(more[0]["hx-get"], headers=HTMX)
        shown = page(part)
        assert not shown.has("main")
        assert len(cards(shown)) in {CARDS_PER_COLUMN, 20}
    assert seen == [task.pk for task in tasks]


def test_more_works_without_javascript(many, ada, browse):
    tasks, [done] = many(60), many(1, status="DONE")
    client = browse(ada)
    [more] = [url for url in page(client.get("/")).addresses() if "after=" in url]
    response = client.get(more)
    assert cards(page(response)) == [*(("UNASSIGNED", str(task.pk)) for task in tasks[50:]), ("DONE", str(done.pk))]
    assert "Show from the top" in sentence(response)
    assert size(response, "UNASSIGNED") == "60"


def test_exactly_50_cards_need_no_more(many, ada, browse):
    many(CARDS_PER_COLUMN)
    assert not page(browse(ada).get("/")).has("a", class_="more")


@pytest.mark.parametrize(("count", "label"), [(999, "999"), (1000, "1,000"), (1001, "1,000+")])
def test_a_column_is_counted_up_to_a_thousand(count, label, many, ada, browse):
    assert COUNT_LIMIT == 1000
    many(count)
    assert size(browse(ada).get("/"), "UNASSIGNED") == label


def test_another_project_is_another_board(task, acme, ada, browse):
    web = services.create_project(acme, name="Website", key="WEB")
    other = services.create_task(web, actor=ada, title="Draw the start page")
    client = browse(ada)
    assert cards(page(client.get("/"))) == [("UNASSIGNED", str(task.pk))]
    response = client.get("/?project=WEB")
    assert cards(page(response)) == [("UNASSIGNED", str(other.pk))]
    assert client.get("/?project=web").content.count(b"<article") == 1
    links = page(response).addresses()
    assert {"/?project=ACME", "/?project=WEB", "/tasks/new/?project=WEB", "/tasks/?project=WEB"} <= set(links)


def test_a_team_with_one_project_sees_no_choice_of_projects(task, ada, browse):
    shown = page(browse(ada).get("/"))
    assert not shown.has("details", class_="project")
    assert "/tasks/new/" in shown.addresses()


@pytest.mark.parametrize("key", ["NONE", "A", "acme-1", "WAYTOOLONGKEY"])
def test_an_unknown_project_is_not_found(key, board, ada, browse):
    assert browse(ada).get(f"/?project={key}").status_code == 404


def test_a_new_organization_is_shown_how_to_begin(board, ada, browse):
    response = browse(ada).get("/")
    assert "Start with one task" in sentence(response)
    assert "Create task" in sentence(response)
    assert [size(response, status) for status in ("UNASSIGNED", "IN_PROGRESS", "DONE")] == ["0", "0", "0"]


def test_an_empty_column_is_not_a_new_organization(task, ada, browse):
    services.archive_task(task, actor=ada)
    response = browse(ada).get("/")
    assert "Start with one task" not in sentence(response)
    assert "Free tasks wait here until somebody claims them." in sentence(response)
    assert cards(page(response)) == []


@pytest.mark.parametrize(
    ("role", "creates", "claims", "moves"),
    [
        ("Admin", True, True, True),
        ("Editor", False, True, False),
        ("Creator", True, False, False),
        ("", False, False, False),
    ],
)
def test_the_buttons_are_those_that_the_role_permits(role, creates, claims, moves, task, member, browse):
    colleague = member("bo", *([Role(role)] if role else []))
    shown = page(browse(colleague).get("/"))
    assert shown.has("a", class_="create") == creates
    assert shown.has("form", action=f"/tasks/{task.pk}/claim/") == claims
    assert shown.has("form", action=f"/tasks/{task.pk}/move/") == moves
    movable = [values.get("data-movable", "") for tag, values in shown.elements if tag == "article"]
    assert movable == ["any" if moves else "claim" if claims else ""]
    assert ("ask an Admin of Acme" in sentence(browse(colleague).get("/"))) == (role == "")


def test_an_editor_may_move_what_is_their_own(task, ed, browse):
    services.claim_task(task, actor=ed)
    shown = page(browse(ed).get("/"))
    assert shown.has("form", action=f"/tasks/{task.pk}/move/")
    assert not shown.has("form", action=f"/tasks/{task.pk}/claim/")


def test_a_card_says_when_it_is_due(many, ada, browse):
    today = timezone.localdate()
    begun = timezone.now() - datetime.timedelta(days=30)
    for days in (-9, -1, 0, 2, 40):
        many(1, due_date=today + datetime.timedelta(days=days), created_at=begun)
    many(1, status="DONE", due_date=today - datetime.timedelta(days=9), created_at=begun)
    response = browse(ada).get("/")
    tags = [
        values["class"]
        for tag, values in page(response).elements
        if tag == "span" and "tag" in values.get("class", "").split()
    ]
    assert sorted(tags) == ["tag", "tag tag-late", "tag tag-late", "tag tag-soon", "tag tag-soon"]
    for words in ("Due yesterday", "Due today"):
        assert words in sentence(response)


def test_an_organization_without_a_project_gets_a_page_not_an_error(acme, ada, browse):
    Project.objects.of(acme).delete()
    assert browse(ada).get("/").status_code == 404
    assert browse(ada).get("/tasks/new/").status_code == 404
    assert browse(ada).get("/tasks/").status_code == 200


@pytest.mark.parametrize("count", [1, 100])
def test_the_board_takes_the_same_queries_for_3_and_300_tasks(count, many, ed, ada, browse, django_assert_num_queries):
    many(count)
    many(count, status="IN_PROGRESS", owner=ed)
    many(count, status="DONE", owner=ada)
    client = browse(ed)
    assert len(QUERIES) <= 8
    with django_assert_num_queries(len(QUERIES)):
        response = client.get("/")
    assert len(cards(page(response))) == 3 * min(count, 50)


def test_a_message_costs_the_board_no_query(many, task, ed, browse, django_assert_num_queries):
    many(60)
    client = browse(ed)
    client.post(f"/tasks/{task.pk}/claim/")
    with django_assert_num_queries(len(QUERIES)):
        response = client.get("/")
    assert "You claimed ACME-1." in sentence(response)


def test_a_part_of_a_column_takes_one_query_for_tasks(many, ed, browse, django_assert_num_queries):
    many(120)
    client = browse(ed)
    [more] = [url for url in page(client.get("/")).addresses() if "after=" in url]
    # Without the two other columns, and the sprint.
    with django_assert_num_queries(len(QUERIES) - 3):
        client.get(more, headers=HTMX)
