"""An Admin sets single sign-on up and tries it; then somebody new comes in by it, past a real provider's page."""

import ipaddress
import re

import pytest
from playwright.sync_api import expect

from taskmanager.accounts.models import Role, User
from tests.browser.conftest import toasts
from tests.conftest import PASSWORD
from tests.provider import CLIENT_ID, CLIENT_SECRET, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def provider(settings, live_server, provoked):
    settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.PUBLIC_URL = live_server.url
    with serving() as provider:
        provider.people = {
            "ada-1": {"email": "ada@acme.example", "email_verified": True, "groups": ["bosses"]},
            "bo-1": {"email": "bo@acme.example", "email_verified": True, "name": "Bo Lind", "groups": ["builders"]},
        }
        provoked.append(f"asked another host: {re.escape(provider.issuer)}/authorize")
        yield provider


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_admin_sets_it_up_and_somebody_new_comes_in(scripts, page_as, provider, ada, task):
    page = page_as(ada, java_script_enabled=scripts)
    page.goto("/accounts/organization/")
    page.get_by_role("link", name="Set up single sign-on").click()
    page.get_by_label("Issuer").fill(f"{provider.issuer}/")
    page.get_by_label("Client ID").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_text("Roles by groups of the provider").click()
    page.get_by_label("Groups whose people are Editors").fill("builders\nothers")
    page.get_by_role("button", name="Save single sign-on").click()
    # The last slash is one too many.
    expect(page.locator(".errorlist")).to_contain_text(f"The provider calls itself “{provider.issuer}”")
    page.get_by_label("Issuer").fill(provider.issuer)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_role("button", name="Save single sign-on").click()
    expect(toasts(page)).to_contain_text("Single sign-on is saved, and on.")
    expect(page.get_by_label("Client secret")).to_have_value("")

    page.get_by_role("button", name="Try it").click()
    page.get_by_role("button", name="Go on as ada-1").click()
    expect(toasts(page)).to_contain_text(
        "It works: the provider knows you (ada@acme.example, verified; groups: bosses)."
    )
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Sign out").click()

    newcomer = page_as(java_script_enabled=scripts)
    newcomer.goto("/accounts/login/?org=acme&next=/tasks/")
    newcomer.get_by_role("button", name="Use single sign-on").click()
    newcomer.get_by_role("button", name="Go on as bo-1").click()
    newcomer.wait_for_url("**/tasks/")
    expect(newcomer.get_by_role("link", name=task.title)).to_be_visible()
    newcomer.goto("/accounts/profile/")
    expect(newcomer.get_by_text("You are Bo Lind (bo, bo@acme.example) at Acme.")).to_be_visible()
    assert User.objects.get(username="bo").roles == [Role.EDITOR]

    # The link of a start page, by who says no; then by the password, which goes on working.
    page.goto("/accounts/sso/acme/")
    page.get_by_role("button", name="Say no").click()
    expect(page.get_by_text("didn’t let you in")).to_be_visible()
    page.get_by_role("link", name="Sign in with a password").click()
    page.get_by_label("Username or e-mail").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
