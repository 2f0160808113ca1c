"""A second factor in a real browser: an app whose codes the test computes, a passkey of Chromium's own device."""

import pytest
from playwright.sync_api import Page, expect

from taskmanager.accounts.models import Organization, Passkey, RecoveryCode, User
from tests.browser.conftest import sign_in, toasts
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of, codes_of

pytestmark = pytest.mark.browser

SETTINGS = "/accounts/second-factor/settings/"


def sign_out(page: Page) -> None:
    page.get_by_text("Me: ").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def begin(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    sign_in(page, user, PASSWORD)


def plug_in(page: Page) -> None:
    """Give the page a device that makes passkeys, and confirms each question at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})


def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(page_as, ada):
    page = page_as()
    begin(page, ada)
    page.goto("/accounts/profile/")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    key = page.locator(".qr-key").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows").fill(code_of(key, steps=-1))
    page.get_by_role("button", name="Turn it on").click()
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    recovery_code = codes.first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert recovery_code in download.value.path().read_text()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("10 codes left")).to_be_visible()

    sign_out(page)
    sign_in(page, ada, PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_label("Code of your app").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("That is not the code that your app shows now.")).to_be_visible()
    page.get_by_label("Code of your app").fill(code_of(key))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()

    sign_out(page)
    sign_in(page, ada, PASSWORD)
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill(recovery_code)
    page.get_by_role("button", name="Sign in with it").click()
    expect(toasts(page)).to_contain_text("You have 9 recovery codes left.")


def test_a_passkey_is_added_and_signs_in_with_and_without_a_password(page_as, ada):
    page = page_as()
    plug_in(page)
    begin(page, ada)
    page.goto(SETTINGS)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("b", has_text="Laptop")).to_be_visible()

    sign_out(page)
    sign_in(page, ada, PASSWORD)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    assert Passkey.objects.get().last_used_at

    sign_out(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    page.goto(SETTINGS)
    expect(page.get_by_text("last used")).to_be_visible()
    page.get_by_role("link", name="Rename Laptop").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save name").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    page.get_by_role("button", name="Remove").click()
    expect(toasts(page)).to_contain_text("Old laptop is removed.")
    sign_out(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_text("That passkey isn’t known here")).to_be_visible()


def test_a_device_that_confirms_nothing_is_told_in_words(page_as, ada):
    page = page_as()
    begin(page, ada)
    page.goto("/accounts/second-factor/passkeys/")
    refuse = "() => { navigator.credentials.create = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    page.evaluate(refuse)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("Nothing was confirmed: it was cancelled, or took too long.")).to_be_visible()
    expect(page.get_by_role("button", name="Add passkey")).not_to_have_attribute("aria-busy", "true")
    page.evaluate("() => { delete window.PublicKeyCredential; }")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("This browser can’t use passkeys.")).to_be_visible()


def test_a_device_gets_no_second_passkey(page_as, ada):
    page = page_as()
    plug_in(page)
    begin(page, ada)
    page.goto("/accounts/second-factor/passkeys/")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("button", name="I have kept them").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("This device holds a passkey for you already.")).to_be_visible()


def test_at_an_ip_address_the_page_says_how_passkeys_work(page_as, live_server, provoked, ada):
    provoked.append(r"asked another host: http://127\.0\.0\.1:")
    page = page_as(base_url=live_server.url.replace("localhost", "127.0.0.1"))
    begin(page, ada)
    page.goto("/accounts/second-factor/passkeys/")
    expect(page.get_by_text("Open Taskmanager by its name, then add one.")).to_be_visible()
    sign_out(page)
    expect(page.get_by_role("button", name="Use a passkey instead")).to_have_count(0)


def test_who_has_to_have_one_is_led_to_it_and_then_to_work(page_as, ada):
    Organization.objects.update(require_second_factor=True)
    page = page_as()
    begin(page, ada)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.goto("/tasks/")
    page.get_by_role("link", name="Set up an app").click()
    key = page.locator(".qr-key").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows").fill(code_of(key))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("button", name="I have kept them").click()
    page.goto("/")
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()


def test_codes_work_without_javascript(page_as, ada):
    key = app_of(ada)
    [recovery_code, *_others] = codes_of(ada)
    page = page_as(java_script_enabled=False)
    begin(page, ada)
    page.get_by_label("Code of your app").fill(code_of(key))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    page.context.clear_cookies()
    begin(page, ada)
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill(recovery_code)
    page.get_by_role("button", name="Sign in with it").click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    assert RecoveryCode.objects.left().count() == 9
