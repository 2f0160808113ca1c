"""The archive of everything that the product holds about somebody."""

import json
import zipfile
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from taskmanager.accounts import photos
from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import AuditEvent, AuditKind
from taskmanager.tasks import exports, services
from tests.conftest import PASSWORD
from tests.images import halves
from tests.web.pages import body, sentence

ADDRESS = "/accounts/export/"


def archive(client) -> zipfile.ZipFile:
    response = client.post(ADDRESS)
    assert response.status_code == 200
    return zipfile.ZipFile(BytesIO(body(response)))


def data(client) -> dict:
    return json.loads(archive(client).read("data.json"))


@pytest.fixture
def life(ada, ed, cleo, board):
    """What Ada did, among what others did."""
    told = {"phone": "5551234567", "biography": "I **test**.", "time_zone": "Europe/Lisbon", "theme": "dark"}
    accounts.edit_profile(ada, **told, photo=photos.make(SimpleUploadedFile("me.png", halves())))
    task = services.create_task(
        board, actor=ada, title="Hers", description="Her words", owner=ada, watchers=["ada@acme.example", cleo.email]
    )
    services.create_comment(task, actor=ada, text="Her comment")
    services.create_comment(task, actor=cleo, text="A secret of Cleo's")
    services.add_attachments(task, files=[SimpleUploadedFile("näh/x.txt", b"Her file")], actor=ada)
    other = services.create_task(board, actor=cleo, title="Cleo's", description="Cleo's words")
    services.edit_task(other, actor=ada, version=other.version, title="Renamed by Ada")
    services.create_epic(board, actor=ada, name="Her epic")
    accounts.invite(ada.organization, actor=ada, emails=["guest@elsewhere.example"])
    accounts.record_event(
        ada.organization, AuditKind.ROLES_CHANGED, actor=ed, subject=ada, address="198.51.100.7", note=[cleo.email]
    )
    return task


def test_it_holds_everything_about_the_user(life, ada, browse):
    client = browse(ada)
    found = archive(client)
    assert found.testzip() is None
    held = json.loads(found.read("data.json"))
    assert (held["format"], held["version"]) == ("taskmanager-export", 1)
    assert held["organization"] == {"name": "Acme", "slug": "acme"}
    profile = held["profile"]
    assert (profile["username"], profile["email"], profile["phone"]) == ("ada", "ada@acme.example", "5551234567")
    assert (profile["biography"], profile["roles"], profile["theme"]) == ("I **test**.", ["Admin"], "dark")
    assert found.read(profile["photo"])[:4] == b"RIFF"
    assert len(held["sessions"]) == 1
    assert [task["title"] for task in held["created_tasks"]] == ["Hers"]
    assert held["created_tasks"][0]["description"] == "Her words"
    assert [task["reference"] for task in held["owned_tasks"]] == ["ACME-1"]
    assert [task["reference"] for task in held["watched_tasks"]] == ["ACME-1"]
    assert [comment["text"] for comment in held["comments"]] == ["Her comment"]
    [attachment] = held["attachments"]
    assert (attachment["name"], attachment["size"], attachment["task"]) == ("x.txt", 8, "ACME-1")
    assert found.read(attachment["file"]) == b"Her file"
    assert [epic["name"] for epic in held["created_epics"]] == ["Her epic"]
    verbs = [line["verb"] for line in held["activity"]]
    assert verbs[:3] == ["created", "commented", "attached"]
    assert held["invitations"][0]["direction"] == "sent"
    assert {event["kind"] for event in held["audit_events"]} >= {"roles_changed", "data_exported"}


def test_it_is_explained(life, ada, browse):
    found = archive(browse(ada))
    readme = found.read("README.txt").decode()
    held = json.loads(found.read("data.json"))
    assert list(held)[5:] == [section.name for section in exports.SECTIONS]
    for section in exports.SECTIONS:
        assert f"{section.name}\n    {section.explanation}" in readme


def test_nothing_of_others_is_in_it(life, ada, browse):
    found = archive(browse(ada))
    text = found.read("data.json").decode() + found.read("README.txt").decode()
    for secret in ("A secret of Cleo", "Cleo's words", "cleo@acme", "guest@elsewhere", "198.51.100.7", "(another)@"):
        assert secret not in text


def test_nothing_that_opens_a_door_is_in_it(life, ada, browse):
    client = browse(ada)
    text = archive(client).read("data.json").decode()
    ada.refresh_from_db()
    for secret in (ada.password, PASSWORD, client.cookies["sessionid"].value, "nonce", "session_key"):
        assert secret not in text


def test_a_new_user_has_an_archive_too(oscar, browse):
    held = data(browse(oscar))
    assert held["profile"]["photo"] is None
    assert held["comments"] == held["attachments"] == []


def test_it_is_sent_to_be_saved_and_kept_nowhere(ada, browse):
    response = browse(ada).post(ADDRESS)
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith('attachment; filename="taskmanager-acme-ada-2')
    assert response["Cache-Control"] == "private, no-store"
    assert int(response["Content-Length"]) == len(body(response))


def test_it_is_written_into_the_audit_log(ada, browse):
    body(browse(ada).post(ADDRESS))
    event = AuditEvent.objects.get(kind=AuditKind.DATA_EXPORTED)
    assert (event.actor, event.organization, event.address) == (ada, ada.organization, "127.0.0.1")


def test_it_is_throttled_per_user(ada, ed, browse):
    client = browse(ada)
    for _turn in range(5):
        body(client.post(ADDRESS))
    response = client.post(ADDRESS)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 3000
    assert "Too many attempts" in sentence(response)
    assert AuditEvent.objects.filter(kind=AuditKind.DATA_EXPORTED).count() == 5
    body(browse(ed).post(ADDRESS))


def test_files_beyond_the_limit_are_listed_only(life, ada, browse, monkeypatch):
    services.add_attachments(life, files=[SimpleUploadedFile("large.txt", b"x" * 100)], actor=ada)
    monkeypatch.setattr(exports, "FILES_SIZE", 50)
    small, large = data(browse(ada))["attachments"]
    assert small["file"]
    assert (large["name"], large["file"]) == ("large.txt", None)


def test_a_file_that_the_storage_lost_is_listed_without_one(life, ada, browse):
    default_storage.delete(str(life.attachments.get().file.name))
    [attachment] = data(browse(ada))["attachments"]
    assert attachment["file"] is None


def test_many_rows_cost_no_query_more(ada, many_tasks, browse, django_assert_max_num_queries):
    client = browse(ada)
    with django_assert_max_num_queries(40):
        held = data(client)
    assert len(held["created_tasks"]) == 1201


@pytest.fixture
def many_tasks(board, ada):
    first = services.create_task(board, actor=ada, title="First")
    type(first).objects.bulk_create(
        type(first)(
            organization_id=first.organization_id,
            project=board,
            number=number,
            title=f"Task {number}",
            creator=ada,
            position=f"{number:09}",
        )
        for number in range(2, 1202)
    )


def test_only_a_form_of_ours_gets_it(ada, browse):
    assert browse(ada).get(ADDRESS).status_code == 405
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post(ADDRESS).status_code == 403
