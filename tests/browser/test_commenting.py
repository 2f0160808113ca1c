"""Talking about a task without leaving its page."""

import pytest
from playwright.sync_api import expect

from taskmanager.tasks import services
from taskmanager.tasks.models import Comment
from tests.browser.conftest import card

pytestmark = pytest.mark.browser


def test_a_comment_appears_in_the_panel_and_on_the_card_without_a_reload(page_as, task, ada):
    page = page_as(ada)
    page.goto("/")
    page.get_by_role("link", name=task.title).click()
    box = page.locator("#panel").get_by_role("textbox", name="Comment")
    box.fill("Seen on **staging** too.")
    box.press("Control+Enter")
    expect(page.locator("#panel .comment")).to_contain_text("Seen on staging too.")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    expect(card(page, task)).to_contain_text("1 comment")
    assert Comment.objects.get(task=task).author == ada


def test_a_comment_is_edited_and_deleted_in_its_place(page_as, task, ada):
    comment = services.create_comment(task, actor=ada, text="First thought")
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    mine = page.locator(f"#comment-{comment.pk}")
    mine.get_by_role("link", name="Edit this comment").click()
    mine.get_by_role("textbox", name="Comment").fill("Second thought")
    mine.get_by_role("button", name="Save comment").click()
    expect(mine).to_contain_text("Second thought")
    expect(mine).to_contain_text("edited")
    mine.get_by_role("link", name="Delete this comment").click()
    mine.get_by_role("button", name="Delete comment").click()
    expect(page.locator("#events")).to_contain_text("deleted a comment")
    assert not Comment.objects.filter(pk=comment.pk).exists()


def test_a_comment_that_is_refused_keeps_what_was_typed(page_as, task, ada):
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    box = page.get_by_role("textbox", name="Comment")
    box.evaluate("box => box.removeAttribute('maxlength')")
    box.fill("x" * 20_001)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".write .errorlist")).to_contain_text("at most 20,000 characters")
    assert len(box.input_value()) == 20_001
