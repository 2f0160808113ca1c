"""An Admin invites somebody, who accepts in a browser of their own; then roles and leaving, with Undo."""

import re

import pytest
from playwright.sync_api import expect

from taskmanager.accounts.models import Invitation, Role, User
from tests.browser.conftest import toasts, wait_until
from tests.conftest import PASSWORD
from tests.mailbox import part, serving
from tests.queue import run_jobs

pytestmark = pytest.mark.browser


def test_an_admin_invites_and_the_invited_joins(page_as, settings, ada, task):
    admin = page_as(ada)
    admin.goto("/")
    admin.locator(".account > summary").click()
    admin.get_by_role("link", name="Members").click()
    expect(admin.get_by_role("heading", name="You are alone here")).to_be_visible()
    admin.get_by_role("link", name="Invite people").first.click()
    admin.get_by_label("E-mail addresses").fill("bo@example.com")
    admin.get_by_label("Creator").press("Space")
    admin.get_by_role("button", name="Send invitations").click()
    expect(toasts(admin)).to_contain_text("Invited bo@example.com: the mail is on its way.")
    expect(admin.get_by_role("listitem").filter(has_text="bo@example.com")).to_contain_text("Editor · by ada")

    with serving() as mailbox:
        settings.MAILERS = mailbox.mailers
        run_jobs()
        [link] = set(
            re.findall(r"https?://\S+(/accounts/invitations/\S+)", part(mailbox.to("bo@example.com"), "plain"))
        )

    invited = page_as()
    invited.goto(link)
    expect(invited.get_by_role("heading", name="Join Acme")).to_be_visible()
    expect(invited.get_by_label("Username")).to_have_value("bo")
    invited.get_by_label("Password", exact=True).fill(PASSWORD)
    invited.get_by_label("Password again").fill(PASSWORD)
    # A double click joins once.
    invited.get_by_role("button", name="Join Acme").dblclick()
    invited.wait_for_url("/")
    expect(invited.get_by_role("link", name=task.title)).to_be_visible()

    admin.goto("/accounts/members/")
    expect(admin.get_by_role("row").filter(has_text="bo@example.com")).to_contain_text("Editor")
    assert User.objects.get(username="bo").roles == [Role.EDITOR]
    assert Invitation.objects.get().accepted_by == User.objects.get(username="bo")

    stranger = page_as()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="This invitation doesn’t work")).to_be_visible()


def test_roles_and_leaving_have_a_way_back(page_as, ada, ed):
    page, at_work = page_as(ada), page_as(ed)
    at_work.goto("/")
    page.goto("/accounts/members/")
    page.get_by_role("link", name="Change Ed Moreno").press("Enter")
    page.get_by_label("Admin").press("Space")
    page.get_by_role("button", name="Save roles").press("Enter")
    row = page.get_by_role("row").filter(has_text="Ed Moreno")
    expect(row).to_contain_text("Editor, Admin")
    page.keyboard.press("Control+z")
    expect(row).not_to_contain_text("Admin")
    assert User.objects.get(pk=ed.pk).roles == [Role.EDITOR]

    page.get_by_role("link", name="Change Ed Moreno").click()
    page.get_by_role("link", name="Deactivate…").click()
    page.get_by_role("button", name="Deactivate").click()
    expect(row).to_contain_text("Deactivated")
    at_work.reload()
    expect(at_work).to_have_url(re.compile("/accounts/login/"))
    page.get_by_role("button", name="Undo").click()
    expect(row).not_to_contain_text("Deactivated")
    wait_until(page, lambda: User.objects.get(pk=ed.pk).is_active)


def test_the_last_admin_is_told_so(page_as, ada):
    page = page_as(ada)
    page.goto(f"/accounts/members/{ada.pk}/")
    page.get_by_label("Admin").press("Space")
    page.get_by_role("button", name="Save roles").click()
    expect(page.locator(".errorlist")).to_contain_text("This is the organization's last Admin.")
