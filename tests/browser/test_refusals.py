"""When the server says no, or nothing: the board shows what is true, and says why."""

import pytest
from playwright.sync_api import expect

from taskmanager.tasks import services
from tests.browser.conftest import card, column, drag, toasts

pytestmark = pytest.mark.browser

UNREACHED = "That did not reach the server. Nothing was changed."


def test_a_drag_that_comes_after_a_colleagues_claim_says_who_was_first(page_as, ada, ed, task):
    page = page_as(ed)
    page.goto("/")
    services.claim_task(task, actor=ada)
    with page.expect_response("**/move/") as response:
        drag(page, task, "IN_PROGRESS")
    assert response.value.status == 409
    lost = column(page, "IN_PROGRESS").locator(card(page, task))
    expect(lost).to_contain_text("ada claimed ACME-1 first.")
    expect(lost.get_by_label("Owner: ada")).to_be_visible()
    expect(page.locator("#size-UNASSIGNED")).to_have_text("0")
    expect(page.locator("#size-IN_PROGRESS")).to_have_text("1")


def test_a_drag_that_comes_after_the_task_was_finished_puts_the_card_where_it_is(page_as, ada, ed, task):
    page = page_as(ed)
    page.goto("/")
    services.move_task(task, actor=ada, status="DONE")
    with page.expect_response("**/move/"):
        drag(page, task, "IN_PROGRESS")
    expect(column(page, "DONE").locator(card(page, task))).to_contain_text("ACME-1 is already completed.")


def test_a_dragged_card_whose_task_was_deleted_goes_back_and_says_so(page_as, ada, task):
    page = page_as(ada)
    page.goto("/")
    services.delete_task(task, actor=ada)
    with page.expect_response("**/move/"):
        drag(page, task, "DONE")
    expect(toasts(page)).to_contain_text("Object not found.")
    expect(column(page, "UNASSIGNED").locator(card(page, task))).to_be_visible()


@pytest.mark.parametrize("failure", ["offline", "aborted", "server error"])
def test_a_drag_that_the_server_does_not_answer_is_taken_back(page_as, ada, many, provoked, failure):
    provoked += [r"net::ERR_", r"^htmx:", r"status of 500", r"Error Code 500", r"^500 from .*/move/$"]
    first, second = reversed(many(2))
    page = page_as(ada)
    page.goto("/")
    if failure == "offline":
        page.context.set_offline(True)
    elif failure == "aborted":
        page.route("**/move/", lambda route: route.abort())
    else:
        page.route("**/move/", lambda route: route.fulfill(status=500, body="Oh no"))
    drag(page, second, "DONE")
    expect(toasts(page)).to_contain_text(UNREACHED)
    expect(column(page, "UNASSIGNED").locator(".card-name")).to_have_text([first.title, second.title])
    expect(column(page, "DONE").locator(".card")).to_have_count(0)
    expect(card(page, second)).not_to_have_class("is-saving")
    second.refresh_from_db()
    assert (second.status, second.version) == ("UNASSIGNED", 1)


def test_a_claim_that_does_not_reach_the_server_says_that_nothing_was_changed(page_as, ada, task, provoked):
    provoked += [r"net::ERR_", r"^htmx:"]
    page = page_as(ada)
    page.goto("/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(toasts(page)).to_contain_text(UNREACHED)
    page.context.set_offline(False)
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(column(page, "IN_PROGRESS").locator(card(page, task))).to_be_visible()


def test_a_card_whose_task_was_deleted_says_so_and_stays_closed(page_as, ada, task):
    page = page_as(ada)
    page.goto("/")
    services.delete_task(task, actor=ada)
    page.get_by_role("link", name=task.title).click()
    expect(toasts(page)).to_contain_text("Object not found.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url("/")


def test_a_creator_cannot_drag_a_card_at_all(page_as, cleo, task):
    page = page_as(cleo)
    page.goto("/")
    box = card(page, task).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=6)
    expect(page.locator(".board")).not_to_have_class("board is-dragging")
    page.mouse.up()
    expect(page.get_by_role("button", name="Claim ACME-1")).to_have_count(0)
