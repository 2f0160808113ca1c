"""A token is made, copied and revoked, and the audit tells of it, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from taskmanager.accounts import services
from taskmanager.accounts.models import ApiToken
from tests.browser.conftest import toasts

pytestmark = pytest.mark.browser


def test_a_token_is_made_copied_listed_and_revoked(page_as, ada):
    page = page_as(ada)
    page.goto("/accounts/profile/")
    page.get_by_role("link", name="API tokens").click()
    expect(page.get_by_text("No token works at present.")).to_be_visible()
    page.get_by_label("Name").fill("Nightly export")
    expect(page.get_by_label("Last day")).to_be_hidden()
    page.get_by_label("Expires").select_option("On a day that I choose")
    expect(page.get_by_label("Last day")).to_be_visible()
    page.get_by_label("Expires").select_option("30 days")
    page.get_by_role("button", name="Make token").click()
    secret = page.get_by_label("Token", exact=True).input_value()
    page.get_by_role("button", name="Copy token").click()
    expect(page.get_by_role("button", name="Copied token")).to_be_visible()
    page.locator("#search").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("#search")).to_have_value(secret)
    assert services.user_of_token(secret, address="192.0.2.1").user == ada

    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text("Nightly export").first).to_be_visible()
    expect(page.get_by_text("from 192.0.2.1")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke Nightly export").click()
    expect(toasts(page)).to_contain_text("Nightly export is revoked")
    assert not ApiToken.objects.live().exists()

    page.locator(".account summary").click()
    page.get_by_role("link", name="Audit").click()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("ada revoked the token “Nightly export”")
    page.get_by_label("Kind").select_option("Tokens")
    page.get_by_role("button", name="Apply").click()
    expect(rows).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as CSV").click()
    assert re.fullmatch(r"audit-acme-[\d-]+\.csv", download.value.suggested_filename)
    assert len(download.value.path().read_text().splitlines()) == 4


def test_a_reload_shows_no_secret_and_makes_no_second_token(page_as, ada):
    page = page_as(ada)
    page.goto("/accounts/tokens/")
    page.get_by_label("Name").fill("Nightly export")
    page.get_by_role("button", name="Make token").click()
    secret = page.get_by_label("Token", exact=True).input_value()
    page.reload()
    expect(toasts(page)).to_contain_text("This form has already been submitted.")
    assert secret not in page.content()
    page.go_back()
    assert secret not in page.content()
    assert ApiToken.objects.count() == 1


def test_without_javascript_a_token_can_be_made_and_selected(page_as, ada):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/accounts/tokens/")
    page.get_by_label("Name").fill("Nightly export")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    assert page.get_by_label("Token", exact=True).input_value().startswith("tm_")


def test_a_pair_is_made_and_copied(page_as, ada):
    page = page_as(ada)
    page.goto("/accounts/tokens/")
    page.get_by_role("button", name="Make a pair").click()
    page.get_by_role("button", name="Copy refresh token").click()
    refresh = page.get_by_label("Refresh token").input_value()
    page.locator("#search").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("#search")).to_have_value(refresh)
