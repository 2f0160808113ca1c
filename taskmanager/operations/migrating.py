"""One migration at a time, however many servers start at once."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Any number that nobody else uses on this database: "taskmigr" in ASCII.
LOCK = 0x7461736B6D696772
PATIENCE = 600  # seconds
PAUSE = 0.5
# How long to wait for a database that starts beside this process, as containers of one machine do.
START_SECONDS = 30
# What a server says that will take connections in a moment: it starts up, shuts down or recovers.
NOT_YET = "the database system is "


class StoppedInBetween(Exception):
    """The database has some of the migrations that one took the place of, and the others are gone."""


class StillBusy(Exception):
    """Another process has been migrating for as long as this one would wait."""


class NoAnswer(Exception):
    """The database can't be reached, or refuses us."""


def wait_for_database(*, tell: Callable[[str], None], patience: float = START_SECONDS) -> None:
    """Wait until the database takes connections, so many seconds at most; not where it refuses us.

    Raises NoAnswer.
    """
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + patience
    probe = connection.copy()
    # Without the pool, which would wait by itself and tell of each try.
    probe.settings_dict["OPTIONS"].pop("pool", None)
    told = False
    while True:
        try:
            probe.ensure_connection()
        except OperationalError as error:
            text = str(error).strip()
            # Of a connection that wasn't made there is no SQLSTATE, only words.
            is_refused = "FATAL" in text and NOT_YET not in text
            if is_refused or time.monotonic() > deadline:
                raise NoAnswer(f"The database of DATABASE_URL does not answer: {text}") from error
            if not told:
                tell(f"The database does not answer yet; waiting for it, {patience:g} seconds at most. {text}")
                told = True
            time.sleep(PAUSE)
        else:
            probe.close()
            if told:
                tell("The database answers.")
            return


def require_no_gap() -> None:
    """Refuse a database of between two releases, where Django would go on as if nothing were missing.

    Raises StoppedInBetween.
    """
    applied = MigrationRecorder(connection).applied_migrations().keys()
    there = MigrationLoader(None).disk_migrations
    for key, migration in there.items():
        gone = set(migration.replaces) - applied - there.keys()
        if gone and key not in applied and applied & set(migration.replaces):
            raise StoppedInBetween(
                f"This database lacks {'.'.join(min(gone))}, which is part of {'.'.join(key)} now. Migrate it with a"
                " version that still has it, then with this one. Nothing was changed."
            )


@contextmanager
def alone(*, tell: Callable[[str], None], patience: float = PATIENCE) -> Iterator[None]:
    """Keep others from migrating this database inside; wait for them before, `patience` seconds at most.

    Raises StillBusy, OperationalError.
    """
    lock = _in_postgresql() if connection.vendor == "postgresql" else _in_a_file()
    with lock as is_ours:
        deadline = time.monotonic() + patience
        told = False
        # Asked for again and again: who waits inside of PostgreSQL for a lock has a snapshot, which CREATE INDEX
        # CONCURRENTLY waits for, so that each would wait for the other.
        while not is_ours():
            if not told:
                tell("Another process migrates; waiting")
                told = True
            if time.monotonic() > deadline:
                raise StillBusy(f"Another process has been migrating for {patience:g} seconds. See what it does.")
            time.sleep(PAUSE)
        yield


@contextmanager
def _in_postgresql() -> Iterator[Callable[[], bool]]:
    # A session of its own, for the lock is the session's: migrations end transactions, and may end connections. It
    # ends with the process, however that ends.
    session = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with session.cursor() as cursor:

            def is_ours() -> bool:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                return bool(cursor.fetchone()[0])

            try:
                yield is_ours
            finally:
                # Back to the pool without it. Where the session broke, the lock went with it.
                with suppress(DatabaseError):
                    cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        session.close()


@contextmanager
def _in_a_file() -> Iterator[Callable[[], bool]]:
    # Beside the database and not it itself: closing that file would drop the locks that SQLite has on it.
    with (Path(settings.DATA_DIR) / "migrating.lock").open("ab") as file:

        def is_ours() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield is_ours
