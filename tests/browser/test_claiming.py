"""A claim, a release, an archiving: one press, a message, and a way back."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import card, choose, column, toasts, wait_until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("by", ["button", "keyboard"])
def test_a_claim_is_undone(page_as, ada, task, by):
    page = page_as(ada)
    page.goto("/")
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(toasts(page)).to_contain_text("You claimed ACME-1.")
    expect(column(page, "IN_PROGRESS").locator(card(page, task)).get_by_label("Owner: ada")).to_be_visible()
    if by == "button":
        toasts(page).get_by_role("button", name="Undo").click()
    else:
        page.keyboard.press("Control+z")
    expect(column(page, "UNASSIGNED").locator(card(page, task)).get_by_label("No owner")).to_be_visible()
    expect(page.get_by_role("button", name="Claim ACME-1")).to_be_visible()
    expect(page.locator("#size-IN_PROGRESS")).to_have_text("0")
    task.refresh_from_db()
    assert (task.status, task.owner) == ("UNASSIGNED", None)


@pytest.mark.parametrize("by", ["button", "keyboard"])
def test_an_archived_card_leaves_the_board_and_undo_brings_it_back_to_its_place(page_as, ada, many, by):
    first, second, third = reversed(many(3))
    page = page_as(ada)
    page.goto("/")
    choose(page, second, "Archive")
    expect(card(page, second)).to_have_count(0)
    expect(toasts(page)).to_contain_text("ACME-2 moved to archived.")
    expect(page.locator("#size-UNASSIGNED")).to_have_text("2")
    if by == "button":
        toasts(page).get_by_role("button", name="Undo").click()
    else:
        page.keyboard.press("Control+z")
    titles = [first.title, second.title, third.title]
    expect(column(page, "UNASSIGNED").locator(".card-name")).to_have_text(titles)
    second.refresh_from_db()
    assert second.status == "UNASSIGNED"
    page.reload()
    expect(column(page, "UNASSIGNED").locator(".card-name")).to_have_text(titles)


def test_of_two_messages_about_one_task_the_newer_one_stays(page_as, ada, task):
    page = page_as(ada)
    page.goto("/")
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(toasts(page)).to_contain_text("You claimed")
    choose(page, task, "Complete")
    expect(toasts(page)).to_contain_text("moved to completed")
    expect(toasts(page).get_by_role("button", name="Undo")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(column(page, "IN_PROGRESS").locator(card(page, task))).to_be_visible()


def test_of_two_windows_that_claim_at_once_one_wins_and_the_other_sees_who(page_as, ada, ed, task):
    windows = {ada: page_as(ada), ed: page_as(ed)}
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for page in windows.values():
        page.goto("/")
        page.route("**/claim/", hold)
        page.get_by_role("button", name="Claim ACME-1").click()
    wait_until(page, lambda: len(held) == 2)
    for route in held:
        route.continue_()
    for page in windows.values():
        expect(column(page, "IN_PROGRESS").locator(card(page, task))).to_be_visible()
    task.refresh_from_db()
    (loser,) = windows.keys() - {task.owner}
    expect(toasts(windows[task.owner])).to_contain_text("You claimed ACME-1.")
    expect(card(windows[loser], task)).to_contain_text(f"{task.owner.display_name} claimed ACME-1 first.")
    expect(card(windows[loser], task).get_by_label(f"Owner: {task.owner.display_name}")).to_be_visible()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_wants_no_motion(page_as, ada, many, motion):
    first, *_others = many(3)
    page = page_as(ada, reduced_motion=motion)
    page.goto("/")
    page.evaluate("""() => {
        window.longest = 0;
        const look = () => {
            const lengths = document.getAnimations().map((each) => each.effect.getComputedTiming().activeDuration);
            window.longest = Math.max(window.longest, ...lengths);
            requestAnimationFrame(look);
        };
        look();
    }""")
    page.get_by_role("button", name=f"Claim {first.reference}").click()
    expect(toasts(page)).to_contain_text("You claimed")
    expect(column(page, "IN_PROGRESS").locator(card(page, first))).to_be_visible()
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished)).catch(() => {})")
    longest = page.evaluate("window.longest")  # milliseconds
    assert longest > 100 if motion == "no-preference" else longest < 1
