"""Everything by keyboard alone, with the focus always in sight."""

import pytest
from playwright.sync_api import expect

from taskmanager.tasks.models import Task
from tests.browser.conftest import card, column, settle, toasts
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

# Whether what has the focus is marked by an outline or a ring, or the card or row around it by an outline.
# What has the focus and doesn't match :focus is a date field whose calendar button has it: Chromium marks that.
IS_MARKED = """() => {
    const focused = document.activeElement;
    const outlined = [focused, focused.closest(".card, tr")].filter(Boolean).some((each) => {
        const style = getComputedStyle(each);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    });
    const ringed = [focused, focused.closest(".write")].filter(Boolean).some((each) =>
        getComputedStyle(each).boxShadow.includes("0px 0px 0px 1px"));
    return outlined || ringed || !focused.matches(":focus");
}"""


@pytest.fixture
def open_board(page_as, ada):
    def open_it():
        page = page_as(ada)
        page.goto("/")
        return page

    return open_it


def link(page, task):
    return card(page, task).get_by_role("link")


def test_a_person_signs_in_and_works_without_a_mouse(page_as, ada, task):
    page = page_as()
    page.goto("/")
    for text, key in [("acme", "Tab"), ("ada", "Tab"), (PASSWORD, "Enter")]:
        page.keyboard.type(text)
        page.keyboard.press(key)
    page.wait_for_url("/")
    for _stop in range(20):
        if link(page, task).evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(link(page, task)).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=task.title)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(link(page, task)).to_be_focused()

    with page.expect_response("**/move/"):
        page.keyboard.press("Shift+ArrowRight")
    expect(column(page, "IN_PROGRESS").locator(card(page, task)).get_by_label("Owner: ada")).to_be_visible()
    expect(link(page, task)).to_be_focused()
    assert page.evaluate(IS_MARKED)

    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    expect(card(page, task).get_by_role("button", name="Complete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(column(page, "DONE").locator(card(page, task))).to_be_visible()
    expect(link(page, task)).to_be_focused()
    task.refresh_from_db()
    assert task.status == "DONE"


def test_a_card_is_put_in_order_without_a_mouse(open_board, many):
    first, second, third = reversed(many(3))
    page = open_board()
    page.keyboard.press("j")
    expect(link(page, first)).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    # A second press while the first is being saved: only the last place counts.
    with page.expect_response("**/move/"):
        page.keyboard.press("Shift+ArrowDown")
    titles = [second.title, third.title, first.title]
    expect(column(page, "UNASSIGNED").locator(".card-name")).to_have_text(titles)
    expect(page.locator("#announce")).to_have_text("ACME-3: Unassigned, place 3 of 3.")
    expect(page.locator(".is-saving")).to_have_count(0)
    expect(link(page, first)).to_be_focused()
    assert list(Task.objects.order_by("position")) == [second, third, first]


def test_a_card_walks_over_the_board_and_keeps_the_focus(open_board, many):
    first, second = reversed(many(2))
    page = open_board()
    link(page, second).focus()
    for shortcut, status in [("l", "IN_PROGRESS"), ("l", "DONE"), ("h", "IN_PROGRESS"), ("h", "UNASSIGNED")]:
        with page.expect_response("**/move/"):
            page.keyboard.press(f"Shift+{shortcut}")
        expect(column(page, status).locator(card(page, second))).to_be_visible()
        expect(page.locator(".is-saving")).to_have_count(0)
        expect(link(page, second)).to_be_focused()
    expect(column(page, "UNASSIGNED").locator(".card-name")).to_have_text([second.title, first.title])


def test_a_card_is_claimed_by_a_key_and_keeps_the_focus(open_board, task):
    page = open_board()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(column(page, "IN_PROGRESS").locator(card(page, task))).to_be_visible()
    expect(link(page, task)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(column(page, "UNASSIGNED").locator(card(page, task))).to_be_visible()
    expect(link(page, task)).to_be_focused()


def test_showing_more_of_a_column_hands_the_focus_to_the_first_new_card(open_board, many):
    tasks = many(52)
    page = open_board()
    page.get_by_role("link", name="Show 2 more in Unassigned").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(52)
    expect(link(page, tasks[1])).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(link(page, tasks[0])).to_be_focused()


def test_archiving_by_the_menu_hands_the_focus_to_the_next_card(open_board, many):
    first, second = reversed(many(2))
    page = open_board()
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    expect(card(page, first).get_by_role("button", name="Archive")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toasts(page)).to_contain_text("moved to archived")
    expect(link(page, second)).to_be_focused()


def test_archiving_the_last_card_leaves_the_focus_on_the_page(open_board, task):
    page = open_board()
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(card(page, task)).to_have_count(0)
    expect(page.get_by_role("main")).to_be_focused()


def test_escape_closes_the_menu_and_gives_the_focus_back(open_board, task):
    page = open_board()
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(card(page, task).get_by_role("button", name="Complete")).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page, task).get_by_role("button", name="Complete")).to_be_hidden()
    expect(card(page, task).locator("summary")).to_be_focused()


def test_the_arrows_walk_between_cards(open_board, ada, many):
    first, second, third = reversed(many(3))
    page = open_board()
    link(page, third).focus()
    with page.expect_response("**/move/"):
        page.keyboard.press("Shift+ArrowRight")
    for key, reached in [
        ("ArrowLeft", first),
        ("ArrowDown", second),
        ("k", first),
        ("ArrowRight", third),
        ("h", first),
    ]:
        page.keyboard.press(key)
        expect(link(page, reached)).to_be_focused()


def test_the_question_mark_opens_the_help_and_escape_closes_it(open_board, task):
    page = open_board()
    page.keyboard.press("j")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Claim the card or the open task")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link(page, task)).to_be_focused()


def test_the_slash_leads_to_the_search_and_escape_out_of_it(open_board, task):
    page = open_board()
    page.keyboard.press("/")
    expect(page.get_by_label("Search tasks")).to_be_focused()
    page.keyboard.type("keys c")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search tasks")).not_to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("keys\n")
    page.wait_for_url("**/search/?q=keys")
    expect(page.get_by_role("link", name=task.title)).to_be_visible()


def test_hits_appear_while_typing_and_the_arrow_keys_open_one(open_board, task):
    page = open_board()
    page.keyboard.press("/")
    page.keyboard.type("signing")
    expect(page.get_by_role("option", name=task.title)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{task.pk}/")


def test_keys_lead_to_the_places_and_save_a_form(open_board):
    page = open_board()
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("/tasks/")
    page.keyboard.press("c")
    page.wait_for_url("/tasks/new/")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Water the plants")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Water the plants")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Edit task")).to_be_visible()
    page.go_back()
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("/")


def test_shortcuts_of_a_single_key_can_be_turned_off(open_board, task):
    page = open_board()
    page.keyboard.press("?")
    page.get_by_label("Use shortcuts of a single key").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    for key in ("/", "?", "c", "x"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url("/")
    page.keyboard.press("ArrowDown")
    expect(link(page, task)).to_be_focused()


def test_every_stop_of_the_tab_key_shows_where_the_focus_is(page_as, ada, many):
    many(2)
    page = page_as(ada, reduced_motion="reduce")
    for address in ("/", "/tasks/", "/tasks/new/", f"/tasks/{Task.objects.last().pk}/"):
        page.goto(address)
        stops = 0
        page.evaluate("document.activeElement.blur()")
        while True:
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body") or stops > 60:
                break
            stops += 1
            settle(page)
            assert page.evaluate(IS_MARKED), page.evaluate("document.activeElement.outerHTML")
        assert stops > 8
