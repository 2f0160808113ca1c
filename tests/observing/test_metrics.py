"""What is counted, who may read it, and what is told while the database is away."""

import os
import signal
import socket
from contextlib import closing

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult
from prometheus_client import REGISTRY

from taskmanager import measuring, metrics
from taskmanager.accounts import services as accounts
from taskmanager.accounts.throttling import count_try
from taskmanager.errors import TooManyRequests
from taskmanager.jobs.queue import queue_numbers
from taskmanager.tasks import services
from tests.jobs import sample as jobs
from tests.jobs.conftest import until
from tests.observing.conftest import GUNICORN, fetch, running, sample, served
from tests.test_newcomer import free_port

once = pytest.mark.once
ANSWERS = "django_http_responses_total_by_status_view_method_total"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def counted():
    """Return how much a number has grown since the last time it was asked for."""
    seen: dict[str, float] = {}

    def ask(name: str, **labels: str) -> float:
        key = f"{name}{labels}"
        now = value(name, **labels)
        grown = now - seen.get(key, 0.0)
        seen[key] = now
        return grown

    return ask


@pytest.mark.parametrize(
    ("strategy", "claim"),
    [("pessimistic", services.claim_task), ("optimistic", services.claim_task_optimistically)],
)
def test_a_claim_is_counted_when_it_is_won_and_when_it_is_lost(
    strategy, claim, task, ada, ed, counted, django_capture_on_commit_callbacks
):
    won, lost = ({"strategy": strategy, "outcome": outcome} for outcome in ("won", "lost"))
    counted("taskmanager_claims_total", **won), counted("taskmanager_claims_total", **lost)
    with django_capture_on_commit_callbacks(execute=False) as waiting:
        claim(task, actor=ada)
        assert counted("taskmanager_claims_total", **won) == 0, "Not before the commit."
    for callback in waiting:
        callback()
    assert counted("taskmanager_claims_total", **won) == 1
    with pytest.raises(services.AlreadyClaimed):
        claim(task, actor=ed)
    assert counted("taskmanager_claims_total", **lost) == 1
    assert counted("taskmanager_claims_total", **won) == 0


@once
def test_taking_the_next_task_and_moving_one_in_progress_are_claims_too(
    board, ada, counted, django_capture_on_commit_callbacks
):
    following, moved = ({"strategy": strategy, "outcome": "won"} for strategy in ("next", "move"))
    counted("taskmanager_claims_total", **following), counted("taskmanager_claims_total", **moved)
    with django_capture_on_commit_callbacks(execute=True):
        services.create_task(board, actor=ada, title="First")
        services.claim_next_task(actor=ada)
        second = services.create_task(board, actor=ada, title="Second")
        services.move_task(second, actor=ada, status="IN_PROGRESS")
    assert counted("taskmanager_claims_total", **following) == 1
    assert counted("taskmanager_claims_total", **moved) == 1


@once
def test_sign_ins_are_counted_by_what_became_of_them_and_never_by_name(
    ada, counted, settings, django_capture_on_commit_callbacks
):
    settings.THROTTLE_SIGN_IN = (1, 60)
    credentials = {"organization": "acme", "username": "ada", "password": "a guess", "address": "192.0.2.1"}
    for outcome in ("failed", "throttled"):
        counted("taskmanager_sign_ins_total", outcome=outcome)
    counted("taskmanager_throttled_total", throttle="sign-in")
    with django_capture_on_commit_callbacks(execute=True):
        accounts.sign_in(**credentials)
        with pytest.raises(TooManyRequests):
            accounts.sign_in(**credentials)
    assert counted("taskmanager_sign_ins_total", outcome="failed") == 1
    assert counted("taskmanager_sign_ins_total", outcome="throttled") == 1
    assert counted("taskmanager_throttled_total", throttle="sign-in") == 1
    assert b"192.0.2.1" not in metrics.exposition()
    assert b"acme" not in metrics.exposition()


@once
def test_what_is_throttled_is_counted(db, counted):
    counted("taskmanager_throttled_total", throttle="registration")
    count_try("registration", "192.0.2.1", limit=1, seconds=60)
    with pytest.raises(TooManyRequests):
        count_try("registration", "192.0.2.1", limit=1, seconds=60)
    assert counted("taskmanager_throttled_total", throttle="registration") == 1


@once
def test_a_mail_is_counted_as_sent_or_as_refused(counted, settings):
    counted("taskmanager_mails_total", outcome="sent"), counted("taskmanager_mails_total", outcome="refused")
    with metrics.counted_mail():
        EmailMessage("Hi", "There", to=["bo@example.com"]).send()
    assert len(mail.outbox) == 1
    assert counted("taskmanager_mails_total", outcome="sent") == 1
    with pytest.raises(OSError, match="refused"), metrics.counted_mail():
        raise OSError("refused")
    assert counted("taskmanager_mails_total", outcome="refused") == 1
    assert counted("taskmanager_mails_total", outcome="sent") == 0


@once
def test_requests_are_counted_by_the_name_of_their_view(task, ada, browse, counted):
    client = browse(ada)
    client.get(f"/tasks/{task.pk}/")
    queries = value("django_db_execute_total", vendor=connection.vendor)
    known = {str(each.labels) for family in REGISTRY.collect() for each in family.samples}
    with CaptureQueriesContext(connection) as captured:
        client.get(f"/tasks/{task.pk}/?secret=1")
    assert value("django_db_execute_total", vendor=connection.vendor) == queries + len(captured)
    client.get("/tasks/999999/")
    client.get("/nowhere/at/all/")
    client.generic("BREW", "/")
    assert value(ANSWERS, status="200", view="tasks:task-detail", method="GET")
    assert value(ANSWERS, status="404", view="tasks:task-detail", method="GET")
    assert value(ANSWERS, status="404", view="unknown", method="GET")
    new = {str(each.labels) for family in REGISTRY.collect() for each in family.samples} - known
    for word in (str(task.pk), "999999", "nowhere", "BREW", "secret"):
        assert not [labels for labels in new if f"/{word}" in labels or f"'{word}'" in labels], word


def test_the_queue_is_told_in_numbers(transactional_db, tmp_path):
    jobs.write.enqueue(str(tmp_path / "a"), "x")
    jobs.write.enqueue(str(tmp_path / "b"), "x")
    failed = jobs.write.enqueue(str(tmp_path / "c"), "x")
    done = jobs.write.enqueue(str(tmp_path / "d"), "x")
    DBTaskResult.objects.filter(pk=failed.id).update(status="FAILED")
    DBTaskResult.objects.filter(pk=done.id).update(status="SUCCESSFUL")
    numbers = queue_numbers()
    assert (numbers["queued"], numbers["running"], numbers["failed"]) == (2, 0, 1)
    assert 0 <= numbers["oldest_due"] < 60
    DBTaskResult.objects.filter(status="READY").delete()
    assert queue_numbers()["oldest_due"] == 0


def test_unfinished_jobs_have_an_index(transactional_db):
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, DBTaskResult._meta.db_table)
    assert "jobs_running_or_failed" in indexes


@once
@pytest.mark.parametrize(
    ("allowed", "address", "status"),
    [
        ("127.0.0.0/8", "127.0.0.1", 200),
        ("127.0.0.0/8", "192.0.2.7", 404),
        ("192.0.2.0/24", "192.0.2.7", 200),
        ("192.0.2.0/24", "::ffff:192.0.2.7", 200),
        ("192.0.2.0/24", "127.0.0.1", 404),
        ("", "127.0.0.1", 404),
        ("127.0.0.0/8", "", 404),
    ],
)
def test_only_the_networks_that_are_named_may_read(db, client, settings, monkeypatch, allowed, address, status):
    monkeypatch.setenv("METRICS_ALLOWED_CIDRS", allowed)
    from taskmanager.settings.environment import networks

    settings.METRICS_ALLOWED_CIDRS = networks("METRICS_ALLOWED_CIDRS")
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


@once
def test_whoever_comes_through_a_proxy_that_nobody_trusts_is_not_taken_for_it(db, client, settings):
    proxied = {"headers": {"X-Forwarded-For": "203.0.113.9"}, "REMOTE_ADDR": "127.0.0.1"}
    assert client.get("/metrics", **proxied).status_code == 404
    from ipaddress import ip_network

    settings.TRUSTED_PROXY_CIDRS = [ip_network("127.0.0.1/32")]
    assert client.get("/metrics", **proxied).status_code == 404
    settings.METRICS_ALLOWED_CIDRS = [ip_network("203.0.113.0/24")]
    assert client.get("/metrics", **proxied).status_code == 200


@once
def test_the_numbers_are_read_without_a_session_and_without_tls(db, client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"] == metrics.CONTENT_TYPE
    assert not answer.cookies
    assert client.get("/metrics/").status_code in {301, 404}
    assert client.post("/metrics").status_code == 405


@once
def test_a_database_that_hangs_keeps_no_other_number_from_being_told(monkeypatch):
    """It takes the connection and says nothing, which is worse than refusing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:

        def hang() -> dict[str, float]:
            with socket.create_connection(silent.getsockname()) as line:
                line.recv(1)
            return {}

        monkeypatch.setattr(measuring, "PATIENCE", 0.2)
        monkeypatch.setattr(measuring, "read_database", measuring.Reading(hang))
        for _twice in range(2):
            text = metrics.exposition(measuring._families()).decode()
            assert sample(text, "taskmanager_database_up") == 0
            assert sample(text, "taskmanager_jobs") is None
            assert sample(text, "taskmanager_processes") is None or "process" in text
        line, _address = silent.accept()
        line.close()


@once
@pytest.mark.usefixtures("transactional_db")
def test_while_the_database_and_redis_are_away_the_other_numbers_come(tmp_path):
    away = {"DATABASE_URL": f"postgres://nobody@127.0.0.1:{free_port()}/x", "REDIS_URL": "redis://127.0.0.1:9/0"}
    with served(tmp_path / "log", GUNICORN, **away) as (address, _process):
        status, text = fetch(f"{address}/metrics")
    assert status == 200
    assert sample(text, "taskmanager_database_up") == sample(text, "taskmanager_redis_up") == 0
    assert sample(text, "taskmanager_processes", role="web") == 1
    assert sample(text, ANSWERS, view="metrics", status="200")


@once
def test_the_numbers_of_ended_processes_stay_and_their_files_go(transactional_db, tmp_path):
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"")  # of an earlier server
    with served(tmp_path / "log", GUNICORN, PROMETHEUS_MULTIPROC_DIR=str(folder)) as (address, server):

        def refused() -> float | None:
            return sample(fetch(f"{address}/metrics")[1], ANSWERS, status="401")

        def pids() -> set[str]:
            return {path.stem.rpartition("_")[2] for path in folder.glob("gauge_liveall_*.db")}

        assert "1" not in {path.stem.rpartition("_")[2] for path in folder.glob("counter_*.db")}
        for _many in range(5):
            fetch(f"{address}/api/v1/me")
        assert refused() == 5
        before = pids()
        server.send_signal(signal.SIGHUP)
        until(lambda: len(pids()) == 1 and not pids() & before)
        assert refused() == 5, "A reload renews the processes and keeps their numbers."
        before = pids()
        os.kill(int(min(before)), signal.SIGKILL)
        until(lambda: len(pids()) == 1 and not pids() & before)
        fetch(f"{address}/api/v1/me")
        assert refused() == 6
        assert sample(fetch(f"{address}/metrics")[1], "taskmanager_processes", role="web") == 1
        assert len(list(folder.glob("counter_*.db"))) == 2, "One of the living process, one of all that ended."
        assert (sample(fetch(f"{address}/metrics")[1], "taskmanager_resident_memory_bytes", role="web") or 0) > 2e7
    assert folder.is_dir(), "A folder that was given isn't ours to remove."


@once
def test_a_worker_by_itself_tells_its_numbers_and_that_it_lives(transactional_db, tmp_path):
    jobs.write.enqueue(str(tmp_path / "done"), "x")
    port = free_port()
    worker = [GUNICORN[0], "-m", "taskmanager", "worker", "--interval=0.1"]
    with running(worker, tmp_path / "log", WORKER_PORT=port) as process:
        until((tmp_path / "done").exists)
        address = f"http://127.0.0.1:{port}"
        until(lambda: sample(fetch(f"{address}/metrics")[1], "taskmanager_job_duration_seconds_count"))
        text = fetch(f"{address}/metrics")[1]
        assert sample(text, "taskmanager_job_duration_seconds_count", name="write", outcome="succeeded") == 1
        assert sample(text, "taskmanager_processes", role="worker") == 1
        assert fetch(f"{address}/health/liveness/") == (200, '{"status": "ok"}')
        assert fetch(f"{address}/nowhere")[0] == 404
        assert fetch(f"{address}/metrics", "POST")[0] == 501
        # Another one finds the port taken.
        with running(worker, tmp_path / "second", WORKER_PORT=port) as second:
            assert second.wait(30) != 0
        assert f"WORKER_PORT: the worker can't listen on 127.0.0.1:{port}" in (tmp_path / "second").read_text()
        assert process.poll() is None


@once
def test_a_worker_that_gives_no_sign_of_life_is_dead(settings):
    from taskmanager.jobs.telling import SILENCE, Pulse, Server

    pulse = Pulse()
    with Server(0, pulse) as server:
        server.start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert fetch(f"{address}/health/liveness/")[0] == 200
        pulse.at -= SILENCE + 5
        assert fetch(f"{address}/health/liveness/")[0] == 503
        pulse.beat()
        assert fetch(f"{address}/health/liveness/")[0] == 200
        settings.METRICS_ALLOWED_CIDRS = []
        assert fetch(f"{address}/metrics")[0] == 404
        server.shutdown()
