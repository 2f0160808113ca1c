"""The pre-flight check: `taskmanager check --deploy --database default`, in sentences for whoever runs it.

What is wrong in any case is an error; what a small or a first installation may choose is a warning. What asks the
database runs with `--database default` alone, as Django has it.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 (Django's name for it)
from django.db import Error as DatabaseError
from django.db import connections

from taskmanager.health import probes

OLDEST_POSTGRESQL = 14
CLOCK_SECONDS = 5.0
# Of max_connections: what the server keeps for superusers, the worker, the probe and a command by hand.
SET_ASIDE = 3 + 5 + 2


@register("taskmanager", deploy=True)
def check_settings(**_options: Any) -> list[CheckMessage]:
    """Look at what the environment says."""
    found: list[CheckMessage] = []
    if not settings.IS_HTTPS:
        found.append(
            Warning(
                f"PUBLIC_URL is {settings.PUBLIC_URL}: passwords and sessions cross the network as they are.",
                hint="Put a proxy with TLS in front, and set PUBLIC_URL=https://…",
                id="taskmanager.W001",
            )
        )
    if settings.MAILERS["default"]["BACKEND"].endswith("console.EmailBackend"):
        found.append(
            Warning(
                "EMAIL_URL is not set: mails are written to the log, and nobody gets invitations or links to reset a "
                "password.",
                hint="Set EMAIL_URL=smtp+starttls://user:password@host.",
                id="taskmanager.W002",
            )
        )
    if settings.CONTACT_EMAIL.rstrip(">").endswith("@localhost"):
        found.append(
            Warning(
                f"CONTACT_EMAIL is {settings.CONTACT_EMAIL}: nobody reads what the contact form sends.",
                hint="Set DEFAULT_FROM_EMAIL, and CONTACT_EMAIL where somebody else reads it.",
                id="taskmanager.W003",
            )
        )
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if is_sqlite and (settings.REDIS_URL or settings.MEDIA_URL_STORAGE == "s3"):
        found.append(
            Warning(
                "The database is SQLite, a file on this host, but REDIS_URL or MEDIA_URL_STORAGE=s3 looks like several "
                "hosts: each would have a database of its own.",
                hint="Set DATABASE_URL=postgres://… where there is more than one host.",
                id="taskmanager.W004",
            )
        )
    if not is_sqlite and settings.WEB_CONCURRENCY > 1 and not settings.REDIS_URL:
        found.append(
            Warning(
                f"REDIS_URL is not set: each of {settings.WEB_CONCURRENCY} processes has a cache of its own, and "
                "counts the calls of the API on its own.",
                hint="Set REDIS_URL, or WEB_CONCURRENCY=1.",
                id="taskmanager.W005",
            )
        )
    return found


@register("taskmanager", deploy=True)
def check_places(**_options: Any) -> list[CheckMessage]:
    """Look at what is written to, and at Redis."""
    places = {settings.DATA_DIR}
    if settings.MEDIA_URL_STORAGE == "local" and Path(settings.MEDIA_ROOT).exists():
        places.add(settings.MEDIA_ROOT)
    found: list[CheckMessage] = [
        Error(
            f"{place} can't be written to by this user.",
            hint="Set DATA_DIR to a folder of the user that runs the server, or give it this one.",
            id="taskmanager.E001",
        )
        for place in places
        if not os.access(place, os.W_OK | os.X_OK)
    ]
    if settings.REDIS_URL and probes.probe_cache()["cache"]["status"] != probes.OK:
        found.append(
            Error(
                "Redis does not answer at REDIS_URL: everything works without it, but more slowly, and calls of the "
                "API are not counted.",
                hint="Start Redis, or correct REDIS_URL. Without Redis, leave the variable out.",
                id="taskmanager.E002",
            )
        )
    return found


@register(Tags.database, deploy=True)
def check_database(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Look at the databases that were named."""
    return [message for alias in databases or () for message in _check(connections[alias])]


def _check(connection: Any) -> list[CheckMessage]:
    try:
        found = _check_postgresql(connection) if connection.vendor == "postgresql" else []
        missing = probes.missing_migrations(connection)
    except DatabaseError as error:
        return [
            Error(
                f"The database can't be asked: {error}".strip(),
                hint="Start it, or correct DATABASE_URL.",
                id="taskmanager.E003",
            )
        ]
    if missing:
        found.append(
            Error(
                f"{len(missing)} migrations are not applied, the first of them {missing[0]}.",
                hint="Run `taskmanager migrate` before servers of this version get requests.",
                id="taskmanager.E004",
            )
        )
    return found


def _check_postgresql(connection: Any) -> list[CheckMessage]:
    with connection.cursor() as cursor:
        begun = time.time()
        cursor.execute(
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('max_connections')::int, "
            "extract(epoch FROM clock_timestamp())::float8"
        )
        version, most, clock = cursor.fetchone()
        ended = time.time()
    found: list[CheckMessage] = []
    if version < OLDEST_POSTGRESQL:
        found.append(
            Error(
                f"This is PostgreSQL {version}, for which nobody mends faults any more.",
                hint=f"Use PostgreSQL {OLDEST_POSTGRESQL} or later.",
                id="taskmanager.E005",
            )
        )
    needed = settings.WEB_CONCURRENCY * (settings.WEB_THREADS + 1)
    if needed > most - SET_ASIDE:
        found.append(
            Warning(
                f"{settings.WEB_CONCURRENCY} web processes may open {needed} connections, but max_connections is "
                f"{most}, of which {SET_ASIDE} are wanted for others: under load some requests would be answered 503.",
                hint="Lower WEB_CONCURRENCY, or raise max_connections. Count all hosts together.",
                id="taskmanager.W006",
            )
        )
    # Between the two looks at our clock the database looked at its own.
    skew = max(begun - clock, clock - ended)
    if skew > CLOCK_SECONDS:
        found.append(
            Warning(
                f"The clock of this host and that of the database differ by {skew:.0f} seconds: leases, sessions and "
                "throttles end too early or too late.",
                hint="Let both follow NTP.",
                id="taskmanager.W007",
            )
        )
    return found
