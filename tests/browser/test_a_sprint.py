"""A team goes through a whole sprint: plans it, talks, attaches, finds, and looks how it goes."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from taskmanager.tasks import services
from taskmanager.tasks.models import Watcher
from tests.browser.conftest import toasts
from tests.images import png
from tests.queue import run_jobs

pytestmark = pytest.mark.browser


def test_a_sprint_from_its_plan_to_its_burndown(page_as, ada, ed, board, task):
    for title in ("Paint the fence", "Sharpen the saw"):
        services.create_task(board, actor=ada, title=title)
    today = timezone.localdate()
    page = page_as(ada)

    page.goto("/sprints/new/")
    page.get_by_label("Name").fill("Sprint 1")
    page.get_by_label("First day").fill(today.isoformat())
    page.get_by_label("Last day").fill((today + datetime.timedelta(days=11)).isoformat())
    page.get_by_role("button", name="Create sprint").click()
    page.get_by_role("link", name="Plan tasks").first.click()
    for name in ("ACME-1", "ACME-2", "ACME-3"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name=re.compile("Plan ticked")).click()
    expect(toasts(page)).to_contain_text("3 tasks planned into Sprint 1.")

    page.goto(f"/tasks/{task.pk}/")
    page.get_by_label("Comment", exact=True).fill("@ed, the **staging** keys come first.")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".comment").get_by_role("link", name="@ed")).to_be_visible()
    assert list(Watcher.objects.values_list("task", "email")) == [(task.pk, ed.email)]

    page.get_by_label("Attach files").set_input_files(
        [{"name": "keys.png", "mimeType": "image/png", "buffer": png((900, 600))}]
    )
    expect(page.get_by_role("link", name="Download keys.png")).to_be_visible()
    run_jobs()
    page.reload()
    preview = page.locator(".file img")
    expect(preview).to_be_visible()
    assert preview.evaluate("image => image.naturalWidth") == 480

    page.get_by_role("combobox", name="Search tasks").fill("staging")
    page.keyboard.press("Enter")
    expect(page.get_by_text("In a comment:")).to_contain_text("staging")
    page.get_by_role("link", name=re.compile("Rotate the signing keys")).click()
    page.get_by_role("button", name="Claim").click()
    page.get_by_role("button", name="Complete").first.click()

    page.goto("/sprints/")
    page.get_by_role("link", name="Sprint 1").click()
    burndown = page.get_by_role("img", name=re.compile("Burndown|open tasks", re.IGNORECASE))
    expect(burndown).to_be_visible()
    expect(page.get_by_text("33%").first).to_be_visible()
