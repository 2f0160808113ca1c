"""A form that is sent twice acts once, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from taskmanager.tasks.models import Comment, Task
from tests.browser.conftest import toasts

pytestmark = pytest.mark.browser


def test_a_double_click_makes_one_task(page_as, board, ada):
    page = page_as(ada)
    page.goto("/tasks/new/")
    page.get_by_label("Title").fill("Try the restore")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Create task").dblclick()
    expect(page.get_by_role("heading", name="Try the restore")).to_be_visible()
    assert len(sent) == 1
    assert Task.objects.count() == 1


def test_a_double_click_makes_one_task_without_javascript(page_as, board, ada):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/tasks/new/")
    page.get_by_label("Title").fill("Try the restore")
    page.get_by_role("button", name="Create task").dblclick()
    expect(page.get_by_role("heading", name="Try the restore")).to_be_visible()
    assert Task.objects.count() == 1


def test_the_button_is_busy_while_the_form_is_on_its_way_and_free_after_the_way_back(page_as, board, ada):
    page = page_as(ada)
    page.goto("/tasks/new/")
    page.get_by_label("Title").fill("Try the restore")
    button = "document.querySelector('.editor [type=submit]')"
    page.evaluate(f"addEventListener('pagehide', () => {{ sessionStorage.busy = {button}.ariaBusy; }})")
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_role("heading", name="Try the restore")).to_be_visible()
    assert page.evaluate("sessionStorage.busy") == "true"
    page.go_back()
    expect(page.get_by_role("button", name="Create task")).not_to_have_attribute("aria-busy", "true")


def test_a_comment_from_two_tabs_that_share_a_form_stands_there_once(page_as, task, ada):
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    key = page.locator("#write [name=uuid]").input_value()
    page.get_by_role("textbox", name="Comment").fill("Seen on staging too.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment")).to_have_count(1)
    page.locator("#write [name=uuid]").evaluate("(field, key) => { field.value = key; }", key)
    page.get_by_role("textbox", name="Comment").fill("Seen on staging too.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(toasts(page)).to_contain_text("This form has already been submitted.")
    expect(page.locator(".comment")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")
    expect(page.locator("button[aria-busy=true]")).to_have_count(0)
    assert Comment.objects.count() == 1
