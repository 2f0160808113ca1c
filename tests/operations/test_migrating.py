"""Several servers that start at once: one migrates, the others wait."""

import subprocess
import sys

import psycopg
import pytest
from django.core.management import CommandError, call_command

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
    assert len(applied) == len(set(applied)) > 40


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
