"""Somebody gives themselves a face, is looked up by a colleague, takes their data along, and goes."""

import zipfile

import pytest
from playwright.sync_api import expect

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from tests.browser.conftest import card
from tests.conftest import PASSWORD
from tests.images import halves

pytestmark = pytest.mark.browser


def natural_width(image) -> int:
    expect(image).to_be_visible()
    return image.evaluate("async image => (await image.decode(), image.naturalWidth)")


def test_from_a_photo_to_goodbye(page_as, board, ada, ed, tmp_path):
    task = services.create_task(board, actor=ada, title="Renew the certificate", owner=ed, description="Ask @ed.")
    page = page_as(ed)
    page.goto("/accounts/profile/")
    page.get_by_label("Photo", exact=True).set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": halves(kind="JPEG")}
    )
    page.get_by_label("Biography").fill("I renew **certificates**.")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    assert natural_width(page.locator(".account .av-photo")) == 64
    assert natural_width(page.locator(".photo-field .av-photo")) == 256
    page.goto("/")
    assert natural_width(card(page, task).get_by_role("img", name="Owner: Ed Moreno")) == 64

    colleague = page_as(ada)
    colleague.goto(f"/tasks/{task.pk}/")
    colleague.get_by_role("link", name="@ed").click()
    expect(colleague.get_by_role("heading", name="Ed Moreno")).to_be_visible()
    expect(colleague.locator(".prose strong")).to_have_text("certificates")
    colleague.get_by_role("link", name="1 open").click()
    expect(colleague.get_by_role("link", name="Renew the certificate")).to_be_visible()

    page.goto("/accounts/profile/")
    page.get_by_role("link", name="Close your account").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download your data").click()
    saved = tmp_path / "data.zip"
    started.value.save_as(saved)
    assert {"README.txt", "data.json", "photo.webp"} <= set(zipfile.ZipFile(saved).namelist())

    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_text("That is not your password.")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
    assert not User.objects.filter(pk=ed.pk).exists()
    colleague.goto(f"/tasks/{task.pk}/")
    expect(colleague.get_by_text("A former member").first).to_be_visible()


def test_without_javascript_too(page_as, ada, ed):
    page = page_as(ed, java_script_enabled=False)
    page.goto("/accounts/profile/")
    page.get_by_label("Photo", exact=True).set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": halves()}
    )
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator(".photo-field .av-photo")).to_be_visible()
    page.get_by_label("Remove the photo").check()
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator(".photo-field .av-photo")).to_have_count(0)
    expect(page.locator(".photo-field .av")).to_have_text("EM")
