"""Django's admin in a real browser: the strict policy holds there, and its scripts work."""

import pytest
from playwright.sync_api import expect

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Task
from tests.browser.conftest import sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


def test_the_admin_works_under_the_policy_without_an_error_in_the_console(page_as, task, ada):
    root = User.objects.create_superuser(
        organization=ada.organization, username="root", email="root@acme.example", password=PASSWORD
    )
    services.create_comment(task, actor=ada, text="x")
    page = page_as()
    page.goto("/admin/tasks/task/")
    sign_in(page, root, PASSWORD)
    expect(page.get_by_role("link", name=task.title)).to_be_visible()
    for address in ("", "accounts/user/", f"accounts/user/{ada.pk}/change/", "accounts/user/add/", "tasks/activity/",
                    f"tasks/task/{task.pk}/change/", "auth/group/1/change/", "accounts/organization/"):  # fmt: skip
        page.goto(f"/admin/{address}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
    page.goto("/admin/tasks/task/add/")
    page.get_by_label("Title").fill("Try the restore")
    page.locator(".field-project .select2-selection").click()
    page.get_by_role("option", name="Acme").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("Mark selected tasks as archived")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).first.click()
    expect(page.get_by_text("Archived: 2 tasks.")).to_be_visible()
    assert {each.status for each in Task.objects.all()} == {"ARCHIVED"}
