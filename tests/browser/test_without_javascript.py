"""Every page works in a browser that runs no scripts."""

import pytest
from playwright.sync_api import expect

from taskmanager.accounts.models import User
from taskmanager.tasks.models import Task
from tests.browser.conftest import card, choose, column, toasts
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def page(page_as):
    return page_as(java_script_enabled=False)


@pytest.fixture
def adas_page(page_as, ada):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    return page


def test_an_organization_is_registered_and_its_first_user_lands_on_the_empty_board(page, roles):
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Create an organization").click()
    page.get_by_label("Organization").fill("Initech")
    page.get_by_label("Username").fill("peter")
    page.get_by_label("E-mail").fill("peter@initech.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create organization").click()
    expect(page).to_have_url("/")
    expect(page.get_by_role("heading", name="Start with one task")).to_be_visible()
    assert User.objects.get().organization.name == "Initech"


def test_a_person_signs_in_and_out(page, ada):
    page.goto("/tasks/?q=keys")
    page.get_by_label("Organization").fill("acme")
    page.get_by_label("Username or e-mail").fill("ada@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url("/tasks/?q=keys")
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_label("Organization")).to_have_value("acme")
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_task_is_created_and_edited(adas_page):
    page = adas_page
    page.get_by_role("main").get_by_role("link", name="Create task").click()
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_text("Give the task a title.")).to_be_visible()
    page.get_by_label("Title").fill("Rotate the signing keys")
    page.get_by_label("Description").fill("Before the **audit**.")
    page.get_by_label("Priority").select_option("High")
    page.get_by_role("button", name="Create task").click()
    expect(toasts(page)).to_contain_text("ACME-1 created.")
    expect(page.locator(".prose strong")).to_have_text("audit")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Title").fill("Rotate all keys")
    page.get_by_role("button", name="Save task").click()
    expect(page.get_by_role("heading", name="Rotate all keys")).to_be_visible()
    task = Task.objects.get()
    assert (task.title, task.priority, task.description) == ("Rotate all keys", "HIGH", "Before the **audit**.")


def test_a_card_is_claimed_moved_and_released(page_as, ada, task):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(toasts(page)).to_contain_text("You claimed ACME-1.")
    expect(column(page, "IN_PROGRESS").locator(card(page, task)).get_by_label("Owner: ada")).to_be_visible()
    choose(page, task, "Complete")
    expect(column(page, "DONE").locator(card(page, task))).to_be_visible()
    choose(page, task, "Move to in progress")
    choose(page, task, "Release")
    expect(column(page, "UNASSIGNED").locator(card(page, task)).get_by_label("No owner")).to_be_visible()


def test_a_task_is_claimed_released_and_completed_on_its_own_page(page_as, ada, task):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name=task.title).click()
    expect(page).to_have_url(f"/tasks/{task.pk}/")
    page.get_by_role("button", name="Claim").click()
    expect(page).to_have_url(f"/tasks/{task.pk}/")
    page.get_by_role("button", name="Release").click()
    expect(toasts(page)).to_contain_text("ACME-1 is free again.")
    page.get_by_role("button", name="Claim").click()
    page.get_by_role("button", name="Complete").click()
    expect(page.locator(".facts")).to_contain_text("Completed")
    task.refresh_from_db()
    assert (task.status, task.owner) == ("DONE", ada)


def test_an_archived_card_is_brought_back(page_as, ada, task):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    choose(page, task, "Archive")
    expect(card(page, task)).to_have_count(0)
    toasts(page).get_by_role("button", name="Undo").click()
    expect(column(page, "UNASSIGNED").locator(card(page, task))).to_be_visible()
    choose(page, task, "Archive")
    page.get_by_role("link", name="Archived").click()
    expect(page.get_by_role("link", name=task.title)).to_be_visible()


def test_a_long_column_is_read_to_its_end(page_as, ada, many):
    tasks = many(60)
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    expect(page.locator(".card")).to_have_count(50)
    page.get_by_role("link", name="Show 10 more in Unassigned").click()
    expect(page.locator(".card")).to_have_count(10)
    expect(card(page, tasks[0])).to_be_visible()
    page.get_by_role("link", name="Show from the top of Unassigned").click()
    expect(card(page, tasks[-1])).to_be_visible()


def test_a_task_is_deleted_after_a_confirmation(page_as, ada, task):
    page = page_as(ada, java_script_enabled=False)
    page.goto(f"/tasks/{task.pk}/")
    page.get_by_label("More for ACME-1").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("link", name="Keep it").click()
    assert Task.objects.exists()
    page.get_by_label("More for ACME-1").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete task").click()
    expect(toasts(page)).to_contain_text("ACME-1 deleted.")
    expect(page).to_have_url("/")
    assert not Task.objects.exists()


def test_the_list_is_searched_filtered_and_sorted(page_as, ada, many):
    many(2)
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Search tasks").fill("number 2")
    page.get_by_label("Search tasks").press("Enter")
    expect(page.locator(".results > li")).to_have_count(1)
    page.goto("/tasks/?q=number+2")
    expect(page.locator(".tasks tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_role("link", name="Title").click()
    expect(page.locator(".tasks tbody th")).to_have_text(["Task number 1", "Task number 2"])
    page.get_by_label("Status").select_option("Completed")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="No task matches")).to_be_visible()


def test_a_task_is_talked_about(page_as, ada, task):
    page = page_as(ada, java_script_enabled=False)
    page.goto(f"/tasks/{task.pk}/")
    page.get_by_role("textbox", name="Comment").fill("See **ACME-1**, @ada.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment a", has_text="ACME-1")).to_be_visible()
    page.locator(".comment").get_by_role("link", name="Edit this comment").click()
    page.get_by_role("textbox", name="Comment").fill("Never mind.")
    page.get_by_role("button", name="Save comment").click()
    expect(page.locator(".comment")).to_contain_text("Never mind.")
    expect(page.locator(".comment")).to_contain_text("edited")


def test_what_needs_scripts_is_not_shown(page_as, ada, task):
    page = page_as(ada, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(toasts(page).get_by_label("Close this message")).to_be_hidden()
    page.locator(".account > summary").click()
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_hidden()
