"""What readiness looks at, and what counts as an outage, piece by piece."""

import threading
import time

import psycopg
import psycopg_pool
import pytest
from django.db import InterfaceError, OperationalError, connection

from taskmanager import outages
from taskmanager.health import probes
from tests.test_newcomer import free_port

pytestmark = pytest.mark.once

PARTS = {"part": {"status": probes.FAILED}}


def test_however_many_ask_about_a_part_that_hangs_one_thread_waits_for_it():
    goes_on, looks = threading.Event(), []

    def hang() -> probes.Checks:
        looks.append(threading.current_thread())
        goes_on.wait(30)
        return {"part": {"status": probes.OK, "milliseconds": 1.0}}

    prober = probes.Prober(hang, silent=PARTS)
    answers = [prober.begin() for _ in range(20)]
    soon = time.monotonic() + 0.05
    assert {prober.end(answer, until=soon)["part"]["status"] for answer in answers} == {probes.FAILED}
    assert len(looks) == 1
    goes_on.set()
    looks[0].join(30)
    # It is asked anew afterwards, by another thread.
    assert prober.end(prober.begin(), until=time.monotonic() + 30)["part"]["status"] == probes.OK
    assert len(looks) == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file has no pool")
@pytest.mark.django_db
def test_a_full_pool_is_no_outage_and_readiness_answers_at_once(client):
    taken = []
    try:
        with pytest.raises(psycopg_pool.PoolTimeout):  # noqa: PT012 (until there is none)
            while True:
                taken.append(connection.pool.getconn(timeout=0.2))
        client.get("/health/liveness/")  # the first request of all loads the views
        begun = time.monotonic()
        response = client.get("/health/readiness/")
        assert time.monotonic() - begun < 1
        assert (response.status_code, response.json()["checks"]["database"]["status"]) == (200, probes.OK)
    finally:
        for each in taken:
            connection.pool.putconn(each)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file never refuses")
@pytest.mark.django_db
def test_a_port_where_nobody_listens_is_a_failure(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PORT", free_port())
    checks = probes.probe_database()
    assert {name: check["status"] for name, check in checks.items()} == {
        "database": probes.FAILED,
        "migrations": probes.UNKNOWN,
    }


def caused(kind: type[Exception], cause: Exception | None) -> Exception:
    error = kind("as Django raises it")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("state", "name", "expected"),
    [
        ("08000", "ConnectionException", True),
        ("08006", "ConnectionFailure", True),
        ("57P01", "AdminShutdown", True),
        ("57P02", "CrashShutdown", True),
        ("57P03", "CannotConnectNow", True),
        ("53300", "TooManyConnections", True),
        ("57014", "QueryCanceled", False),
        ("40P01", "DeadlockDetected", False),
        ("40001", "SerializationFailure", False),
        ("55P03", "LockNotAvailable", False),
        ("53100", "DiskFull", False),
        ("53200", "OutOfMemory", False),
    ],
)
def test_what_the_server_says_decides_whether_it_is_an_outage(state, name, expected):
    cause = getattr(psycopg.errors, name)("as the driver raises it")
    assert cause.sqlstate == state
    assert outages.is_outage(caused(OperationalError, cause)) is expected
    assert outages.is_outage(caused(RuntimeError, caused(OperationalError, cause))) is expected


def test_a_connection_that_broke_without_a_word_is_an_outage_and_a_fault_of_ours_is_none():
    assert outages.is_outage(caused(OperationalError, psycopg.OperationalError("server closed the connection")))
    assert outages.is_outage(caused(InterfaceError, psycopg.InterfaceError("the connection is closed")))
    assert not outages.is_outage(caused(OperationalError, None))
    assert not outages.is_outage(psycopg.OperationalError("not through Django"))
    assert not outages.is_outage(ZeroDivisionError())
    assert not outages.is_outage(None)
