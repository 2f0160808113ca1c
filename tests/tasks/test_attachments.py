"""Attachments: Creators and Admins add, Admins delete, all of an upload or none, and files go with their rows."""

import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts.models import Role
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import history, services
from taskmanager.tasks.models import Activity, Attachment, Task
from tests.images import animation, jpeg, png
from tests.queue import run_jobs, stored_names
from tests.uploads import files_of, upload

HOUR = datetime.timedelta(hours=1)


def sentences(task: Task) -> list[str]:
    lines = task.activities.order_by("pk")
    return [event.sentence for event in history.events(lines, task.organization)]


def let_time_pass() -> None:
    """Let an hour pass for the jobs that wait."""
    DBTaskResult.objects.filter(run_after__gt=timezone.now()).update(run_after=timezone.now() - HOUR)


@pytest.fixture
def note(task, cleo) -> Attachment:
    [attachment] = services.add_attachments(task, files=[upload()], actor=cleo)
    return attachment


def test_a_file_is_attached_with_its_line_of_history(task, note, cleo):
    note.refresh_from_db()
    assert (note.task, note.organization, note.uploader) == (task, task.organization, cleo)
    assert (note.name, note.size, note.content_type, note.preview) == ("notes.txt", 21, "text/plain", "NONE")
    assert note.file.read() == b"Seen on staging, too."
    note.file.close()
    line = task.activities.latest("pk")
    assert (line.verb, line.actor, line.changes) == ("attached", cleo, {"attachments": [[], ["notes.txt"]]})
    assert sentences(task) == ["created this", "attached notes.txt"]


def test_where_it_lies_says_nothing_of_its_name(task, note):
    organization, _, place = note.file.name.partition("/")
    assert organization == str(task.organization_id)
    assert len(place) == 32
    assert int(place, 16)


def test_attaching_changes_nothing_of_the_task(task, note):
    before = task.updated_at, task.version
    task.refresh_from_db()
    assert (task.updated_at, task.version) == before
    services.edit_task(task, actor=task.creator, version=1, title="Saved from the form of before")


@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_creators_and_admins_add_and_admins_delete(role, task, note, member, acme):
    bo = member("bo", *([role] if role else []))
    before = files_of(acme)
    if role in {Role.CREATOR, Role.ADMIN}:
        services.add_attachments(task, files=[upload()], actor=bo)
    else:
        with pytest.raises(NotAllowed):
            services.add_attachments(task, files=[upload()], actor=bo)
        assert files_of(acme) == before
    if role == Role.ADMIN:
        services.delete_attachment(note, actor=bo)
    else:
        with pytest.raises(NotAllowed):
            services.delete_attachment(note, actor=bo)


def test_a_stranger_neither_adds_nor_deletes(task, note, oscar, acme):
    for act in (
        lambda: services.add_attachments(task, files=[upload()], actor=oscar),
        lambda: services.delete_attachment(note, actor=oscar),
    ):
        with pytest.raises(NotFound):
            act()
    assert files_of(acme) == {note.file.name}


def test_several_files_come_with_one_line(task, ada):
    services.add_attachments(task, files=[upload(f"{index}.txt") for index in range(5)], actor=ada)
    assert Attachment.objects.count() == 5
    assert sentences(task)[-1] == "attached 0.txt, 1.txt, 2.txt and 2 more"
    services.add_attachments(task, files=[upload("a.txt"), upload("b.txt")], actor=ada)
    assert sentences(task)[-1] == "attached a.txt and b.txt"


REFUSED = [
    ([], "Choose a file first."),
    (
        [upload() for _index in range(21)],
        "At most 20 files can be attached at once; these are 21. None was stored.",
    ),
    ([upload(content=b"")], "notes.txt is empty."),
    ([upload("b.bin", b"x" * 1001)], "b.bin is too large: it has 1001 bytes, and a file may have 1000 bytes."),
    (
        [upload(), upload("a.txt", b""), upload("b.bin", b"x" * 1001)],
        "a.txt is empty. b.bin is too large: it has 1001 bytes, and a file may have 1000 bytes. Nothing was stored.",
    ),
]


@pytest.mark.parametrize(("files", "sentence"), REFUSED, ids=[sentence for _files, sentence in REFUSED])
def test_all_of_an_upload_is_stored_or_nothing(files, sentence, task, ada, acme, settings):
    settings.ATTACHMENT_MAX_SIZE = 1000
    with pytest.raises(services.UploadRefused) as refused:
        services.add_attachments(task, files=files, actor=ada)
    assert str(refused.value) == sentence
    assert files_of(acme) == set()
    assert not Attachment.objects.exists()
    assert sentences(task) == ["created this"]


def test_twenty_files_of_the_largest_size_are_taken(task, ada, settings):
    settings.ATTACHMENT_MAX_SIZE = 1000
    services.add_attachments(task, files=[upload(content=b"x" * 1000) for _index in range(20)], actor=ada)
    assert Attachment.objects.count() == 20


def test_what_is_rolled_back_leaves_no_file(task, ada, acme, monkeypatch):
    def fail(*_arguments):
        assert len(files_of(acme)) == 2
        raise RuntimeError("The database is gone.")

    monkeypatch.setattr(services.attachments, "record", fail)
    with pytest.raises(RuntimeError):
        services.add_attachments(task, files=[upload(), upload()], actor=ada)
    assert files_of(acme) == set()
    assert not Attachment.objects.exists()


def test_a_store_that_fails_in_between_leaves_no_file(task, ada, acme, monkeypatch):
    save = default_storage.save

    def fail_at_the_second(name, content):
        if files_of(acme):
            raise OSError("No space left on device")
        return save(name, content)

    monkeypatch.setattr(default_storage._wrapped, "save", fail_at_the_second)
    with pytest.raises(OSError, match="No space"):
        services.add_attachments(task, files=[upload(), upload()], actor=ada)
    assert files_of(acme) == set()


@pytest.mark.django_db(transaction=True)
def test_what_a_lost_connection_or_a_killed_process_leaves_is_removed_later(task, ada, acme, monkeypatch):
    def fail(*_arguments):
        raise OperationalError("The connection was lost.")

    monkeypatch.setattr(services.attachments, "record", fail)
    with pytest.raises(OperationalError):
        services.add_attachments(task, files=[upload()], actor=ada)
    monkeypatch.undo()
    run_jobs()
    assert len(files_of(acme)) == 1  # not before its time: it may have been committed, or still be
    let_time_pass()
    run_jobs()
    assert files_of(acme) == set()


def test_what_was_committed_stays_when_the_job_comes(note, acme):
    let_time_pass()
    run_jobs()
    assert files_of(acme) == {note.file.name}


@pytest.mark.django_db(transaction=True)
def test_a_deleted_attachment_loses_its_files_after_the_commit_and_only_then(task, ada, acme):
    [image] = services.add_attachments(task, files=[upload("a.png", png())], actor=ada)
    run_jobs()
    assert files_of(acme) == stored_names()
    assert len(stored_names()) == 2
    with transaction.atomic():
        services.delete_attachment(image, actor=ada)
        transaction.set_rollback(True)
    run_jobs()
    assert len(files_of(acme)) == 2
    services.delete_attachment(image, actor=ada)
    run_jobs()
    assert files_of(acme) == set()
    assert sentences(task)[-1] == "deleted a.png"
    assert Activity.objects.latest("pk").changes == {"attachments": [["a.png"], []]}


def test_what_is_deleted_is_gone_for_whoever_comes_second(note, ada):
    services.delete_attachment(note, actor=ada)
    with pytest.raises(NotFound):
        services.delete_attachment(note, actor=ada)


@pytest.mark.django_db(transaction=True)
def test_a_deleted_task_takes_its_files_along(task, note, ada, board, acme):
    other = services.create_task(board, actor=ada, title="Another")
    [kept] = services.add_attachments(other, files=[upload()], actor=ada)
    services.delete_task(task, actor=ada)
    run_jobs()
    assert files_of(acme) == {kept.file.name}


@pytest.mark.django_db(transaction=True)
def test_a_deleted_organization_takes_its_files_along(task, note, acme, oscar, monkeypatch):
    monkeypatch.setattr(services.files, "NAMES_PER_JOB", 1)
    services.add_attachments(task, files=[upload(), upload()], actor=task.creator)
    folder = files_of(acme)
    assert len(folder) == 3
    pk = acme.pk
    services.delete_organization(acme)
    run_jobs()
    assert not list((Path(settings.MEDIA_ROOT) / str(pk)).iterdir())


def test_who_leaves_leaves_their_files(note, cleo):
    cleo.delete()
    note.refresh_from_db()
    assert note.uploader is None


def create(board, *, actor, files, **fields):
    """Make a task with files, as its form does."""
    with services.stored_files(files, board.organization_id) as stored:
        return services.create_task_with_files(board, actor=actor, stored=stored, **fields)


def test_a_task_is_made_with_its_files_or_not_at_all(board, cleo, acme, settings):
    task = create(board, actor=cleo, files=[upload()], title="With a file")
    assert sentences(task) == ["created this", "attached notes.txt"]
    settings.ATTACHMENT_MAX_SIZE = 3
    with pytest.raises(services.UploadRefused):
        create(board, actor=cleo, files=[upload()], title="Too large")
    settings.ATTACHMENT_MAX_SIZE = 1000
    yesterday = timezone.now().date() - datetime.timedelta(days=1)
    with pytest.raises(services.DueBeforeCreation):
        create(board, actor=cleo, files=[upload()], title="Late", due_date=yesterday)
    assert list(Task.objects.values_list("title", flat=True)) == ["With a file"]
    assert files_of(acme) == stored_names()


def test_editors_make_no_task_with_files(board, ed, acme):
    with pytest.raises(NotAllowed):
        create(board, actor=ed, files=[upload()], title="Mine")
    assert files_of(acme) == set()


HTML = b"<!doctype html><html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content", "content_type", "preview"),
    [
        ("a.png", png(), "image/png", "PENDING"),
        ("a.txt", jpeg(), "image/jpeg", "PENDING"),
        ("a.gif", animation(), "image/gif", "PENDING"),
        ("a.webp", png(kind="WEBP"), "image/webp", "PENDING"),
        ("page.png", HTML, "text/html", "NONE"),
        ("a.png", SVG, "image/svg+xml", "NONE"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + HTML, "application/octet-stream", "NONE"),
        ("a.jpg", png()[:40], "application/octet-stream", "NONE"),
        ("a.gif", b"GIF89a" + HTML, "text/plain", "NONE"),
        ("a.bin", bytes(range(256)), "application/octet-stream", "NONE"),
        ("a.pdf", b"%PDF-1.7\n%...", "application/pdf", "NONE"),
        ("a", "Übergrößen\n".encode(), "text/plain", "NONE"),
        ("a", ("ü" * 100_000).encode()[1:], "application/octet-stream", "NONE"),
        ("a", ("a" + "ü" * 100_000).encode(), "text/plain", "NONE"),
        ("a", b"x", "text/plain", "NONE"),
        ("a", "Größe".encode("latin-1"), "application/octet-stream", "NONE"),
    ],
    ids=range(16),
)
def test_what_a_file_is_says_its_content(name, content, content_type, preview, task, ada):
    [attachment] = services.add_attachments(task, files=[upload(name, content)], actor=ada)
    assert (attachment.content_type, attachment.preview) == (content_type, preview)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("notes.txt", "notes.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\notes.txt", "notes.txt"),
        ("Ubergro\u0308ße 👩‍🚀.pdf", "Ubergröße 👩 🚀.pdf"),
        ("invoice\u202egnp.exe", "invoice gnp.exe"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie: x=1.txt"),
        (".htaccess", "htaccess"),
        (". . .", "file"),
        ("\u2066\u2069", "file"),
        (f"{'a' * 300}.png", f"{'a' * 251}.png"),
        ("ü" * 300, "ü" * 255),
        (f"a.{'b' * 300}", f"a.{'b' * 253}"),
    ],
)
def test_a_name_is_made_harmless(name, kept):
    from taskmanager.files.contents import harmless_name

    assert harmless_name(name) == kept


@pytest.mark.parametrize(
    ("size", "label"),
    [
        (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1024**2 - 1, "1 MiB"),
        (10 * 1024**2, "10 MiB"), (11 * 1024**2 + 60_000, "11.1 MiB"), (5 * 1024**3, "5 GiB"),
    ],
)  # fmt: skip
def test_a_size_reads_as_people_say_it(size, label):
    assert Attachment(size=size).size_label == label
