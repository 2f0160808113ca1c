"""Claim, release and move in three dialects: fragments for htmx, forms without JavaScript, and JSON."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task
from tests.web.pages import HTMX, JSON, Page, page, sentence

REFUSED = {"message": "Task is already claimed or completed."}
BOARD = "http://testserver/?project=ACME"


@pytest.fixture(params=["pessimistic", "optimistic"])
def strategy(request: pytest.FixtureRequest, settings) -> str:
    settings.CLAIM_STRATEGY = request.param
    return request.param


@pytest.fixture
def create(board: Project, ada: User) -> Callable[..., Task]:
    return lambda title, **fields: services.create_task(board, actor=ada, title=title, **fields)


def state(task: Task) -> tuple[str, User | None]:
    fresh = Task.objects.get(pk=task.pk)
    return fresh.status, fresh.owner


def card_ids(shown: Page) -> list[str]:
    return [values["id"] for tag, values in shown.elements if tag == "article"]


# JSON


def test_a_claim_by_json_answers_with_the_task(strategy, task, ed, browse):
    response = browse(ed).post(f"/tasks/{task.pk}/claim/", headers=JSON)
    assert response.status_code == 200
    body = response.json()
    assert next(iter(body)) == "id"
    assert (body["id"], body["reference"], body["status"], body["version"]) == (task.pk, "ACME-1", "IN_PROGRESS", 2)
    assert body["owner"] == {"id": ed.pk, "username": "ed"}
    assert state(task) == ("IN_PROGRESS", ed)


def test_the_setting_chooses_how_a_claim_is_decided(strategy, task, ed, browse):
    client = browse(ed)
    with CaptureQueriesContext(connection) as captured:
        assert client.post(f"/tasks/{task.pk}/claim/", headers=JSON).status_code == 200
    [update] = [query["sql"] for query in captured if query["sql"].startswith('UPDATE "tasks_task"')]
    compares_and_swaps = '"version" = 1' in update.partition("WHERE")[2]
    assert compares_and_swaps == (strategy == "optimistic")


def test_a_refused_claim_by_json_keeps_the_published_contract(strategy, task, ed, ada, browse, rows):
    services.claim_task(task, actor=ada)
    before = rows()
    response = browse(ed).post(f"/tasks/{task.pk}/claim/", headers=JSON)
    assert (response.status_code, response.json()) == (400, REFUSED)
    assert rows() == before


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_is_not_claimed_by_any_dialect(strategy, status, task, ed, ada, browse, rows):
    services.move_task(task, actor=ada, status=status)
    before = rows()
    client = browse(ed)
    assert client.post(f"/tasks/{task.pk}/claim/", headers=JSON).json() == REFUSED
    assert client.post(f"/tasks/{task.pk}/claim/", headers=HTMX).status_code == 409
    shown = client.post(f"/tasks/{task.pk}/claim/", follow=True)
    assert f"ACME-1 is {'already completed' if status == 'DONE' else 'archived'}." in sentence(shown)
    assert rows() == before


def test_release_and_move_by_json_answer_with_the_task(task, ada, browse):
    services.claim_task(task, actor=ada)
    released = browse(ada).post(f"/tasks/{task.pk}/release/", headers=JSON)
    assert (released.status_code, released.json()["status"], released.json()["owner"]) == (200, "UNASSIGNED", None)
    moved = browse(ada).post(f"/tasks/{task.pk}/move/", {"status": "DONE"}, headers=JSON)
    assert (moved.status_code, moved.json()["status"]) == (200, "DONE")
    assert moved.json()["completed_at"]


@pytest.mark.parametrize(("verb", "data"), [("claim", {}), ("release", {}), ("move", {"status": "DONE"})])
def test_json_says_why_not(verb, data, task, cleo, oscar, browse, rows):
    before = rows()
    url = f"/tasks/{task.pk}/{verb}/"
    nobody = browse().post(url, data, headers=JSON)
    creator = browse(cleo).post(url, data, headers=JSON)
    stranger = browse(oscar).post(url, data, headers=JSON)
    assert (nobody.status_code, nobody.json()) == (401, {"message": "Sign in first."})
    assert (creator.status_code, creator.json()) == (403, {"message": "Your role doesn't allow that."})
    assert (stranger.status_code, stranger.json()) == (404, {"message": "Object not found."})
    assert rows() == before


def test_a_free_task_can_not_be_released(task, ada, browse, rows):
    before = rows()
    response = browse(ada).post(f"/tasks/{task.pk}/release/", headers=JSON)
    assert (response.status_code, response.json()) == (400, {"message": "Only a task in progress can be released."})
    assert rows() == before


def test_a_move_that_came_too_late_to_be_a_claim_is_refused(task, ada, ed, browse, rows):
    services.claim_task(task, actor=ada)
    before = rows()
    data = {"status": "IN_PROGRESS"}
    as_json = browse(ed).post(f"/tasks/{task.pk}/move/", data, headers=JSON)
    assert (as_json.status_code, as_json.json()) == (400, REFUSED)
    as_fragment = browse(ed).post(f"/tasks/{task.pk}/move/", data, headers=HTMX)
    assert as_fragment.status_code == 409
    assert "ada claimed ACME-1 first." in sentence(as_fragment)
    assert rows() == before


# htmx


def test_a_claim_by_htmx_answers_with_the_card_the_sizes_and_an_undo(strategy, task, ed, browse):
    response = browse(ed).post(f"/tasks/{task.pk}/claim/", headers={**HTMX, "HX-Target": f"card-{task.pk}"})
    shown = page(response)
    assert response.status_code == 200
    assert card_ids(shown) == [f"card-{task.pk}"]
    assert shown.has("article", **{"data-status": "IN_PROGRESS"})
    assert not shown.has("html")
    assert shown.has("span", id="size-UNASSIGNED", **{"hx-swap-oob": "true"})
    assert shown.has("span", id="size-IN_PROGRESS", **{"hx-swap-oob": "true"})
    assert "You claimed ACME-1." in sentence(response)
    assert shown.has("form", action=f"/tasks/{task.pk}/move/", class_="flash-undo")
    assert not shown.has("form", action=f"/tasks/{task.pk}/claim/")


def test_a_claim_lost_to_another_by_htmx_shows_the_card_as_it_is_and_who_was_first(strategy, task, ed, ada, browse):
    services.claim_task(task, actor=ada)
    response = browse(ed).post(f"/tasks/{task.pk}/claim/", headers={**HTMX, "HX-Target": f"card-{task.pk}"})
    assert response.status_code == 409
    assert card_ids(page(response)) == [f"card-{task.pk}"]
    assert page(response).has("p", class_="note")
    assert "ada claimed ACME-1 first." in sentence(response)
    assert page(response).has("span", **{"aria-label": "Owner: ada"})
    assert state(task) == ("IN_PROGRESS", ada)


def test_a_claim_on_the_tasks_own_page_redraws_that_and_the_card_behind_it(task, ed, browse):
    response = browse(ed).post(f"/tasks/{task.pk}/claim/", headers={**HTMX, "HX-Target": "task"})
    assert card_ids(page(response)) == ["task", f"card-{task.pk}"]
    assert page(response).has("article", id=f"card-{task.pk}", **{"hx-swap-oob": "true"})
    assert "claimed it" in sentence(response)


def test_a_release_by_htmx_frees_the_card(task, ed, browse):
    services.claim_task(task, actor=ed)
    response = browse(ed).post(f"/tasks/{task.pk}/release/", headers={**HTMX, "HX-Target": f"card-{task.pk}"})
    assert page(response).has("article", **{"data-status": "UNASSIGNED"})
    assert page(response).has("form", action=f"/tasks/{task.pk}/claim/", class_="flash-undo")
    assert state(task) == ("UNASSIGNED", None)


def test_a_move_by_htmx_answers_with_the_place(create, ada, browse):
    low, high = create("Low", status="DONE"), create("High", status="DONE")
    task = create("Moved")
    data = {"status": "DONE", "after": str(high.pk)}
    response = browse(ada).post(f"/tasks/{task.pk}/move/", data, headers={**HTMX, "HX-Target": f"card-{task.pk}"})
    assert page(response).has("article", **{"data-status": "DONE", "data-above": str(high.pk)})
    assert "ACME-3 moved to completed." in sentence(response)
    assert list(Task.objects.column(task.project, "DONE")) == [high, task, low]


def test_a_move_inside_the_column_needs_no_words(create, ada, browse):
    low, high = create("Low"), create("High")
    response = browse(ada).post(f"/tasks/{low.pk}/move/", {"status": "UNASSIGNED", "after": ""}, headers=HTMX)
    assert "moved" not in sentence(response)
    assert list(Task.objects.column(low.project, "UNASSIGNED")) == [low, high]


def test_a_move_below_a_card_that_has_just_moved_away_is_a_move_to_the_top(create, ada, browse):
    top, gone, task = create("Top", status="DONE"), create("Gone"), create("Moved")
    response = browse(ada).post(f"/tasks/{task.pk}/move/", {"status": "DONE", "after": str(gone.pk)}, headers=JSON)
    assert response.status_code == 200
    assert list(Task.objects.column(task.project, "DONE")) == [task, top]


def test_a_refusal_by_htmx_is_a_message_and_leaves_the_card(task, cleo, browse, rows):
    before = rows()
    response = browse(cleo).post(f"/tasks/{task.pk}/claim/", headers=HTMX)
    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (403, "#toasts", "beforeend")
    assert page(response).has("div", class_="flash-error", role="alert")
    assert rows() == before


# Forms without JavaScript


@pytest.mark.parametrize(("verb", "data"), [("claim", {}), ("release", {}), ("move", {"status": "DONE"})])
@pytest.mark.parametrize(
    ("referer", "place"),
    [
        (BOARD, BOARD),
        ("http://testserver/tasks/?status=DONE&page=2", "http://testserver/tasks/?status=DONE&page=2"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("http://testserver.elsewhere.example/", "/"),
        ("http://elsewhere.example\\@testserver/", "/"),
        ("http://testserver@elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("//elsewhere.example/", "/"),
    ],
)
def test_a_form_leads_back_to_the_page_of_ours_that_it_was_on(verb, data, referer, place, task, ada, browse):
    if verb == "release":
        services.claim_task(task, actor=ada)
    response = browse(ada).post(f"/tasks/{task.pk}/{verb}/", data, headers={"Referer": referer})
    assert (response.status_code, response["Location"]) == (302, place)


def undo(client, shown) -> None:
    """Send the undo form of the page that is shown."""
    parsed = page(shown)
    [form] = [values for tag, values in parsed.elements if tag == "form" and "flash-undo" in values.get("class", "")]
    fields = {name: parsed.values[name] for name in ("status", "after") if name in parsed.values}
    assert form["method"] == "post"
    assert client.post(form["action"], fields).status_code == 302


def test_a_claim_by_form_can_be_undone_on_the_next_page(strategy, task, ed, browse):
    client = browse(ed)
    shown = client.post(f"/tasks/{task.pk}/claim/", follow=True, headers={"Referer": BOARD})
    assert "You claimed ACME-1." in sentence(shown)
    assert state(task) == ("IN_PROGRESS", ed)
    undo(client, shown)
    assert state(task) == ("UNASSIGNED", None)


def test_a_message_is_shown_once(task, ed, browse):
    client = browse(ed)
    assert "You claimed ACME-1." in sentence(client.post(f"/tasks/{task.pk}/claim/", follow=True))
    assert "You claimed ACME-1." not in sentence(client.get("/"))


def test_a_release_by_form_can_be_undone_by_who_had_it(task, ed, browse):
    services.claim_task(task, actor=ed)
    client = browse(ed)
    shown = client.post(f"/tasks/{task.pk}/release/", follow=True)
    assert "ACME-1 is free again." in sentence(shown)
    undo(client, shown)
    assert state(task) == ("IN_PROGRESS", ed)


def test_a_release_of_a_colleagues_task_has_no_undo_that_would_take_it(task, ada, ed, browse):
    services.claim_task(task, actor=ed)
    shown = browse(ada).post(f"/tasks/{task.pk}/release/", follow=True)
    assert "ACME-1 is free again." in sentence(shown)
    assert not page(shown).has("form", class_="flash-undo")


def test_a_move_by_form_can_be_undone_to_the_very_place(create, ada, browse):
    low, task, high = create("Low"), create("Moved"), create("High")
    client = browse(ada)
    shown = client.post(f"/tasks/{task.pk}/move/", {"status": "ARCHIVED"}, follow=True)
    assert "ACME-2 moved to archived." in sentence(shown)
    undo(client, shown)
    assert list(Task.objects.column(task.project, "UNASSIGNED")) == [high, task, low]


def test_a_move_that_takes_a_colleagues_task_away_has_no_undo(task, ada, ed, browse):
    services.claim_task(task, actor=ed)
    shown = browse(ada).post(f"/tasks/{task.pk}/move/", {"status": "UNASSIGNED"}, follow=True)
    assert "ACME-1 moved to unassigned." in sentence(shown)
    assert not page(shown).has("form", class_="flash-undo")


def test_a_claim_lost_by_form_is_a_message_that_names_the_winner(strategy, task, ada, ed, browse):
    services.claim_task(task, actor=ada)
    shown = browse(ed).post(f"/tasks/{task.pk}/claim/", follow=True)
    assert page(shown).has("div", class_="flash-error")
    assert "ada claimed ACME-1 first." in sentence(shown)


def test_names_in_messages_are_text_not_html(member, task, ada, browse):
    mallory = member("mallory", "Editor", full_name="<b>Mallory</b> &amp; Co")
    services.claim_task(task, actor=mallory)
    shown = browse(ada).post(f"/tasks/{task.pk}/claim/", follow=True)
    assert "<b>Mallory</b> &amp; Co claimed ACME-1 first." in sentence(shown)
