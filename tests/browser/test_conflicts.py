"""Two windows edit one task."""

import pytest
from playwright.sync_api import expect

from taskmanager.accounts.models import Role
from tests.browser.conftest import toasts

pytestmark = pytest.mark.browser


@pytest.fixture
def windows(page_as, ada, member, task):
    """Two windows, Ada's and Bo's, with the task's form."""
    pages = page_as(ada), page_as(member("bo", Role.ADMIN))
    for page in pages:
        page.goto(f"/tasks/{task.pk}/edit/")
    return pages


def save(page):
    page.get_by_role("button", name="Save task").click()


def test_who_saves_second_sees_both_values_and_keeps_what_was_typed(windows, task):
    adas, bos = windows
    adas.get_by_label("Title").fill("Ada's title")
    save(adas)
    expect(toasts(adas)).to_contain_text("ACME-1 saved.")

    bos.get_by_label("Title").fill("Bo's title")
    bos.get_by_label("Description").fill("Bo's long\n\ntext")
    save(bos)
    conflict = bos.get_by_role("alert")
    expect(conflict).to_contain_text("Somebody changed this while you were writing")
    expect(conflict.get_by_role("row", name="Title")).to_contain_text("ada wrote")
    expect(conflict.get_by_role("row", name="Title")).to_contain_text("Ada's title")
    expect(conflict.get_by_role("row", name="Title")).to_contain_text("Bo's title")
    expect(conflict.locator("tbody tr")).to_have_count(1)
    expect(bos.get_by_label("Title")).to_have_value("Bo's title")
    expect(bos.get_by_label("Description")).to_have_value("Bo's long\n\ntext")
    task.refresh_from_db()
    assert (task.title, task.description) == ("Ada's title", "")

    save(bos)
    expect(bos.get_by_role("heading", name="Bo's title")).to_be_visible()
    task.refresh_from_db()
    assert (task.title, task.description, task.version) == ("Bo's title", "Bo's long\n\ntext", 3)


def test_a_new_title_is_merged_with_a_colleagues_new_description(windows, task):
    adas, bos = windows
    adas.get_by_label("Description").fill("One line.\n\nAnother one:\n\n- with\n- a list\n")
    save(adas)
    expect(toasts(adas)).to_contain_text("ACME-1 saved.")
    # The form that Bo opens now holds several lines, which his browser sends back with other line ends.
    bos.goto(f"/tasks/{task.pk}/edit/")
    adas.get_by_role("link", name="Edit").click()
    adas.get_by_label("Description").fill("One line.\n\nOnly one other line.")
    save(adas)
    expect(adas.locator(".prose")).to_contain_text("Only one other line.")

    bos.get_by_label("Title").fill("Bo's title")
    save(bos)
    expect(toasts(bos)).to_contain_text("ACME-1 saved. What others changed meanwhile was kept.")
    task.refresh_from_db()
    assert (task.title, task.description) == ("Bo's title", "One line.\n\nOnly one other line.")


def test_a_title_is_edited_while_a_colleague_claims_the_task(windows, task):
    adas, bos = windows
    bos.goto(f"/tasks/{task.pk}/")
    bos.get_by_role("button", name="Claim").click()
    expect(toasts(bos)).to_contain_text("You claimed ACME-1.")
    adas.get_by_label("Title").fill("Ada's title")
    save(adas)
    expect(adas.get_by_role("heading", name="Ada's title")).to_be_visible()
    task.refresh_from_db()
    assert (task.title, task.status, task.owner.username) == ("Ada's title", "IN_PROGRESS", "bo")


def test_a_form_that_is_saved_unchanged_changes_nothing(windows, task):
    adas, _bos = windows
    save(adas)
    expect(toasts(adas)).to_contain_text("Nothing was changed.")
    task.refresh_from_db()
    assert task.version == 1
