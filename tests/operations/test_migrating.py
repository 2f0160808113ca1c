"""Several servers that start at once: one migrates, the others wait."""

import subprocess
import sys
import time

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from taskmanager.operations import migrating
from tests.operations.conftest import ROOT, environment


def start(database_url, folder, log):
    command = [sys.executable, "-m", "taskmanager", "migrate"]
    return subprocess.Popen(command, cwd=ROOT, env=environment(database_url, folder), stdout=log, stderr=log)


@pytest.mark.once
def test_of_two_at_once_one_waits_and_both_succeed(empty_postgresql, tmp_path):
    url = empty_postgresql()
    logs = [tmp_path / "first", tmp_path / "second"]
    with logs[0].open("wb") as first, logs[1].open("wb") as second:
        processes = [start(url, tmp_path, log) for log in (first, second)]
        assert [process.wait(180) for process in processes] == [0, 0], [log.read_text() for log in logs]
    said = sorted((log.read_text() for log in logs), key=len)
    assert "Another process migrates; waiting" in said[0]
    assert "No migrations to apply" in said[0]
    assert "waiting" not in said[1]
    with psycopg.connect(url) as database:
        applied = database.execute("SELECT app, name FROM django_migrations").fetchall()
    assert len(applied) == len(set(applied)) > 30


def tell(text):
    raise AssertionError(text)


@pytest.mark.django_db(transaction=True)
def test_who_waits_is_told_and_gives_up_in_the_end(monkeypatch, capsys):
    monkeypatch.setattr(migrating, "PAUSE", 0.01)
    with migrating.alone(tell=tell):
        with pytest.raises(CommandError, match=r"migrating for 0\.05 seconds"):
            call_command("migrate", wait=0.05, verbosity=0)
        assert capsys.readouterr().err == "Another process migrates; waiting\n"
        # What changes nothing waits for nobody.
        call_command("migrate", "--check", verbosity=0)
        call_command("migrate", "--plan", verbosity=0)
    with migrating.alone(tell=tell), pytest.raises(ZeroDivisionError):
        _ = 1 / 0
    call_command("migrate", verbosity=0)
    assert capsys.readouterr().err == ""


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file is always there")
@pytest.mark.parametrize(
    ("name", "value", "words", "waits"), [("PORT", "1", "refused", True), ("NAME", "nowhere", "does not exist", False)]
)
def test_a_database_that_does_not_come_is_told_of_and_a_refusal_is_not_waited_out(
    name, value, words, waits, monkeypatch
):
    monkeypatch.setitem(connection.settings_dict, name, value)
    told: list[str] = []
    begun = time.monotonic()
    with pytest.raises(migrating.NoAnswer, match=f"The database of DATABASE_URL does not answer: .*{words}"):
        migrating.wait_for_database(tell=told.append, patience=0.2 if waits else 30)
    assert [words in text for text in told] == [True] * waits
    assert time.monotonic() - begun < 10


def own(kind: str) -> list[str]:
    """Return the names of what the app has in the database: its tables, or its triggers and functions."""
    if connection.vendor == "postgresql":
        query = {
            "tables": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            "programs": "SELECT proname FROM pg_proc UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        }[kind]
    else:
        query = f"SELECT name FROM sqlite_master WHERE type = '{kind.removesuffix('s').replace('program', 'trigger')}'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(name for [name] in cursor.fetchall() if name.startswith("tasks_"))


@pytest.mark.django_db(transaction=True)
def test_the_way_back_leaves_nothing_and_the_way_forth_makes_all_of_it_again():
    before = own("tables"), own("programs")
    assert all(before)
    try:
        call_command("migrate", "tasks", "zero", verbosity=0)
        assert (own("tables"), own("programs")) == ([], [])
        assert not Group.objects.exists()
    finally:
        call_command("migrate", verbosity=0)
    assert (own("tables"), own("programs")) == before
    assert Group.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gone", [0, 3])
def test_a_database_of_before_the_first_release_goes_on_unless_it_lacks_some_of_it(gone):
    key = ("tasks", "0001_first_release")
    replaced = MigrationLoader(None).disk_migrations[key].replaces
    recorder = MigrationRecorder(connection)
    before = recorder.applied_migrations().keys() & {key, *replaced}
    try:
        for each in (key, *replaced):
            recorder.record_unapplied(*each)
        for each in replaced[gone:]:
            recorder.record_applied(*each)
        if gone:
            with pytest.raises(CommandError, match=r"lacks tasks\.\w+, which is part of tasks\.0001_first_release now"):
                call_command("migrate", verbosity=0)
        else:
            call_command("migrate", verbosity=0)
            assert key in recorder.applied_migrations()
    finally:
        for each in (key, *replaced):
            recorder.record_unapplied(*each)
        for each in before:
            recorder.record_applied(*each)
