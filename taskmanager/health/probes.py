"""What readiness looks at, within a second whatever hangs.

Each part has one prober: a thread that runs while it is asked, and whose answer all get who ask meanwhile. Where a part
hangs, one thread waits for it, however many probes come.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.loader import MigrationLoader

OK, DEGRADED, FAILED, UNKNOWN = "ok", "degraded", "failed", "unknown"

type Check = dict[str, Any]
type Checks = dict[str, Check]

# A probe of Kubernetes waits a second, by default.
ANSWER_SECONDS = 0.8
CACHE_SECONDS = 0.5
# What a server says that has no connection left, for all, a role, a database, or for who is no superuser. There is no
# SQLSTATE of a connection that wasn't made, only words.
FULL = ("too many clients", "too many connections", "connection slots are reserved")


class Prober:
    """Looks at one part, in one thread at a time."""

    def __init__(self, probe: Callable[[], Checks], *, silent: Checks) -> None:
        """Take what looks, and what to say where it doesn't end in time."""
        self.probe = probe
        self.silent = silent
        self.lock = threading.Lock()
        self.running: Future[Checks] | None = None

    def begin(self) -> Future[Checks]:
        """Return the answer to come, of whoever is looking already or else of a new thread."""
        with self.lock:
            if self.running is None or self.running.done():
                self.running = Future()
                threading.Thread(target=self._run, args=[self.running], name="readiness", daemon=True).start()
            return self.running

    def _run(self, answer: Future[Checks]) -> None:
        try:
            answer.set_result(self.probe())
        except Exception as error:  # noqa: BLE001 (it is raised where the answer is asked for)
            answer.set_exception(error)

    def end(self, answer: Future[Checks], *, until: float) -> Checks:
        """Return the answer, waited for until that moment of the monotonic clock."""
        try:
            return answer.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            return {
                name: {**check, "milliseconds": round(ANSWER_SECONDS * 1000)} for name, check in self.silent.items()
            }


def look() -> Checks:
    """Return how the parts are: each with a status, and in how many milliseconds it answered."""
    until = time.monotonic() + ANSWER_SECONDS
    begun = [(prober, prober.begin()) for prober in (_database_prober, _cache_prober)]
    return {name: check for prober, answer in begun for name, check in prober.end(answer, until=until).items()}


def overall(checks: Checks) -> str:
    """Return "failed" where requests can't be served, "degraded" where they can, more slowly, and "ok"."""
    if FAILED in {checks["database"]["status"], checks["migrations"]["status"]}:
        return FAILED
    return OK if all(check["status"] == OK for check in checks.values()) else DEGRADED


def probe_database() -> Checks:
    """Ask the database something, by a connection of its own: those of the pool may all be in use.

    Too many connections is no reason to send requests elsewhere: those that we have do work.
    """
    begun = time.monotonic()
    connection = connections[DEFAULT_DB_ALIAS].copy()
    connection.settings_dict["OPTIONS"].pop("pool", None)
    try:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error as error:
            is_full = any(words in str(error) for words in FULL)
            status = DEGRADED if is_full else FAILED
            migrations = OK if is_full and _migrated.is_set() else UNKNOWN
            return {"database": _check(status, begun), "migrations": {"status": migrations, "milliseconds": 0}}
        database = _check(OK, begun)
        begun = time.monotonic()
        try:
            is_migrated = _is_migrated(connection)
        except Error:
            return {"database": _check(FAILED, begun), "migrations": _check(UNKNOWN, begun)}
        return {"database": database, "migrations": _check(OK if is_migrated else FAILED, begun)}
    finally:
        connection.close()


# Our own migrations are applied. It stays so: a newer version adds its own, of which this one doesn't know, and goes on
# working beside them.
_migrated = threading.Event()


def missing_migrations(connection: Any) -> list[str]:
    """Return our migrations that the database lacks, as "tasks.0001_initial".

    Django's own executor asks by a connection of the pool. A squashed one is applied where all that it replaces is.
    """
    applied: set[tuple[str, ...]] = set()
    if "django_migrations" in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = {tuple(row) for row in cursor.fetchall()}
    nodes = MigrationLoader(None).graph.nodes
    return [
        f"{app}.{name}"
        for (app, name), migration in nodes.items()
        if (app, name) not in applied
        and not (migration.replaces and applied.issuperset(map(tuple, migration.replaces)))
    ]


def _is_migrated(connection: Any) -> bool:
    if not _migrated.is_set() and not missing_migrations(connection):
        _migrated.set()
    return _migrated.is_set()


def awaits_migration() -> bool:
    """Whether the database is known to lack a migration of ours. Once it has had all, it isn't asked again."""
    return not _migrated.is_set() and bool(look()["migrations"]["status"] == FAILED)


def probe_cache() -> Checks:
    """Ask Redis something, where there is one; a cache in memory is always there."""
    begun = time.monotonic()
    if not settings.REDIS_URL:
        return {"cache": _check(OK, begun)}
    # Where there is none, redis-py's 14 MB are for nothing.
    from redis import Redis  # noqa: PLC0415 (as above)
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    begun = time.monotonic()
    try:
        with Redis.from_url(
            settings.CACHES["default"]["LOCATION"],
            socket_connect_timeout=CACHE_SECONDS,
            socket_timeout=CACHE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as redis:
            redis.ping()
    except RedisError:
        return {"cache": _check(FAILED, begun)}
    return {"cache": _check(OK, begun)}


def _check(status: str, begun: float) -> Check:
    return {"status": status, "milliseconds": round((time.monotonic() - begun) * 1000, 1)}


_database_prober = Prober(probe_database, silent={"database": {"status": FAILED}, "migrations": {"status": UNKNOWN}})
_cache_prober = Prober(probe_cache, silent={"cache": {"status": FAILED}})
