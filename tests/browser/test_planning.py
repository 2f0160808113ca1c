"""A team plans: an epic, a sprint, tasks into it, and all of an epic's tasks on one page."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from taskmanager.tasks import services
from taskmanager.tasks.models import Sprint, Task
from tests.browser.conftest import toasts

pytestmark = pytest.mark.browser


def test_a_sprint_is_made_and_tasks_are_planned_into_it(page_as, ada, board, task):
    for title in ("Paint the fence", "Sharpen the saw"):
        services.create_task(board, actor=ada, title=title)
    today = timezone.localdate()
    page = page_as(ada)
    page.goto("/sprints/")
    page.get_by_role("link", name="Create sprint").first.click()
    page.get_by_label("Name").fill("Sprint 1")
    page.get_by_label("First day").fill(today.isoformat())
    page.get_by_label("Last day").fill(today.isoformat())
    page.get_by_role("button", name="Create sprint").click()
    expect(page.get_by_text("A sprint ends after the day on which it starts.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Sprint 1")
    page.get_by_label("Last day").fill((today + datetime.timedelta(days=11)).isoformat())
    page.get_by_role("button", name="Create sprint").click()
    expect(toasts(page)).to_contain_text("Sprint 1 created.")

    page.get_by_role("link", name="Plan tasks").first.click()
    page.get_by_role("button", name=re.compile("Plan ticked")).click()
    expect(page.get_by_text("Tick the tasks")).to_be_visible()
    for name in ("ACME-1", "ACME-2", "ACME-3"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name=re.compile("Plan ticked")).click()
    expect(toasts(page)).to_contain_text("3 tasks planned into Sprint 1.")
    assert Task.objects.in_sprint(Sprint.objects.get()).count() == 3

    page.goto("/")
    page.get_by_role("link", name=re.compile("Sprint 1")).first.click()
    page.get_by_role("button", name="Remove ACME-2 from Sprint 1").click()
    expect(toasts(page)).to_contain_text("ACME-2 removed from Sprint 1.")
    toasts(page).get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Paint the fence")).to_be_visible()
    page.goto("/?q=sprint:current")
    expect(page.locator(".card-name")).to_have_count(3)


def test_an_error_in_one_row_of_an_epic_keeps_the_others(page_as, ada, board):
    epic = services.create_epic(board, actor=ada, name="Garden")
    for title in ("Paint the fence", "Sharpen the saw"):
        services.create_task(board, actor=ada, title=title, epic=epic)
    page = page_as(ada)
    page.goto(f"/epics/{epic.pk}/")
    page.get_by_role("link", name="Edit tasks").click()
    titles = page.get_by_label("Title")
    titles.nth(0).fill("")
    titles.nth(1).fill("Sharpen all saws")
    page.get_by_role("button", name="Save all").click()
    expect(page.get_by_text("Give the task a title.")).to_be_visible()
    expect(page.get_by_text("1 saved, 1 not: ")).to_be_visible()
    expect(titles.nth(1)).to_have_value("Sharpen all saws")
    titles.nth(0).fill("Paint the gate")
    page.get_by_role("button", name="Save all").click()
    expect(toasts(page)).to_contain_text("1 saved.")
    assert [task.title for task in epic.tasks.order_by("pk")] == ["Paint the gate", "Sharpen all saws"]
