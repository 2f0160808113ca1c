"""Files are chosen, dropped and pasted onto a task, and their previews come by themselves."""

import base64

import pytest
from playwright.sync_api import Page, expect

from taskmanager.tasks import services
from taskmanager.tasks.models import Attachment, Task
from tests.browser.conftest import wait_until
from tests.images import png
from tests.queue import run_jobs

pytestmark = pytest.mark.browser

CARRIER = """([name, type, data]) => {
    const carrier = new DataTransfer();
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    carrier.items.add(new File([bytes], name, { type }));
    return carrier;
}"""
PASTE = """([target, clipboardData]) => target.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))"""


def carrier(page: Page, name: str, content: bytes, kind: str = ""):
    return page.evaluate_handle(CARRIER, [name, kind, base64.b64encode(content).decode()])


def drop(page: Page, target: str, *files) -> None:
    for file in files:
        for event in ("dragenter", "dragover", "drop"):
            page.dispatch_event(target, event, {"dataTransfer": file})


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    payload = [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files]
    page.get_by_label("Attach files").set_input_files(payload)


def test_chosen_files_are_attached_at_once_and_previews_come_by_themselves(page_as, task, ada):
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    choose(page, ("photo.png", png((900, 600))), ("notes.txt", b"Seen on staging."))
    expect(page.locator(".file")).to_have_count(2)
    expect(page.locator("#events")).to_contain_text("attached photo.png and notes.txt")
    expect(page.locator(".file").first).to_contain_text("Making a preview…")
    run_jobs()
    image = page.locator(".file-look img")
    expect(image).to_be_visible()
    wait_until(page, lambda: image.evaluate("image => image.naturalWidth") == 480)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download notes.txt").click()
    assert saved.value.suggested_filename == "notes.txt"
    assert saved.value.path().read_bytes() == b"Seen on staging."


def test_files_are_dropped_anywhere_onto_the_task_in_the_panel(page_as, task, ada):
    page = page_as(ada)
    page.goto("/")
    page.get_by_role("link", name=task.title).click()
    page.locator("#panel .attach").wait_for()
    file = carrier(page, "a.txt", b"First")
    page.dispatch_event("#panel h1", "dragenter", {"dataTransfer": file})
    expect(page.locator("body.is-dropping")).to_be_visible()
    page.dispatch_event("#panel h1", "dragleave", {"dataTransfer": file})
    expect(page.locator("body.is-dropping")).to_have_count(0)
    # Two at the same time: the second waits for the first.
    drop(page, "#panel h1", file, carrier(page, "b.txt", b"Second"))
    expect(page.locator("#panel .file")).to_have_count(2)
    expect(page.locator("body.is-dropping")).to_have_count(0)
    expect(page.locator("#panel progress")).to_be_hidden()
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["a.txt", "b.txt"]


def test_an_image_is_pasted_while_a_comment_is_written(page_as, task, ada):
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    box = page.get_by_role("textbox", name="Comment")
    box.fill("See the picture.")
    page.evaluate(PASTE, [box.element_handle(), carrier(page, "image.png", png(), "image/png")])
    expect(page.locator(".file")).to_contain_text("Pasted 20")
    expect(box).to_have_value("See the picture.")
    assert Attachment.objects.get().content_type == "image/png"


def test_what_is_refused_is_said_beside_the_form_and_stays_chosen(page_as, task, ada, settings):
    settings.ATTACHMENT_MAX_SIZE = 1000
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    problem = page.locator(".attach-problem")
    choose(page, ("big.bin", b"x" * 1001))
    expect(problem).to_have_text("big.bin is too large: a file may have 1000 bytes.")
    choose(page, ("empty.txt", b""))
    expect(problem).to_have_text("empty.txt is empty.")
    choose(page, *((f"{index}.txt", b"x") for index in range(21)))
    expect(problem).to_contain_text("At most 20 files")
    # What only the server knows: meanwhile the limit was lowered.
    settings.ATTACHMENT_MAX_SIZE = 10
    choose(page, ("notes.txt", b"x" * 11))
    expect(problem).to_have_text("notes.txt is too large: it has 11 bytes, and a file may have 10 bytes.")
    assert page.get_by_label("Attach files").evaluate("input => input.files.length") == 1
    choose(page, ("notes.txt", b"x" * 10))
    expect(page.locator(".file")).to_have_count(1)
    expect(problem).to_have_text("")
    assert Attachment.objects.count() == 1


def test_a_claim_meanwhile_loses_no_chosen_file(page_as, task, ada):
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    choose(page, ("empty.txt", b""))
    page.locator("#task").get_by_role("button", name="Claim").click()
    expect(page.locator(".facts")).to_contain_text("In progress")
    expect(page.locator(".attach-problem")).to_have_text("empty.txt is empty.")
    choose(page, ("notes.txt", b"x"))
    expect(page.locator(".file")).to_have_count(1)


def test_files_are_dropped_onto_the_form_of_a_new_task(page_as, board, ada):
    page = page_as(ada)
    page.goto("/tasks/new/")
    page.get_by_label("Title").fill("With two files")
    drop(page, "h1", carrier(page, "a.txt", b"First"), carrier(page, "b.txt", b"Second"))
    assert not Attachment.objects.exists()
    page.get_by_role("button", name="Create task").click()
    expect(page.locator(".file")).to_have_count(2)
    assert Task.objects.get().attachments.count() == 2


def test_an_attachment_is_deleted_after_being_asked(page_as, task, ada):
    [attachment] = services.add_attachments(task, files=[_file()], actor=ada)
    page = page_as(ada)
    page.goto(f"/tasks/{task.pk}/")
    page.locator(f"#attachment-{attachment.pk}").hover()
    page.get_by_role("link", name="Delete a.txt").click()
    page.get_by_role("button", name="Delete attachment").click()
    expect(page.locator("#events")).to_contain_text("deleted a.txt")
    assert not Attachment.objects.exists()


def test_without_scripts_files_are_attached_by_the_form(page_as, task, ada):
    page = page_as(ada, java_script_enabled=False)
    page.goto(f"/tasks/{task.pk}/")
    page.get_by_label("Attach files").set_input_files([{"name": "a.txt", "mimeType": "text/plain", "buffer": b"First"}])
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.locator(".file")).to_contain_text("a.txt")
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.locator(".attach-problem")).to_have_text("Choose a file first.")


def _file():
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("a.txt", b"First")
