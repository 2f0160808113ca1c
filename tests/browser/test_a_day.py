"""What everybody does every day, from signing in to an ended session."""

import pytest
from playwright.sync_api import Route, expect

from taskmanager.tasks.models import Task
from tests.browser.conftest import card, column, drag, sign_in, wait_until
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


def test_a_person_signs_in_creates_a_task_drags_it_and_claims_another(page_as, ada, task):
    page = page_as()
    page.goto("/")
    sign_in(page, ada, PASSWORD)
    expect(page).to_have_title("Acme · Board · Taskmanager")

    page.get_by_role("link", name="Create", exact=True).click()
    page.get_by_label("Title").fill("Rewrite the manual")
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_role("heading", name="Rewrite the manual")).to_be_visible()
    manual = Task.objects.get(title="Rewrite the manual")

    page.get_by_role("link", name="Board").click()
    with page.expect_response("**/move/"):
        drag(page, manual, "DONE")
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(column(page, "IN_PROGRESS").locator(card(page, task))).to_contain_text("Rotate the signing keys")

    page.reload()
    expect(column(page, "DONE").locator(card(page, manual))).to_be_visible()
    expect(column(page, "IN_PROGRESS").locator(card(page, task)).get_by_label("Owner: ada")).to_be_visible()
    manual.refresh_from_db()
    task.refresh_from_db()
    assert (manual.status, task.status, task.owner) == ("DONE", "IN_PROGRESS", ada)


def test_a_card_is_dragged_to_its_place_among_others(page_as, ada, many):
    first, second, third = reversed(many(3))
    page = page_as(ada)
    page.goto("/")
    with page.expect_response("**/move/"):
        drag(page, first, "UNASSIGNED", below=second)
    page.reload()
    expect(column(page, "UNASSIGNED").locator(".card-name")).to_have_text([second.title, first.title, third.title])
    assert list(Task.objects.order_by("position")) == [second, first, third]


@pytest.mark.parametrize("way", ["a double click", "Enter twice"])
def test_creating_in_haste_makes_the_button_busy_and_one_task(page_as, ada, way):
    page = page_as(ada)
    page.goto("/tasks/new/")
    page.get_by_label("Title").fill("Once is enough")
    button = page.get_by_role("button", name="Create task")
    button.evaluate("b => new MutationObserver(() => console.log('busy', b.ariaBusy)).observe(b, {attributes: true})")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tasks/new/", hold)
    with page.expect_console_message(lambda message: message.text == "busy true"):
        if way == "Enter twice":
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
        else:
            button.dblclick()
    wait_until(page, lambda: held)
    held[0].continue_()
    expect(page.get_by_role("heading", name="Once is enough")).to_be_visible()
    assert len(held) == 1
    assert Task.objects.count() == 1


def test_an_ended_session_leads_to_the_sign_in_page_and_back(page_as, ada, task, end_sessions):
    page = page_as(ada)
    page.goto("/?project=ACME")
    end_sessions()
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, ada, PASSWORD)
    expect(page).to_have_url("/?project=ACME")
    expect(column(page, "UNASSIGNED").locator(card(page, task))).to_be_visible()


def test_opening_a_card_in_an_ended_session_leads_to_the_sign_in_page_and_back(page_as, ada, task, end_sessions):
    page = page_as(ada)
    page.goto("/")
    end_sessions()
    page.get_by_role("link", name=task.title).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, ada, PASSWORD)
    expect(page.get_by_role("heading", name=task.title)).to_be_visible()
