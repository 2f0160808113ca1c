"""A task's page: its facts, its description, its history."""

import datetime
import re

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import services
from tests.web.conftest import SESSION
from tests.web.pages import HTMX, Page, page, sentence

QUERIES = [
    *SESSION,
    "user with organization and permissions",
    "task with project, owner, creator and watchers",
    "history with who acted",
    "people whom history names",
    "projects of the header, whose keys make links, too",
    "sprints of the task",
    "attachments with who attached them",
]
# Only where the description seems to name people.
LINKS = ["usernames"]


def events(response) -> list[str]:
    """Return the lines of history as they read, without their times."""
    lines = response.content.decode().split('<li class="event">')[1:]
    texts = []
    for line in lines:
        html = line.partition("<time")[0].partition("<div>")[2]
        text = "".join(piece.partition(">")[2] for piece in f">{html}".split("<"))
        texts.append(" ".join(text.split()))
    return texts


def facts(response) -> dict[str, str]:
    """Return the facts by their labels."""
    html = response.content.decode().partition('<section class="facts"')[2].partition("</section>")[0]
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html, re.DOTALL)
    return {
        label: " ".join(re.sub(r'<svg.*?</svg>|<span class="av .*?</span>|<[^>]*>', " ", html).split())
        for label, html in pairs
    }


def test_the_page_tells_the_facts(board, ada, ed, browse):
    due = timezone.localdate() + datetime.timedelta(days=400)
    task = services.create_task(
        board,
        actor=ada,
        title="Rotate <keys>",
        description="Both *of* them.",
        priority="URGENT",
        owner=ed,
        due_date=due,
    )
    response = browse(ada).get(f"/tasks/{task.pk}/")
    told = facts(response)
    times = {label: told.pop(label) for label in ("Created", "Updated")}
    assert told == {
        "Status": "In progress",
        "Owner": "Ed Moreno",
        "Priority": "Urgent",
        "Due": f"{due:%b} {due.day}, {due.year}",
        "Project": "Acme",
        "Epic": "None",
        "Sprint": "None Plan…",
        "Creator": "ada",
    }
    assert set(times.values()) == {f"{task.created_at:%b} {task.created_at.day}, {task.created_at:%Y, %H:%M}"}
    assert "Rotate <keys>" in sentence(response)
    assert "<title>ACME-1 Rotate &lt;keys&gt;" in response.content.decode()
    assert "<em>of</em>" in response.content.decode()


def test_a_completed_task_tells_when(task, ada, browse):
    assert "Completed" not in facts(browse(ada).get(f"/tasks/{task.pk}/"))
    services.move_task(task, actor=ada, status="DONE")
    task.refresh_from_db()
    response = browse(ada).get(f"/tasks/{task.pk}/")
    assert facts(response)["Completed"].endswith(f"{task.completed_at:%Y, %H:%M}")
    assert page(response).has("time", datetime=task.completed_at.isoformat())


@pytest.mark.parametrize(("days", "word"), [(-1, "Overdue"), (1, "Soon")])
def test_a_due_date_that_is_near_or_past_is_marked(days, word, many, ada, browse):
    begun = timezone.now() - datetime.timedelta(days=9)
    [task] = many(1, due_date=timezone.localdate() + datetime.timedelta(days=days), created_at=begun)
    assert word in sentence(browse(ada).get(f"/tasks/{task.pk}/"))


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        '<p style="position:fixed">x</p>',
        "![x](https://elsewhere.example/pixel.png)",
    ],
)
def test_a_description_runs_and_loads_nothing(evil, task, ada, browse):
    services.edit_task(task, actor=ada, version=1, description=evil)
    html = browse(ada).get(f"/tasks/{task.pk}/").content.decode()
    prose = Page(html.partition('<div class="prose">')[2].partition("</div>")[0])
    assert {tag for tag, _values in prose.elements} <= {"p", "a"}
    assert prose.text.strip()
    for _tag, values in prose.elements:
        assert values.keys() <= {"href", "rel"}
        assert not values.get("href", "").startswith("javascript")


def test_a_description_of_nothing_invites_who_may_edit(task, ada, cleo, browse):
    assert "Add one" in sentence(browse(ada).get(f"/tasks/{task.pk}/"))
    assert "No description." in sentence(browse(cleo).get(f"/tasks/{task.pk}/"))
    assert "Add one" not in sentence(browse(cleo).get(f"/tasks/{task.pk}/"))


def test_history_is_told_in_order_and_in_words(task, ada, ed, browse):
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ada, version=2, title="Rotate all keys", priority="HIGH", description="Now.")
    services.release_task(task, actor=ada)
    services.move_task(task, actor=ada, status="UNASSIGNED")  # its place in the column is no news
    services.move_task(task, actor=ada, status="DONE")
    assert events(browse(ada).get(f"/tasks/{task.pk}/")) == [
        "ada created this",
        "Ed Moreno claimed it · Status Unassigned → In progress",
        "ada edited it · Title Rotate the signing keys → Rotate all keys · Description · Priority Medium → High",
        "ada released it · Status In progress → Unassigned · Owner Ed Moreno → nobody",
        "ada moved it · Status Unassigned → Completed",
    ]


def test_long_history_is_turned_back_in_parts(task, ada, browse):
    for number in range(60):
        services.edit_task(task, actor=ada, version=1 + number, title=f"Title {number}")
    client = browse(ada)
    response = client.get(f"/tasks/{task.pk}/")
    recent = events(response)
    assert len(recent) == 50
    assert recent[-1] == "ada edited it · Title Title 58 → Title 59"
    [older] = [url for url in page(response).addresses() if "before=" in url]
    for headers in ({}, HTMX):
        part = client.get(older, headers=headers)
        assert events(part)[0] == "ada created this"
        assert events(part)[-1] == "ada edited it · Title Title 8 → Title 9"
        assert len(events(part)) == 11
        assert "Show older" not in sentence(part)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 18, "9" * 400, "1e3", "²"])
def test_a_place_in_history_that_is_none_shows_all_of_it(before, task, ada, browse):
    assert events(browse(ada).get(f"/tasks/{task.pk}/?before={before}")) == ["ada created this"]


def test_somebody_who_left_is_a_former_member(task, ada, member, browse):
    bo = member("bo", Role.ADMIN)
    theirs = services.create_task(task.project, actor=bo, title="Left behind")
    services.claim_task(theirs, actor=bo)
    bo.delete()
    response = browse(ada).get(f"/tasks/{theirs.pk}/")
    assert (facts(response)["Creator"], facts(response)["Owner"]) == ("A former member", "Nobody")
    assert events(response) == [
        "A former member created this",
        "A former member claimed it · Status Unassigned → In progress · Owner nobody → a former member",
    ]
    assert page(response).has("form", action=f"/tasks/{theirs.pk}/claim/")


@pytest.mark.parametrize(
    ("role", "edits", "claims", "deletes"),
    [
        ("Admin", True, True, True),
        ("Editor", False, True, False),
        ("Creator", False, False, False),
        ("", False, False, False),
    ],
)
def test_the_buttons_are_those_that_the_role_permits(role, edits, claims, deletes, task, member, browse):
    colleague = member("bo", *([Role(role)] if role else []))
    shown = page(browse(colleague).get(f"/tasks/{task.pk}/"))
    assert shown.has("a", href=f"/tasks/{task.pk}/edit/") == edits
    assert shown.has("form", action=f"/tasks/{task.pk}/move/") == edits
    assert shown.has("form", action=f"/tasks/{task.pk}/claim/") == claims
    assert shown.has("a", href=f"/tasks/{task.pk}/delete/") == deletes


def test_an_owner_may_release_and_complete_a_task_of_anothers(task, ed, browse):
    services.claim_task(task, actor=ed)
    shown = page(browse(ed).get(f"/tasks/{task.pk}/"))
    assert shown.has("form", action=f"/tasks/{task.pk}/release/")
    assert shown.has("button", name="status", value="DONE")
    assert not shown.has("form", action=f"/tasks/{task.pk}/claim/")


@pytest.mark.parametrize("edits", [1, 40])
def test_the_page_takes_the_same_queries_however_long_history_is(
    edits, task, ed, ada, browse, django_assert_num_queries
):
    services.claim_task(task, actor=ed)
    for number in range(edits):
        services.edit_task(task, actor=ada, version=2 + number, title=f"Title {number}", description="ACME-1 by @ed")
    client = browse(ed)
    assert len(QUERIES + LINKS) <= 9
    with django_assert_num_queries(len(QUERIES + LINKS)) as captured:
        client.get(f"/tasks/{task.pk}/")
    [history] = [query["sql"] for query in captured if 'FROM "tasks_activity"' in query["sql"]]
    assert history.endswith("LIMIT 51")
    services.edit_task(task, actor=ada, version=2 + edits, description="Without links")
    with django_assert_num_queries(len(QUERIES)):
        client.get(f"/tasks/{task.pk}/")


def test_a_message_costs_the_page_no_query(task, ada, browse, django_assert_num_queries):
    client = browse(ada)
    client.post(f"/tasks/{task.pk}/claim/")
    with django_assert_num_queries(len(QUERIES)):
        response = client.get(f"/tasks/{task.pk}/")
    assert "You claimed ACME-1." in sentence(response)
