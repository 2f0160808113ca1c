"""`check --deploy` says in sentences what isn't ready for production, and is silent where everything is."""

from types import SimpleNamespace

import pytest
from django.db import connection

from taskmanager.health import checks, probes
from tests.test_newcomer import free_port

pytestmark = pytest.mark.once


@pytest.fixture
def good(settings, tmp_path):
    """An installation about which there is nothing to say."""
    settings.IS_HTTPS = True
    settings.DATA_DIR = tmp_path
    settings.WEB_CONCURRENCY = 2
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}
    settings.CONTACT_EMAIL = "Us <us@example.com>"
    settings.REDIS_URL = settings.REDIS_URL or ""
    return settings


def ids(messages):
    assert all(message.msg.endswith(".") and message.hint for message in messages)
    return [message.id.removeprefix("taskmanager.") for message in messages]


def test_a_good_installation_is_passed_in_silence(good):
    if not good.REDIS_URL:
        good.WEB_CONCURRENCY = 1
    assert ids(checks.check_settings()) == []
    assert ids(checks.check_places()) == []


@pytest.mark.django_db
def test_a_good_database_is_passed_in_silence(good):
    assert ids(checks.check_database(databases=["default"])) == []
    assert ids(checks.check_database(databases=None)) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("IS_HTTPS", False, "W001"),
        ("MAILERS", {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}, "W002"),
        ("CONTACT_EMAIL", "Taskmanager <taskmanager@localhost>", "W003"),
    ],
)
def test_what_is_missing_for_production_is_named(name, value, found, good):
    if not good.REDIS_URL:
        good.WEB_CONCURRENCY = 1
    setattr(good, name, value)
    assert ids(checks.check_settings()) == [found]


def test_a_file_as_the_database_of_several_hosts_is_named(good, monkeypatch):
    # Setting all of DATABASES would be a warning of its own.
    monkeypatch.setitem(good.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    good.REDIS_URL = "redis://127.0.0.1:6379/0"
    assert ids(checks.check_settings()) == ["W004"]


def test_processes_that_share_no_cache_are_named(good, monkeypatch):
    monkeypatch.setitem(good.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    good.REDIS_URL = ""
    assert ids(checks.check_settings()) == ["W005"]


def test_a_redis_that_does_not_answer_is_named(good):
    good.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    good.CACHES = {"default": {"BACKEND": "taskmanager.caching.ForgivingRedisCache", "LOCATION": good.REDIS_URL}}
    assert ids(checks.check_places()) == ["E002"]


def test_a_folder_that_cannot_be_written_to_is_named(good):
    good.REDIS_URL = ""
    good.DATA_DIR = "/nowhere"
    assert ids(checks.check_places()) == ["E001"]


@pytest.mark.django_db
def test_a_missing_migration_is_named(good):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tasks' AND name = '0007_orderings'")
    [message] = checks.check_database(databases=["default"])
    assert "tasks.0007_orderings" in message.msg


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")
def test_more_connections_than_the_database_takes_are_named(good):
    good.WEB_CONCURRENCY = 500
    assert ids(checks.check_database(databases=["default"])) == ["W006"]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")
def test_an_old_database_and_a_clock_that_is_wrong_are_named(good, monkeypatch):
    now = checks.time.time
    monkeypatch.setattr(checks, "time", SimpleNamespace(time=lambda: now() + 60))
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 99)
    assert ids(checks.check_database(databases=["default"])) == ["E005", "W007"]


def test_an_unreachable_redis_is_degraded_and_a_database_in_want_of_migrations_fails():
    ok, failed = {"status": probes.OK}, {"status": probes.FAILED}
    assert probes.overall({"database": ok, "migrations": ok, "cache": failed}) == "degraded"
    assert probes.overall({"database": ok, "migrations": failed, "cache": ok}) == "failed"
    assert probes.overall({"database": {"status": probes.DEGRADED}, "migrations": ok, "cache": ok}) == "degraded"
