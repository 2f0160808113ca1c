"""Connections to PostgreSQL that wait for it a bounded time, and what the pool does while it is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import connection as django_connection

# Seconds that a request waits for a connection; and while the last try to connect has failed, when waiting longer would
# only keep threads from pages that need no database.
PATIENCE = 3.0
LITTLE_PATIENCE = 0.3
# Seconds within which a connection from the pool has to show that it works.
CHECK_SECONDS = 1.0

_patience: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let no statement inside wait longer than so many seconds for its answer.

    A statement_timeout would be the server's to keep, and a server that hangs keeps none.
    """
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when its patience ends: nobody knows what the server has done or will do with it."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server. Raises OperationalError."""
        limit = _patience.get()
        if timeout is not None or limit is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, limit)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 (psycopg has no public name for it)
            self.close()
            raise psycopg.OperationalError(f"The database gave no answer within {limit} seconds.") from None


def check(connection: psycopg.Connection[Any]) -> None:
    """Show that a connection works, before a request gets it. Raises psycopg.Error."""
    pool: Any = django_connection.pool  # type: ignore[attr-defined]
    try:
        with patience(CHECK_SECONDS):
            pool.check_connection(connection)
    except psycopg.Error:
        # It has company in the pool that is broken as well: looking at one after the other, waiting longer each time as
        # the pool does, would take seconds after each restart of the server.
        pool.drain()
        raise
    pool.timeout = PATIENCE


def expect_little(pool: Any) -> None:
    """Note that the database can't be reached, until it is, or that this process is to end: let nobody wait long."""
    pool.timeout = LITTLE_PATIENCE


def end(pool: Any) -> None:
    """Close the connections. A thread that is still trying to open one is not waited for."""
    pool.close(timeout=0.1)
