"""Watching a task from its panel, by keyboard."""

import pytest
from playwright.sync_api import expect

from taskmanager.tasks import queries
from tests.browser.conftest import toasts

pytestmark = pytest.mark.browser


def test_a_key_watches_and_stops_without_losing_its_place(page_as, task, ada):
    page = page_as(ada)
    page.goto("/")
    page.get_by_role("link", name=task.title).click()
    panel = page.locator("#panel")
    panel.get_by_role("textbox", name="Comment").fill("Half a thought")
    panel.get_by_role("button", name="Watch", exact=True).press("Enter")
    expect(toasts(page)).to_contain_text("You watch ACME-1")
    stop = panel.get_by_role("button", name="Stop watching")
    expect(stop).to_be_focused()
    expect(panel.locator(".watchers")).to_contain_text("ada@acme.example")
    expect(panel.get_by_role("textbox", name="Comment")).to_have_value("Half a thought")
    assert queries.watchers_of(task) == ["ada@acme.example"]
    stop.press("Enter")
    expect(panel.locator(".watchers")).to_contain_text("Nobody gets mails about this task.")
    expect(panel.locator("#events")).to_contain_text("stopped watching")
