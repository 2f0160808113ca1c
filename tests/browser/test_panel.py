"""A task opens over the board, at its own address."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import card, column, toasts

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(page_as, ada, task):
    """Ada's window with the board and, over it, the task."""
    page = page_as(ada)
    page.goto("/?project=ACME")
    page.get_by_role("link", name=task.title).click()
    expect(page.get_by_role("dialog", name=task.title)).to_contain_text("History")
    return page


def expect_the_board(page, task):
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url("/?project=ACME")
    expect(page).to_have_title("Acme · Board · Taskmanager")
    expect(card(page, task).get_by_role("link")).to_be_focused()


def test_it_has_its_own_address_and_title(opened, task):
    expect(opened).to_have_url(f"/tasks/{task.pk}/")
    expect(opened).to_have_title(f"ACME-1 {task.title} · Taskmanager")


def test_the_board_behind_it_is_out_of_reach(opened):
    reached = set()
    for _stop in range(30):
        opened.keyboard.press("Tab")
        reached.add(opened.evaluate("document.activeElement.closest('main, dialog, header, body').localName"))
    assert "dialog" in reached
    assert "main" not in reached


@pytest.mark.parametrize("way", ["Escape", "the browser's Back", "the button", "a click beside it"])
def test_it_closes_and_gives_back_the_address_and_the_focus(opened, task, way):
    match way:
        case "Escape":
            opened.keyboard.press("Escape")
        case "the browser's Back":
            opened.go_back()
        case "the button":
            opened.get_by_role("button", name="Close the task").click()
        case _:
            opened.mouse.click(60, 400)
    expect_the_board(opened, task)


def test_the_browsers_forward_opens_it_again(opened, task):
    opened.go_back()
    expect_the_board(opened, task)
    opened.go_forward()
    expect(opened.get_by_role("dialog", name=task.title)).to_contain_text("History")
    opened.keyboard.press("Escape")
    expect(opened).to_have_url("/?project=ACME")


def test_a_reload_shows_the_page_of_the_task_and_back_leads_to_the_board(opened, task):
    opened.reload()
    expect(opened.get_by_role("dialog")).to_have_count(0)
    expect(opened.get_by_role("main").get_by_role("heading", name=task.title)).to_be_visible()
    opened.go_back()
    expect(opened).to_have_url("/?project=ACME")
    expect(card(opened, task)).to_be_visible()


def test_what_is_done_in_it_is_seen_on_the_card_behind_it(opened, task):
    panel = opened.get_by_role("dialog")
    panel.get_by_role("button", name="Claim").click()
    expect(panel.locator(".facts")).to_contain_text("In progress")
    expect(column(opened, "IN_PROGRESS").locator(card(opened, task)).locator(".av")).to_have_attribute("title", "ada")
    panel.get_by_role("button", name="Complete").click()
    expect(panel.locator(".facts")).to_contain_text("Completed")
    expect(column(opened, "DONE").locator(card(opened, task))).to_be_visible()
    expect(opened.locator("#size-DONE")).to_have_text("1")
    opened.keyboard.press("Escape")
    expect_the_board(opened, task)


def test_what_is_done_in_it_is_undone_in_it_and_on_the_card(opened, task):
    panel = opened.get_by_role("dialog")
    opened.keyboard.press("x")
    expect(toasts(opened)).to_contain_text("You claimed ACME-1.")
    opened.keyboard.press("Control+z")
    expect(panel.get_by_role("button", name="Claim")).to_be_visible()
    expect(panel.locator(".facts")).to_contain_text("Nobody")
    expect(column(opened, "UNASSIGNED").locator(card(opened, task))).to_be_visible()


@pytest.mark.parametrize("place", ["over the board", "on its own page"])
def test_what_is_done_by_keyboard_does_not_lose_the_focus(opened, task, place):
    if place == "on its own page":
        opened.reload()
    claim = opened.locator("#task").get_by_role("button", name="Claim")
    claim.focus()
    opened.keyboard.press("Enter")
    expect(opened.locator(".facts")).to_contain_text("In progress")
    more = opened.get_by_label("More for ACME-1")
    expect(more).to_be_focused()
    opened.keyboard.press("Enter")
    opened.keyboard.press("ArrowDown")
    expect(opened.get_by_role("button", name="Release", exact=True).last).to_be_focused()
    opened.keyboard.press("Enter")
    expect(opened.locator(".facts")).to_contain_text("Unassigned")
    expect(more).to_be_focused()


def test_what_is_archived_in_it_leaves_the_board(opened, task):
    panel = opened.get_by_role("dialog")
    panel.get_by_label("More for ACME-1").click()
    panel.get_by_role("button", name="Archive").click()
    expect(panel.locator(".facts")).to_contain_text("Archived")
    expect(card(opened, task)).to_have_count(0)
    toasts(opened).get_by_role("button", name="Undo").click()
    expect(column(opened, "UNASSIGNED").locator(card(opened, task))).to_be_visible()


def test_a_menu_in_it_closes_before_it_does(opened, task):
    panel = opened.get_by_role("dialog")
    panel.get_by_label("More for ACME-1").click()
    expect(panel.get_by_role("button", name="Archive")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="Archive")).to_be_hidden()
    expect(panel).to_be_visible()


def test_its_edit_link_leads_to_the_form_and_saving_to_the_task(opened, task):
    opened.keyboard.press("e")
    opened.get_by_label("Title").fill("Rotate all keys")
    opened.get_by_role("button", name="Save task").click()
    expect(opened.get_by_role("heading", name="Rotate all keys")).to_be_visible()
    expect(opened).to_have_url(f"/tasks/{task.pk}/")


def test_a_click_with_control_opens_a_tab_of_its_own(page_as, ada, task):
    page = page_as(ada)
    page.goto("/")
    with page.context.expect_page() as tab:
        page.get_by_role("link", name=task.title).click(modifiers=["Control"])
    expect(tab.value.get_by_role("heading", name=task.title)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_role("dialog")).to_have_count(0)
