"""A backup or a restore that is cut off, by whatever, leaves nothing half behind, and the next one works."""

import io
import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from taskmanager.accounts.models import User
from taskmanager.operations import restoring
from taskmanager.tasks.models import Task
from tests.jobs.conftest import PATIENCE, database_url
from tests.operations.conftest import ROOT, environment, files
from tests.operations.test_restoring import ada, backup, is_empty, make_empty

__all__ = ["ada"]  # a fixture

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
ASKING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    """Let SIGHUP be heard: whoever runs the tests by nohup has it ignored, and so do the commands then."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


class Interrupting:
    """Where a command tells how far it is; at a word it gets a signal."""

    def __init__(self, word: str, number: signal.Signals) -> None:
        self.word, self.number = word, number

    def write(self, text: str) -> None:
        if self.word in text:
            signal.raise_signal(self.number)


@pytest.fixture
def target(tmp_path) -> Path:
    """Have the backup of yesterday, in a folder of its own."""
    path = tmp_path / "backups" / "backup"
    path.parent.mkdir()
    path.write_bytes(b"the one of yesterday")
    return path


def is_untouched(target: Path) -> bool:
    return [each.name for each in target.parent.iterdir()] == ["backup"] and target.read_bytes().endswith(b"yesterday")


def once[T](condition: Callable[[], T]) -> T:
    """Return what holds, once it holds."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


@pytest.mark.parametrize("number", ASKING)
def test_a_backup_that_is_asked_to_end_leaves_the_one_before(ada, target, capsys, number):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended:
        call_command("backup", str(target), stderr=Interrupting("tasks.Task:", number))
    assert ended.value.code == 128 + number
    assert capsys.readouterr().err == f"Ended by {number.name}. No backup was written.\n"
    assert is_untouched(target)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", ASKING[:2])
def test_a_restore_that_is_asked_to_end_leaves_nothing_and_the_next_one_works(ada, target, capsys, number):
    target.write_bytes(backup()[0])
    stored = files(settings.DATA_DIR)
    first, second = sorted(stored)
    make_empty()
    # The rows are in, and one upload; the second is never read to its end.
    place = Path(default_storage.path(second))
    place.parent.mkdir(parents=True)
    os.mkfifo(place)

    def interrupt() -> None:
        once(lambda: first in files(settings.DATA_DIR))
        os.kill(os.getpid(), number)

    thread = Thread(target=interrupt)
    thread.start()
    with pytest.raises(SystemExit) as ended:
        call_command("restore", str(target))
    thread.join()
    assert ended.value.code == 128 + number
    assert capsys.readouterr().err.endswith(f"Ended by {number.name}. Nothing was restored.\n")
    assert is_empty()
    place.unlink()
    call_command("restore", str(target))
    assert Task.objects.count() == 1
    assert files(settings.DATA_DIR) == stored


def test_a_restore_that_ends_in_the_last_migrations_says_so(ada, target, capsys, monkeypatch):
    target.write_bytes(backup()[0])
    make_empty()
    monkeypatch.setattr(restoring.ContentType.objects, "clear_cache", lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit):
        call_command("restore", str(target))
    assert "Everything was restored, but the tables aren't this version's yet" in capsys.readouterr().err
    assert User.objects.exists()


def start(target: Path, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "taskmanager", "backup", str(target)]
    env = environment(database_url(), Path(settings.DATA_DIR))
    return subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, **options)


def test_a_backup_that_was_killed_leaves_no_half_file_and_the_next_removes_its_draft(ada, target):
    endless = settings.MEDIA_ROOT / "endless"
    os.mkfifo(endless)
    with start(target) as process:
        # It reads this upload for as long as somebody could still write it.
        writer = once(lambda: opened_by_a_reader(endless))
        endless.unlink()
        [draft] = [each for each in target.parent.iterdir() if each != target]
        call_command("backup", str(target))
        assert draft.exists(), "one that runs was taken for one that was killed"
        target.write_bytes(b"the one of yesterday")
        process.kill()
    os.close(writer)
    assert sorted(target.parent.iterdir()) == [draft, target]
    assert target.read_bytes() == b"the one of yesterday"
    call_command("backup", str(target))
    assert list(target.parent.iterdir()) == [target]


def opened_by_a_reader(pipe: Path) -> int | None:
    with suppress(OSError):
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    return None


def test_a_full_disk_leaves_the_backup_before(ada, target):
    default_storage.save("large", ContentFile(secrets.token_bytes(200_000)))
    # To a program it is the same as a disk without room, but for the number of the error.
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (100_000, 100_000))
    with start(target, preexec_fn=full) as process:
        said = process.stderr.read()
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith(b"CommandError: The backup can't be written: [Errno 27]")
    assert b"Traceback" not in said
    assert is_untouched(target)


def test_standard_output_that_takes_no_more_ends_the_backup_with_a_sentence(ada, monkeypatch):
    with Path("/dev/full").open("wb", buffering=0) as raw, io.TextIOWrapper(raw) as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(CommandError, match=r"The backup can't be written: \[Errno 28\]"):
            call_command("backup", "-")


def test_what_is_no_plain_file_is_not_replaced(ada, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(CommandError, match="is no plain file: name another, or - for standard output"):
            call_command("backup", str(place))
    (tmp_path / "latest").symlink_to(tmp_path / "backup")
    call_command("backup", str(tmp_path / "latest"))
    assert (tmp_path / "latest").is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["backup", "latest", "pipe"]
