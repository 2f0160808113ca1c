"""A theme that somebody chose holds against the system's."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DARK, LIGHT = "rgb(20, 20, 19)", "rgb(251, 251, 250)"


def test_a_chosen_theme_holds_against_the_systems(page_as, ada):
    page = page_as(ada, color_scheme="light", reduced_motion="reduce")
    page.goto("/accounts/profile/")
    body = page.locator("body")
    expect(body).to_have_css("background-color", LIGHT)
    page.get_by_label("Theme").select_option("Dark")
    page.get_by_role("button", name="Save profile").click()
    expect(body).to_have_css("background-color", DARK)
    page.emulate_media(color_scheme="dark")
    page.get_by_label("Theme").select_option("Light")
    page.get_by_role("button", name="Save profile").click()
    expect(body).to_have_css("background-color", LIGHT)
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
