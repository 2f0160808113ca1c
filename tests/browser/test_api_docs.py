"""The API's document as a page: it lists every call and lets one try them, under our strict policy for scripts."""

import json
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope
from taskmanager.tasks.models import Task
from tests.api.conftest import document
from tests.browser.test_accessibility import RUN, axe

__all__ = ["axe"]

pytestmark = pytest.mark.browser

ADDRESS = "/api/v1/docs"


@pytest.fixture
def secret(ada) -> str:
    ends = timezone.now() + timezone.timedelta(days=1)
    return accounts.create_token(ada, name="docs", scope=Scope.WRITE, expires_at=ends)[1]


def operations() -> list[str]:
    return [operation["operationId"] for item in document()["paths"].values() for operation in item.values()]


def test_everybody_sees_every_call(page_as, db):
    page = page_as()  # which fails for a script or a style that the policy refuses, and for another host
    response = page.goto(ADDRESS)
    assert "unsafe-inline" not in response.headers["content-security-policy"]
    expect(page.locator(".opblock")).to_have_count(len(operations()))
    for name in operations():
        expect(page.locator(f'[id$="-{name}"]')).to_have_count(1)
    page.locator("#operations-Tasks-create_task").get_by_role("button").first.click()
    expect(page.locator("#operations-Tasks-create_task")).to_contain_text("A name of your own for this call")


def test_a_call_is_tried_with_a_token(page_as, ada, board, secret):
    page = page_as()
    page.goto(ADDRESS)
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(secret)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()
    call = page.locator("#operations-Tasks-create_task")
    call.get_by_role("button").first.click()
    call.locator("textarea").fill(json.dumps({"title": "Made on the page"}))
    call.locator(".execute").click()
    expect(call.locator(".live-responses-table .response .response-col_status")).to_have_text(re.compile("^201"))
    assert Task.objects.get().title == "Made on the page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_look_follows_the_theme(page_as, ada, scheme):
    page = page_as(ada, color_scheme=scheme)
    page.goto(ADDRESS)
    expect(page.locator(".opblock").first).to_be_visible()
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") == (scheme == "dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_javascript_it_leads_to_the_document(page_as, db):
    page = page_as(java_script_enabled=False)
    page.goto(ADDRESS)
    page.get_by_role("main").get_by_role("link", name="openapi.json").click()
    expect(page).to_have_url(re.compile("/api/v1/openapi.json$"))


def test_what_is_ours_of_the_page_has_no_violation(page_as, db, axe):
    page = page_as(reduced_motion="reduce")
    page.goto(ADDRESS)
    expect(page.locator(".opblock").first).to_be_visible()
    page.evaluate(axe)
    ours = RUN.replace("axe.run(document,", "axe.run({exclude: [['#api-docs']]},")
    assert page.evaluate(ours) == []
