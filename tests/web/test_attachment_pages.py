"""The pages of attachments: uploads, downloads in parts, previews, and what is refused, on disk."""

import re
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from taskmanager.tasks import services
from taskmanager.tasks.models import Attachment, Task
from tests.images import png
from tests.queue import run_jobs, stored_names
from tests.web.pages import HTMX, JSON, body, page, sentence

MIB = 1024**2
HTML = b"<!doctype html><html><script>alert(1)</script>"
CONTENT = b"0123456789"


def upload(name: str = "notes.txt", content: bytes = CONTENT) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def attach(task: Task, name: str = "notes.txt", content: bytes = CONTENT) -> Attachment:
    [attachment] = services.add_attachments(task, files=[upload(name, content)], actor=task.creator)
    run_jobs()
    attachment.refresh_from_db()
    return attachment


@pytest.fixture
def url(task) -> str:
    return f"/tasks/{task.pk}/attachments/"


@pytest.fixture
def note(task) -> Attachment:
    return attach(task)


def test_a_form_attaches_several_files_and_leads_back_to_them(url, task, cleo, browse):
    response = browse(cleo).post(url, {"attachments": [upload(), upload("a.png", png())]})
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/#attachments")
    shown = browse(cleo).get(f"/tasks/{task.pk}/")
    text = sentence(shown)
    assert "Download notes.txt Cleo Marsh 10 bytes" in text
    assert "attached notes.txt and a.png" in text
    assert "Making a preview…" in text
    [first, second] = Attachment.objects.order_by("pk")
    assert f"/attachments/{first.pk}/" in page(shown).addresses()
    run_jobs()
    assert page(browse(cleo).get(f"/tasks/{task.pk}/")).has("img", src=f"/attachments/{second.pk}/preview/")


def test_a_fragment_brings_the_list_and_the_line_of_history(url, task, ada, browse):
    response = browse(ada).post(url, {"attachments": [upload()]}, headers=HTMX)
    assert response.status_code == 200
    assert page(response).has("ul", id="files", **{"hx-swap-oob": "true"})
    assert "attached notes.txt" in sentence(response)
    assert "notes.txt attached." in response["HX-Trigger"]


def test_programs_get_json(url, task, ada, browse):
    response = browse(ada).post(url, {"attachments": [upload()]}, headers=JSON)
    attachment = Attachment.objects.get()
    assert response.status_code == 201
    [item] = response.json()["items"]
    assert (item["id"], item["name"], item["size"]) == (attachment.pk, "notes.txt", 10)
    response = browse(ada).post(f"/attachments/{attachment.pk}/delete/", headers=JSON)
    assert (response.status_code, response.content) == (204, b"")


REFUSED = [
    ({}, "Choose a file first."),
    ({"attachments": "notes.txt"}, "Choose a file first."),
    ({"attachments": [upload() for _index in range(21)]}, "At most 20 files can be attached at once"),
    ({"attachments": [upload("empty.txt", b"")]}, "empty.txt is empty."),
]


@pytest.mark.parametrize(("data", "said"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "htmx", "json"])
def test_what_is_refused_is_said_beside_the_form(data, said, headers, url, task, ada, browse, rows):
    before = rows()
    response = browse(ada).post(url, data, headers=headers)
    assert response.status_code == 400
    assert said in (response.json()["message"] if headers == JSON else sentence(response))
    if headers == HTMX:
        assert response["HX-Retarget"] == f"#attach-problem-{task.pk}"
    assert rows() == before


def test_eleven_mebibytes_are_too_many(url, ada, browse, rows):
    before = rows()
    big = upload("backup.bin", b"\0" * (11 * MIB))
    response = browse(ada).post(url, {"attachments": [upload(), big]})
    assert response.status_code == 400
    assert "backup.bin is too large: it has 11 MiB, and a file may have 10 MiB. Nothing was stored." in sentence(
        response
    )
    assert rows() == before
    assert not (Path(settings.MEDIA_ROOT)).exists()


def test_ten_mebibytes_are_taken(url, ada, browse):
    assert browse(ada).post(url, {"attachments": [upload("b.bin", b"\0" * (10 * MIB))]}).status_code == 302
    assert Attachment.objects.get().size == 10 * MIB


def test_absurdly_many_files_end_in_a_page(url, ada, browse):
    response = browse(ada).post(url, {"attachments": [upload() for _index in range(101)]})
    assert response.status_code == 400
    assert "At most 20 files can be attached at once" in sentence(response)
    assert not Attachment.objects.exists()


def test_an_absurdly_large_body_ends_in_a_page_before_it_is_stored(url, ada, browse, settings):
    settings.BODY_MAX_SIZE = 1000
    response = browse(ada).post(url, {"attachments": [upload(content=b"x" * 1001)]})
    assert response.status_code == 413
    assert "That was too large" in sentence(response)
    response = browse(ada).post(url, {"attachments": [upload(content=b"x" * 1001)]}, headers=HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (413, "#toasts")
    response = browse(ada).post(url, {"attachments": [upload(content=b"x" * 1001)]}, headers=JSON)
    assert response.json() == {"message": "That was larger than anything that can be sent here. Nothing was stored."}


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"--x",
        b"--x\r\nContent-Disposition: form-data; name=attachments; filename=a\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="\xff\xfe"\r\n\r\nabc\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a"\r\n\r\nnever ends',
    ],
    ids=range(5),
)
def test_broken_forms_are_no_errors_of_ours(sent, url, ada, browse):
    response = browse(ada).generic("POST", url, sent, content_type="multipart/form-data; boundary=x")
    assert response.status_code in {302, 400}


def test_a_download_is_saved_and_never_shown(note, ada, browse):
    response = browse(ada).get(f"/attachments/{note.pk}/")
    assert body(response) == CONTENT
    assert response["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Length"] == "10"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("name", ["Übersicht – 日本 “é”.pdf", "👩.png", 'a"b;c.txt', "100%.txt"])
def test_a_download_has_its_name_in_any_script(name, task, ada, browse):
    attachment = attach(task, name)
    response = browse(ada).get(f"/attachments/{attachment.pk}/")
    body(response)
    said = response["Content-Disposition"]
    assert said.startswith("attachment; filename")
    assert (f"filename*=utf-8''{quote(name)}" in said) == (not name.isascii())


@pytest.mark.parametrize("name", ["page.png", "page.html", "logo.svg"])
def test_what_could_act_is_only_ever_downloaded(name, task, ada, browse):
    attachment = attach(task, name, HTML if name != "logo.svg" else b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    response = browse(ada).get(f"/attachments/{attachment.pk}/")
    body(response)
    assert response["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in response["Content-Security-Policy"]
    assert browse(ada).get(f"/attachments/{attachment.pk}/preview/").status_code == 404
    assert "<img" not in browse(ada).get(f"/tasks/{task.pk}/").content.decode()


@pytest.mark.parametrize(
    ("asked", "status", "sent", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=9-9999", 206, b"9", "bytes 9-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
        ("bytes=0-1,4-5", 200, CONTENT, None),
        ("bytes=a-b", 200, CONTENT, None),
        ("lines=1-2", 200, CONTENT, None),
        (f"bytes={'9' * 50}-", 200, CONTENT, None),
    ],
)
def test_a_part_can_be_asked_for(asked, status, sent, told, note, ada, browse):
    response = browse(ada).get(f"/attachments/{note.pk}/", headers={"Range": asked, "Accept-Encoding": "gzip"})
    assert (response.status_code, body(response), response.get("Content-Range")) == (status, sent, told)
    assert response.get("Content-Encoding") is None
    if status == 206:
        assert response["Content-Length"] == str(len(sent))


def test_a_part_of_something_else_is_the_whole(note, ada, browse):
    client, url = browse(ada), f"/attachments/{note.pk}/"
    head = client.head(url)
    assert body(head) == b""
    etag = head["ETag"]
    for value, status in ((etag, 206), ('"another"', 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200)):
        response = client.get(url, headers={"Range": "bytes=0-1", "If-Range": value})
        assert response.status_code == status
        body(response)
    response = client.get(url, headers={"If-None-Match": etag})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_a_lost_file_is_said_to_be_lost(note, ada, browse):
    note.file.storage.delete(note.file.name)
    response = browse(ada).get(f"/attachments/{note.pk}/")
    assert response.status_code == 404
    assert "There is nothing here" in sentence(response)


def test_a_preview_is_shown_once_it_is_made(task, ada, browse):
    [attachment] = services.add_attachments(task, files=[upload("a.png", png((900, 600)))], actor=ada)
    url = f"/attachments/{attachment.pk}/preview/"
    client = browse(ada)
    assert client.get(url).status_code == 404
    asked = client.get(f"{url}?tried=1", headers=HTMX)
    assert page(asked).has("span", **{"hx-get": f"{url}?tried=2", "hx-trigger": "load delay:2s"})
    assert "hx-get" not in client.get(f"{url}?tried=5", headers=HTMX).content.decode()
    for strange in ("x", "-1", "9" * 30, ""):
        assert "hx-get" not in client.get(url, {"tried": strange}, headers=HTMX).content.decode()
    run_jobs()
    assert page(client.get(f"{url}?tried=2", headers=HTMX)).has("img", src=url)
    response = client.get(url)
    data = body(response)
    assert data[:4] + data[8:12] == b"RIFFWEBP"
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Disposition"].startswith("inline")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"].startswith("private")


def test_a_bomb_is_said_to_be_too_large_for_a_preview_and_downloads(task, ada, browse):
    bomb = png((20_000, 20_000), mode="1")
    attachment = attach(task, "poster.png", bomb)
    assert "Too large for a preview" in sentence(browse(ada).get(f"/tasks/{task.pk}/"))
    assert body(browse(ada).get(f"/attachments/{attachment.pk}/")) == bomb


def test_a_damaged_image_is_said_to_be_damaged(task, ada, browse):
    from tests.images import jpeg

    attach(task, "photo.jpg", jpeg((600, 400))[:9000])
    assert "No preview: the image is damaged" in sentence(browse(ada).get(f"/tasks/{task.pk}/"))


def test_only_who_may_sees_the_controls(task, note, ed, cleo, ada, browse):
    for user, may_attach, may_delete in ((ada, True, True), (cleo, True, False), (ed, False, False)):
        shown = page(browse(user).get(f"/tasks/{task.pk}/"))
        assert shown.has("form", id=f"attach-{task.pk}") == may_attach
        assert (f"/attachments/{note.pk}/delete/" in shown.addresses()) == may_delete


def test_an_admin_deletes_after_being_asked(task, note, ada, browse):
    asked = browse(ada).get(f"/attachments/{note.pk}/delete/")
    assert "Delete this attachment for good? notes.txt 10 bytes, attached to ACME-1 by ada" in sentence(asked)
    response = browse(ada).post(f"/attachments/{note.pk}/delete/")
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/#attachments")
    assert "deleted notes.txt" in sentence(browse(ada).get(f"/tasks/{task.pk}/"))
    assert browse(ada).get(f"/attachments/{note.pk}/").status_code == 404
    run_jobs()
    assert stored_names() == set()


def test_nobody_reaches_a_file_past_its_address(note, ada, browse):
    for address in (f"/uploads/{note.file.name}", f"/media/{note.file.name}", f"/static/{note.file.name}"):
        assert browse(ada).get(address).status_code == 404
        assert Client().get(address).status_code in {302, 404}


def test_many_attachments_cost_the_page_no_more_queries(task, ada, browse, django_assert_num_queries):
    from tests.web.test_detail import QUERIES

    services.add_attachments(task, files=[upload(f"{index}.txt") for index in range(20)], actor=ada)
    client = browse(ada)
    client.get(f"/tasks/{task.pk}/")
    with django_assert_num_queries(len(QUERIES) - 1):  # nobody is named by this history
        client.get(f"/tasks/{task.pk}/")


def test_a_task_is_created_with_its_files(board, cleo, browse):
    response = browse(cleo).post("/tasks/new/", {"title": "With files", "attachments": [upload(), upload("b.txt")]})
    task = Task.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/")
    assert [each.name for each in task.attachments.order_by("pk")] == ["notes.txt", "b.txt"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"title": "", "attachments": [upload()]}, "Choose these files again, which a browser can't keep: notes.txt."),
        ({"title": "Empty", "attachments": [upload("empty.txt", b"")]}, "empty.txt is empty."),
        ({"title": "Many", "attachments": [upload() for _index in range(21)]}, "At most 20 files"),
    ],
    ids=["title", "empty", "many"],
)
def test_a_form_that_comes_back_asks_for_its_files_again(data, said, board, cleo, browse, rows):
    before = rows()
    response = browse(cleo).post("/tasks/new/", data)
    assert response.status_code == 200
    assert said in " ".join(page(response).errors["attachments"])
    assert page(response).values["title"] == data["title"]
    assert rows() == before


def test_a_form_to_edit_takes_no_files(task, ada, browse):
    response = browse(ada).get(f"/tasks/{task.pk}/edit/")
    assert not page(response).has("input", name="attachments")


def test_a_proxy_sends_the_file_where_one_is_set_up(note, ada, browse, settings):
    settings.ACCEL_REDIRECT_PREFIX = "/internal/uploads/"
    response = browse(ada).get(f"/attachments/{note.pk}/")
    assert response["X-Accel-Redirect"] == f"/internal/uploads/{note.file.name}"
    assert response.content == b""
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_files_that_are_sent_twice_are_attached_once(headers, url, task, ada, browse):
    client, key = browse(ada), str(uuid.uuid4())
    for _turn in range(2):
        response = client.post(url, {"attachments": upload(), "uuid": key}, headers=headers)
    assert task.attachments.count() == 1
    shown = response if headers else client.get(response.headers["Location"])
    assert "This form has already been submitted." in shown.content.decode()
    assert "notes.txt" in shown.content.decode()
    # What came with the answer lets the next files in.
    if headers:
        fresh = re.search(r'name="uuid"[^>]* value="([^"]+)"', response.content.decode())[1]
        assert client.post(url, {"attachments": upload(), "uuid": fresh}, headers=headers).status_code == 200
        assert task.attachments.count() == 2
