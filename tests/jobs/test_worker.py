"""The worker: no job is lost, and none runs for ever."""

import datetime
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager import logs
from taskmanager.jobs import worker as machinery
from taskmanager.jobs.worker import Worker, try_again
from tests.jobs import sample
from tests.jobs.conftest import until
from tests.racing import race

DELAYS = (30, 120)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "written"


@pytest.fixture
def work():
    """Let a worker do what is due."""

    def run(**options):
        Worker(**{"batch": True, "interval": 0, "retry_delays": DELAYS, **options}).run()

    return run


def the_job() -> DBTaskResult:
    return DBTaskResult.objects.get()


def make_due() -> None:
    DBTaskResult.objects.update(run_after=timezone.now())


@pytest.mark.django_db
def test_a_job_is_done_once_and_stays_as_done(path, work):
    sample.write.enqueue(str(path), "a")
    work()
    work()
    assert path.read_text() == "a"
    assert the_job().status == "SUCCESSFUL"


@pytest.mark.django_db
def test_a_job_waits_for_its_time(path, work):
    sample.write.using(run_after=timezone.now() + datetime.timedelta(minutes=5)).enqueue(str(path), "a")
    work()
    assert not path.exists()
    make_due()
    work()
    assert path.read_text() == "a"


@pytest.mark.django_db
def test_a_job_of_a_change_that_is_rolled_back_never_was(path, work):
    with transaction.atomic():
        sample.write.enqueue(str(path), "a")
        transaction.set_rollback(True)
    work()
    assert not path.exists()


@pytest.mark.django_db
def test_a_job_that_fails_waits_longer_and_longer_and_is_a_dead_letter_in_the_end(path, work, caplog):
    sample.fail.enqueue(str(path))
    for attempt, delay in enumerate(DELAYS, start=1):
        before = timezone.now()
        work()
        job = the_job()
        assert (job.status, len(job.worker_ids)) == ("READY", attempt)
        waits = (job.run_after - before).total_seconds()
        assert delay <= waits < delay + 10
        work()  # not due yet
        assert len(path.read_text()) == attempt
        make_due()
    work()
    job = the_job()
    assert (job.status, len(job.worker_ids)) == ("FAILED", 3)
    assert job.exception_class_path == "tests.jobs.sample.Broken"
    assert "It never works." in job.traceback
    assert "dead letter" in caplog.text
    make_due()
    work()
    assert path.read_text() == "xxx"


def test_the_delays_of_the_product_are_half_a_minute_to_an_hour():
    assert machinery.RETRY_DELAYS == (30, 120, 600, 3600)


@pytest.mark.django_db
def test_a_job_that_works_the_second_time_leaves_no_trace_of_its_failure(path, work):
    sample.fail_once.enqueue(str(path))
    work(retry_delays=(0,))
    job = the_job()
    assert (job.status, job.return_value, job.traceback, len(job.worker_ids)) == ("SUCCESSFUL", "done", "", 2)


@pytest.mark.django_db
def test_a_job_whose_code_is_gone_is_a_failure_and_not_the_end_of_the_worker(path, work):
    sample.write.enqueue(str(path), "a")
    DBTaskResult.objects.update(task_path="tests.jobs.sample.gone")
    sample.write.enqueue(str(path), "b")
    work()
    assert path.read_text() == "b"
    assert DBTaskResult.objects.get(task_path="tests.jobs.sample.gone").status == "READY"


@pytest.mark.django_db
def test_a_dead_letter_is_tried_again_with_all_its_attempts(path, work):
    sample.count.enqueue(str(path))
    DBTaskResult.objects.update(status="FAILED", worker_ids=["a", "b", "c"])
    assert try_again(DBTaskResult.objects.all()) == 1
    work()
    assert path.read_text() == "1 "
    assert try_again(DBTaskResult.objects.all()) == 0


def left_behind(path, *, seconds: float, attempts: int = 1) -> None:
    sample.count.enqueue(str(path))
    started = timezone.now() - datetime.timedelta(seconds=seconds)
    DBTaskResult.objects.update(
        status="RUNNING", started_at=started, worker_ids=[f"gone-{number}" for number in range(attempts)]
    )


@pytest.mark.django_db
def test_a_job_without_a_heartbeat_goes_back_to_the_queue(path, work, caplog):
    left_behind(path, seconds=61)
    work()
    assert path.read_text() == "2 "
    assert "left behind by its worker" in caplog.text


@pytest.mark.django_db
def test_a_job_with_a_heartbeat_is_left_alone(path, work):
    left_behind(path, seconds=50)
    work()
    assert the_job().status == "RUNNING"


@pytest.mark.django_db
def test_a_job_that_kills_each_of_its_workers_is_a_dead_letter(path, work):
    left_behind(path, seconds=61, attempts=3)
    work()
    job = the_job()
    assert (job.status, job.exception_class_path) == ("FAILED", "taskmanager.jobs.worker.WorkerLost")
    assert "gone-2 ended without a word" in job.traceback


@pytest.mark.django_db
def test_a_worker_that_was_taken_for_dead_changes_nothing_when_it_comes_back(path, work, monkeypatch):
    sample.write.enqueue(str(path), "a")

    def taken(job):
        DBTaskResult.objects.update(worker_ids=[*job.worker_ids, "another"])

    monkeypatch.setattr(machinery, "_call", taken)
    work()
    assert the_job().status == "RUNNING"


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_keeps_a_long_job_from_being_taken(path):
    sample.sleep.enqueue(str(path), 1.5)
    first = Worker(batch=True, interval=0, lease=0.6)

    def disturb():
        until(path.exists)
        time.sleep(0.9)  # longer than the lease
        Worker(batch=True, interval=0, lease=0.6).run()

    assert race([first.run, disturb]) == [None, None]
    assert path.read_text() == "started ended "
    assert the_job().status == "SUCCESSFUL"


@pytest.mark.django_db(transaction=True)
def test_eight_workers_do_each_of_forty_jobs_once(path):
    for number in range(40):
        sample.write.enqueue(str(path), f"{number} ")
    assert race([Worker(batch=True, interval=0).run for _ in range(8)]) == [None] * 8
    assert sorted(map(int, path.read_text().split())) == list(range(40))


@pytest.mark.django_db
def test_a_database_that_goes_away_is_waited_for(path, monkeypatch, caplog):
    sample.write.enqueue(str(path), "a")
    worker = Worker(interval=0)
    looks = []

    def look():
        looks.append(1)
        if len(looks) < 3:
            raise OperationalError("the database system is starting up")
        if len(looks) == 4:
            worker.running = False

    monkeypatch.setattr(worker, "recover", look)
    monkeypatch.setattr(machinery.connection, "close", lambda: None)  # it holds the transaction of this test
    worker.run()
    assert path.read_text() == "a"
    assert caplog.text.count("the worker waits for it") == 2


@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_done_while_the_database_is_away_is_written_down_later(path, monkeypatch):
    sample.write.enqueue(str(path), "a")
    worker = Worker(batch=True, interval=0)
    still, tries = machinery._still, []

    def away(job):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("server closed the connection unexpectedly")
        return still(job)

    monkeypatch.setattr(machinery, "_still", away)
    worker.run()
    assert the_job().status == "SUCCESSFUL"


@pytest.mark.django_db
def test_old_successes_are_deleted_and_dead_letters_are_kept(path, work):
    old = timezone.now() - datetime.timedelta(days=8)
    for status, finished in [("SUCCESSFUL", old), ("FAILED", old), ("SUCCESSFUL", timezone.now())]:
        result = sample.write.enqueue(str(path), status)
        DBTaskResult.objects.filter(pk=result.id).update(status=status, finished_at=finished)
    work()
    kept = DBTaskResult.objects.values_list("status", "finished_at__date")
    assert sorted(kept) == [("FAILED", old.date()), ("SUCCESSFUL", timezone.now().date())]


@pytest.mark.django_db
def test_a_regular_command_that_fails_is_logged_and_keeps_no_job_from_being_done(path, work, monkeypatch, caplog):
    monkeypatch.setattr(machinery, "ROUNDS", {"no_such_command": 10.0})
    sample.write.enqueue(str(path), "done")
    work()
    assert the_job().status == "SUCCESSFUL"
    assert "The command no_such_command failed" in caplog.text


def test_an_idle_worker_ends_at_once(worker):
    process = worker()
    until(lambda: process.says("started"))
    process.send(signal.SIGTERM)
    start = time.monotonic()
    assert process.wait() == 0
    assert time.monotonic() - start < 2


def test_a_busy_worker_finishes_its_job_first(worker, path):
    sample.sleep.enqueue(str(path), 1)
    process = worker()
    until(path.exists)
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert path.read_text() == "started ended "
    assert the_job().status == "SUCCESSFUL"


def test_a_busy_worker_that_is_told_twice_gives_its_job_back(worker, path):
    sample.sleep.enqueue(str(path), 60)
    process = worker()
    until(path.exists)
    process.send(signal.SIGTERM)
    until(lambda: process.says("after its current job"))
    process.send(signal.SIGTERM)
    assert process.wait() == 1
    assert the_job().status == "READY"


def test_the_job_of_a_killed_worker_is_done_by_another(worker, path):
    sample.sleep.enqueue(str(path), 1)
    first = worker()
    until(path.exists)
    first.send(signal.SIGKILL)
    first.wait()
    assert the_job().status == "RUNNING"
    worker("--lease=0.5")
    until(lambda: the_job().status == "SUCCESSFUL")
    assert path.read_text() == "started started ended "
    assert len(the_job().worker_ids) == 2


def hang_up() -> None:
    """End all other connections of this database, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file never hangs up")
def test_connections_that_the_database_ends_cost_no_job_and_no_worker(worker, path):
    process = worker()
    until(lambda: process.says("started"))
    hang_up()
    sample.sleep.enqueue(str(path), 1)
    until(path.exists)
    hang_up()
    until(lambda: the_job().status == "SUCCESSFUL")
    assert path.read_text() == "started ended "
    assert process.popen.poll() is None


def test_a_worker_ends_with_its_parent(worker):
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process = worker(f"--parent={parent.pid}")  # which isn't its parent: as if that had just died
    assert process.wait() == 0
    assert process.says("The server has ended")
    parent.kill()
    parent.wait()


def test_the_log_names_the_job_and_no_secret(caplog, path, work, db):
    caplog.set_level(logging.INFO)
    sample.fail.enqueue(str(path))
    work()
    assert f"Job fail(…) {the_job().pk} failed, attempt 1 of 3." in caplog.text
    # What a job is given may be somebody's address, or message.
    assert f"fail({path}" not in caplog.text
    assert "tried again in 30 seconds" in caplog.text
    assert f"Worker {os.getpid()}-" in caplog.text


def test_each_line_of_a_job_carries_its_id(path, work, db):
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(logs.JsonFormatter())
    handler.addFilter(logs.ContextFilter())
    logging.getLogger("taskmanager.jobs").addHandler(handler)
    try:
        sample.fail.enqueue(str(path))
        work()
    finally:
        logging.getLogger("taskmanager.jobs").removeHandler(handler)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    # The worker's own lines, before and after, belong to none.
    assert [line.get("job_id") for line in lines] == [None, str(the_job().pk), str(the_job().pk), None]
