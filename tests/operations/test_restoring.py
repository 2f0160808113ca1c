"""A restore puts everything into an empty installation, or nothing; a backup disturbs nobody."""

import io
import json
import shutil
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from taskmanager import __version__
from taskmanager.accounts.models import Organization, User
from taskmanager.operations import archive, backups, restoring, rows
from taskmanager.tasks import services
from taskmanager.tasks.models import Attachment, Comment, Task
from tests.conftest import PASSWORD
from tests.operations.conftest import files
from tests.racing import race
from tests.web.test_attachment_pages import upload
from tests.web.test_attachments_on_s3 import bucket, keys, server

__all__ = ["bucket", "server"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)
ADMIN = ["admin", "0003_logentry_add_action_flag_choices"]


def silent(text: str) -> None:
    pass


def backup(report: Callable[[str], None] = silent) -> tuple[bytes, backups.Summary]:
    file = io.BytesIO()
    summary = backups.write_backup(file, report=report)
    return file.getvalue(), summary


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return the backup with changed members and sums that are right."""
    file = io.BytesIO()
    with archive.Writer(file) as writer:
        for member in archive.members(io.BytesIO(data)):
            content = change(member.name, archive.exactly(member, member.size))
            writer.add(member.name, len(content), io.BytesIO(content))
    return file.getvalue()


def manifest(**changes) -> Callable[[str, bytes], bytes]:
    """Change what the manifest tells."""

    def change(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        value = json.loads(content)
        return json.dumps({**value, **{key: make(value[key]) for key, make in changes.items()}}).encode()

    return change


def with_(member: str, old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if not name.startswith(member):
            return content
        assert old in content
        return content.replace(old, new)

    return change


def make_empty() -> None:
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def restore(tmp_path, data: bytes) -> None:
    (tmp_path / "backup").write_bytes(data)
    call_command("restore", str(tmp_path / "backup"))


def is_empty() -> bool:
    return not (User.objects.exists() or Organization.objects.exists() or files(settings.DATA_DIR))


@pytest.fixture
def ada(roles: None) -> User:
    """Have a small installation: the sample data would take seconds for each test."""
    ada = services.register_organization(name="Acme", username="ada", email="ada@acme.example", password=PASSWORD)
    task = services.create_task(ada.organization.projects.get(), actor=ada, title="Rotate the keys")
    services.add_attachments(task, files=[upload("a.txt"), upload("b.txt")], actor=ada)
    return ada


@pytest.fixture
def data(full: User) -> bytes:
    return backup()[0]


def test_what_was_restored_is_backed_up_as_it_was(full, tmp_path):
    call_command("migrate", verbosity=0)  # makes the permissions that a test before may have deleted
    data = backup()[0]
    make_empty()
    restore(tmp_path, data)
    whole, again = (
        {m.name: archive.exactly(m, m.size) for m in archive.members(io.BytesIO(d))} for d in (data, backup()[0])
    )
    assert whole.keys() == again.keys()
    assert [name for name in whole if whole[name] != again[name]] == ["manifest.json"]  # the time in it
    made = Task.objects.latest("pk")
    made.pk, made.number = None, 9999
    made.save()  # its key is nobody's
    assert Group.objects.count() == 3


def test_whoever_is_not_empty_is_not_touched(data, tmp_path):
    before = files(settings.DATA_DIR)
    with pytest.raises(CommandError, match=r"Nothing was restored\. The database isn't empty: \S+ has rows"):
        restore(tmp_path, data)
    assert files(settings.DATA_DIR) == before


@pytest.mark.once
def test_a_damaged_backup_touches_nothing(data, tmp_path):
    make_empty()
    for wrong in (data[:-20], data[: len(data) // 2], data[:5000] + b"\0" + data[5001:]):
        with pytest.raises(CommandError, match=r"^The backup is damaged, and nothing was restored\."):
            restore(tmp_path, wrong)
        assert is_empty()


def test_what_fails_in_the_middle_leaves_nothing(data, tmp_path):
    make_empty()
    columns = rows.columns(Comment)

    def change(name: str, content: bytes) -> bytes:
        if not name.startswith("rows/tasks.Comment/"):
            return content
        *lines, last = content.splitlines()
        row = json.loads(last)
        # PostgreSQL notices at the end, when the uploads are stored already.
        row[columns.index("author_id")] = 999_999
        return b"\n".join([*lines, json.dumps(row).encode(), b""])

    with pytest.raises(CommandError, match="A row or a file can't be restored, and so nothing was"):
        restore(tmp_path, rewritten(data, change))
    assert is_empty()


@pytest.mark.once
def test_values_that_fit_no_column_are_refused(data, tmp_path):
    make_empty()
    for old, new in (
        (b'"MEDIUM"', b'"NONE"'),
        (b'"MEDIUM"', b"[1]"),
        (b'"MEDIUM"', b'"\\u0000"'),
        (b'"MEDIUM"', b"null"),
    ):
        with pytest.raises(CommandError, match="nothing was"):
            restore(tmp_path, rewritten(data, with_("rows/tasks.Task/", old, new)))
        assert is_empty()


@pytest.mark.once
def test_uploads_that_are_there_already_stay(data, tmp_path):
    kept = files(settings.DATA_DIR)
    call_command("flush", interactive=False, verbosity=0)
    default_storage.save("photos/1/a-64.webp", ContentFile(b"another"))
    with pytest.raises(CommandError, match=r"There is another upload photos/1/a-64\.webp already"):
        restore(tmp_path, data)
    # The others were there before, and were not removed with those that the restore brought.
    assert files(settings.DATA_DIR) == {**kept, "photos/1/a-64.webp": b"another"}
    default_storage.save("photos/1/a-64.webp", ContentFile(b"photo"))
    restore(tmp_path, data)
    assert files(settings.DATA_DIR) == kept


@pytest.mark.once
def test_uploads_that_do_not_fit_on_the_disk_are_refused_before(data, tmp_path, monkeypatch):
    make_empty()
    monkeypatch.setattr(restoring.shutil, "disk_usage", lambda _place: shutil._ntuple_diskusage(10, 5, 5))
    with pytest.raises(CommandError, match="and the disk has 5 left"):
        restore(tmp_path, data)
    assert is_empty()


@pytest.mark.once
def test_a_backup_of_a_later_version_names_it(data, tmp_path):
    make_empty()
    later = manifest(migrations=lambda those: [*those, ["tasks", "9999_later"]], version=lambda _own: "9.1.0")
    with pytest.raises(CommandError, match=r"\(tasks\.9999_later\)\. Restore it with version 9\.1\.0 or a later one"):
        restore(tmp_path, rewritten(data, later))
    assert is_empty()


@pytest.mark.once
def test_a_backup_of_an_earlier_version_needs_a_database_without_tables(data, tmp_path):
    make_empty()
    assert tuple(ADMIN) in MigrationRecorder.Migration.objects.values_list("app", "name")
    earlier = manifest(migrations=lambda those: [each for each in those if each != ADMIN])
    with pytest.raises(CommandError, match="Restore it into a database that has no tables yet"):
        restore(tmp_path, rewritten(data, earlier))
    with pytest.raises(CommandError, match="Its tables aren't those that its migrations make"):
        restore(tmp_path, rewritten(data, manifest(tables=lambda those: {**those, "tasks.Secret": ["id"]})))
    assert is_empty()


def test_a_backup_is_one_moment_and_keeps_nobody_from_writing(full):
    def write(text: str) -> None:
        if text.startswith("accounts.Organization"):
            [made] = race([lambda: Organization.objects.create(name="Later", slug="later")])
            assert isinstance(made, Organization), made
            # A row of a table that wasn't read yet.
            [done] = race([lambda: Task.objects.update(title="Later")])
            assert done

    data, _summary = backup(write)
    assert Task.objects.filter(title="Later").exists()
    for member in archive.members(io.BytesIO(data)):
        assert b'"Later"' not in archive.exactly(member, member.size)


@pytest.mark.once
def test_an_upload_that_vanishes_meanwhile_is_noted(full):
    def delete(text: str) -> None:
        if text.startswith("accounts.Organization"):
            default_storage.delete("photos/1/a-64.webp")

    before = len(files(settings.DATA_DIR))
    data, summary = backup(delete)
    assert summary.vanished == ["photos/1/a-64.webp"]
    assert summary.uploads == restoring.check(io.BytesIO(data)).uploads == before - 1


@pytest.mark.once
def test_a_backup_that_fails_leaves_no_file(full, tmp_path, monkeypatch):
    path = tmp_path / "backup"
    path.write_bytes(b"the one of yesterday")
    monkeypatch.setattr(rows, "MOST", archive.PIECE + 10)
    with pytest.raises(CommandError, match="more than a restore takes"):
        call_command("backup", str(path))
    assert [each.name for each in tmp_path.iterdir()] == ["backup"]
    assert path.read_bytes() == b"the one of yesterday"
    with pytest.raises(CommandError, match="The backup can't be written"):
        call_command("backup", str(tmp_path / "nowhere" / "backup"))


@pytest.mark.once
def test_a_database_that_is_not_migrated_is_not_backed_up(full):
    MigrationRecorder(restoring.connection).record_unapplied(*ADMIN)
    try:
        with pytest.raises(backups.NotMigrated, match="Run `taskmanager migrate` first"):
            backup()
    finally:
        MigrationRecorder(restoring.connection).record_applied(*ADMIN)


@pytest.mark.once
def test_the_manifest_tells_what_made_it_and_no_secret(data, tmp_path):
    found = {member.name: archive.exactly(member, member.size) for member in archive.members(io.BytesIO(data))}
    assert json.loads(found["manifest.json"])["version"] == __version__
    assert not [name for name, content in found.items() if settings.SECRET_KEY.encode() in content]
    assert not [name for name in found if "Session" in name or "Throttle" in name]


@pytest.mark.once
def test_uploads_come_from_a_bucket_and_go_into_one(bucket, ada, tmp_path):
    default_storage.save("photos/1/a-64.webp", ContentFile(b"photo"))
    default_storage.save("other", ContentFile(b"content"))
    data, summary = backup()
    stored = keys(bucket)
    assert summary.uploads == len(stored) > 2
    call_command("flush", interactive=False, verbosity=0)
    bucket.objects.delete()
    restore(tmp_path, data)
    assert keys(bucket) == stored
    assert bucket.Object("uploads/other").get()["Body"].read() == b"content"


def before_sending(act: Callable[[], object]) -> None:
    """Act when the storage was asked for an object and has answered that it is there, right before it sends it."""
    events = default_storage.connection.meta.client.meta.events
    events.register("before-send.s3.GetObject", lambda **_: act() and None)


@pytest.mark.once
def test_an_object_that_vanishes_before_it_is_sent_is_noted_and_the_rest_is_restored(bucket, ada, tmp_path):
    [lost, kept] = [str(each.file) for each in Attachment.objects.order_by("file")]
    before_sending(bucket.Object(f"uploads/{lost}").delete)
    data, summary = backup()
    assert summary.vanished == [lost]
    make_empty()
    restore(tmp_path, data)
    assert keys(bucket) == {f"uploads/{kept}"}
    assert [str(each.file) for each in Attachment.objects.order_by("file")] == [lost, kept]


@pytest.mark.once
def test_a_bucket_that_is_gone_ends_the_backup_with_a_sentence(bucket, ada, tmp_path):
    before_sending(lambda: (bucket.objects.delete(), bucket.delete()))
    with pytest.raises(CommandError, match=r"^The bucket of the uploads can't be read: .*NoSuchBucket"):
        call_command("backup", str(tmp_path / "backup"))
    assert list(tmp_path.iterdir()) == []
    bucket.create()
