"""A password is changed and, once forgotten, reset by the link of a mail, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests import mailbox
from tests.browser.conftest import sign_in, toasts
from tests.conftest import PASSWORD
from tests.mailbox import part
from tests.queue import run_jobs

pytestmark = pytest.mark.browser
NEW, NEWER = "seven wet umbrellas", "eight dry umbrellas"


def test_a_password_is_changed_forgotten_and_reset(page_as, ada, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    page, other = page_as(ada), page_as(ada)
    other.goto("/")
    page.goto("/")
    page.locator(".account summary").click()
    page.get_by_role("link", name="Your profile").click()
    page.get_by_role("link", name="Change your password").click()
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(toasts(page)).to_contain_text("Your password is changed.")

    other.goto("/tasks/")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(other, ada, PASSWORD)
    expect(other.get_by_text("is not right")).to_be_visible()
    other.get_by_role("link", name="Forgot your password?").click()
    expect(other.get_by_label("Organization")).to_have_value("acme")
    other.get_by_label("E-mail").fill("ada@acme.example")
    with mailbox.serving() as post:
        settings.MAILERS = post.mailers
        other.get_by_role("button", name="Mail me a link").click()
        expect(other.get_by_role("heading", name="Look into your mail")).to_be_visible()
        run_jobs()
        text = part(next(mail for mail in post.mails if "A new password" in mail["Subject"]), "plain")
    other.goto(re.findall(r"http\S+/reset/\S+", text)[0])
    assert other.url.endswith("/set-password/")
    other.get_by_label("New password", exact=True).fill(NEWER)
    other.get_by_label("New password again").fill(NEWER)
    other.get_by_role("button", name="Change password").click()
    other.get_by_role("link", name="Sign in").last.click()
    expect(other.get_by_label("Organization")).to_have_value("acme")
    sign_in(other, ada, NEWER)
    expect(other).to_have_url(f"{live_server.url}/")
