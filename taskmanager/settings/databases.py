"""Where the database is, and how connections to it are held."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import validate

from taskmanager.settings.environment import read, web_threads
from taskmanager.settings.pool import PATIENCE, PatientConnection, check, expect_little


def database(folder: Path) -> dict[str, Any]:
    """Return Django's settings of the one database: SQLite in `folder` unless told otherwise."""
    url = str(read("str", "DATABASE_URL", ""))
    name = str(read("str", "DB_NAME", ""))
    if url:
        try:
            config = dict(dj_database_url.parse(url))
        except ValueError as error:
            raise ImproperlyConfigured(f"DATABASE_URL can't be read: {error}") from error
    elif name:
        config = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": read("str", "DB_USER", ""),
            "PASSWORD": read("str", "DB_PASSWORD", ""),
            "HOST": read("str", "DB_HOST", "127.0.0.1"),
            "PORT": str(read("int", "DB_PORT", 5432, validate=validate.Range(1, 65535))),
        }
    else:
        config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "taskmanager.sqlite3")}
    match config["ENGINE"]:
        case "django.db.backends.sqlite3":
            return _sqlite(config)
        case "django.db.backends.postgresql":
            return _postgresql(config)
    raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite://.")


def _sqlite(config: dict[str, Any]) -> dict[str, Any]:
    # WAL lets readers go on while one writes. IMMEDIATE takes the write lock at the start of each
    # transaction: one that reads first and writes later would fail at once when another wrote in between. Who waits for
    # it is not served in turn, so that of 64 who write at once on a busy machine one may wait for half a minute.
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA busy_timeout=60000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **options}, "CONN_MAX_AGE": None}


def _postgresql(config: dict[str, Any]) -> dict[str, Any]:
    # A server that is gone without a word is noticed within seconds, and nobody waits for it any longer. An address may
    # say otherwise: postgres://…?connect_timeout=5.
    noticing = {
        "connect_timeout": 2,  # seconds
        "keepalives_idle": 10,  # seconds of silence, then three questions with 3 seconds between them
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds that what we sent may stay unacknowledged
    }
    # Opening a connection costs more than most pages do, so they are pooled. docs/operations.md tells of each number.
    pool = {
        "min_size": 1,
        "max_size": web_threads() + 1,  # one for each thread, and one for a management command
        "timeout": PATIENCE,
        "max_lifetime": 1800,
        "max_idle": 300,
        # The pool's own way is to try again after 1, 2, 4, … 64 seconds; here each request tries.
        "reconnect_timeout": 0,
        "reconnect_failed": expect_little,
        "check": check,
        "connection_class": PatientConnection,
    }
    return {**config, "OPTIONS": {**noticing, **config.get("OPTIONS", {}), "pool": pool}, "CONN_HEALTH_CHECKS": True}
