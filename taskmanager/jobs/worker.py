"""The worker: takes jobs from the queue in the database, and loses none.

A job that fails waits longer and longer for its next attempt, and after the last one lies still as FAILED: a dead
letter, until somebody reads it. While a job runs, a heartbeat renews its `started_at`. One whose heart stopped was left
behind by a worker that was killed, and goes back to the queue.
"""

import datetime
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from traceback import format_exception
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import QuerySet
from django.tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME, TaskContext, TaskResultStatus
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.json import normalize_json
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult, get_date_max

from taskmanager import metrics, tracing
from taskmanager.jobs.telling import Pulse
from taskmanager.logs import job_id, trace_id

logger = logging.getLogger("taskmanager.jobs")

type Job = DBTaskResult[Any, Any]

# How many seconds a job waits after its first, second, … attempt has failed.
RETRY_DELAYS = (30, 120, 600, 3600)
LEASE = 60.0  # seconds without a heartbeat, after which a job is taken from whoever ran it
HEARTBEATS_PER_LEASE = 6
KEEP_SUCCESSFUL = datetime.timedelta(days=7)
A_DAY = 86_400.0
# Management commands of other apps, known here by name alone, and how many seconds lie between two runs of each.
ROUNDS = {"clearsessions": A_DAY, "clearaccounts": A_DAY, "free_expired_tasks": 10.0}
# What a database raises that restarts, or can't be reached for a while.
UNREACHABLE = (OperationalError, InterfaceError)


class Worker(db_worker.Worker):
    """Runs jobs one after the other, until it is told to stop or, in a batch, until none is due."""

    def __init__(
        self,
        *,
        batch: bool = False,
        interval: float = 1,
        lease: float = LEASE,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        parent: int | None = None,
    ) -> None:
        """Take the seconds between two looks into an empty queue, and of a lease; a `parent` whose end is ours, too."""
        super().__init__(
            queue_names=[DEFAULT_TASK_QUEUE_NAME],
            interval=interval,
            batch=batch,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{os.getpid()}-{get_random_string(8)}",
            excluded_queue_names=[],
        )
        self.lease = lease
        self.retry_delays = retry_delays
        self.parent = parent
        self.is_forced = False
        self.pulse = Pulse()
        self.next_recovery = 0.0
        self.next_pruning = 0.0
        self.next_rounds = dict.fromkeys(ROUNDS, 0.0)

    @property
    def max_attempts(self) -> int:
        """How often a job is tried before it is a dead letter."""
        return len(self.retry_delays) + 1

    def run(self) -> None:
        """Work until told to stop. A database that goes away is waited for, except by a batch."""
        logger.info("Worker %s started.", self.worker_id)
        while self.running:
            has_worked = False
            self.pulse.beat()
            try:
                if not connection.in_atomic_block:  # a batch may run inside of somebody's transaction
                    close_old_connections()
                self.recover()
                self.prune()
                self.make_rounds()
                has_worked = self.work()
            except UNREACHABLE as error:
                if self.batch:
                    raise
                logger.warning("The database does not answer; the worker waits for it. %s", error)
                connection.close()
            finally:
                self.running_task = False
            if self.batch and not has_worked:
                break
            if self.parent is not None and os.getppid() != self.parent:
                logger.info("The server has ended, and its worker with it.")
                break
            if self.running and not has_worked:
                # Between two looks, so that a signal that comes here ends the process at once.
                time.sleep(self.interval)
        logger.info("Worker %s ended.", self.worker_id)

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """End after the current job, or at once where there is none; the second time, in the middle of it."""
        name = signal.Signals(signum).name
        if not self.running:
            logger.warning("%s again: the worker drops its job, which goes back to the queue.", name)
            self.reset_signals()
            self.is_forced = True
            sys.exit(1)
        self.running = False
        if not self.running_task:
            logger.info("Worker %s ended by %s.", self.worker_id, name)
            sys.exit(0)
        logger.info("%s: the worker ends after its current job.", name)

    def work(self) -> bool:
        """Do the job that is due first; return whether there was one."""
        # A look takes no lock: on SQLite an idle worker would else take the only write lock all the time.
        if not self._due().exists():
            return False
        # From here on a signal waits: between taking a job and doing it, ending would leave the job behind.
        self.running_task = True
        with transaction.atomic():
            job = self._due().get_locked()
            if job is None:
                return False
            job.claim(self.worker_id)
        self.run_task(job)
        return True

    def _due(self) -> Any:
        return DBTaskResult.objects.ready().filter(backend_name=self.backend_name, queue_name__in=self.queue_names)

    def run_task(self, db_task_result: Job) -> None:
        """Do the job, and write down how it ended."""
        job = db_task_result
        tokens = job_id.set(str(job.pk)), trace_id.set("")
        try:
            self._do(job)
        finally:
            job_id.reset(tokens[0])
            trace_id.reset(tokens[1])

    def _do(self, job: Job) -> None:
        name = job.task_path.rpartition(".")[2]
        begun = time.perf_counter()
        with Heartbeat(job, seconds=self.lease / HEARTBEATS_PER_LEASE, pulse=self.pulse):
            try:
                with tracing.job_span(name, job_id=str(job.pk), parent=job.args_kwargs.get("traceparent", "")):
                    trace_id.set(tracing.current_trace_id())
                    value = normalize_json(_call(job))
            except BaseException as error:  # whatever ends a job is written down
                outcome = "failed" if len(job.worker_ids) < self.max_attempts else "dead"
                metrics.JOB_SECONDS.labels(name, outcome).observe(time.perf_counter() - begun)
                self._fail(job, error)
                if self.is_forced:
                    raise
            else:
                metrics.JOB_SECONDS.labels(name, "succeeded").observe(time.perf_counter() - begun)
                done = {
                    "status": TaskResultStatus.SUCCESSFUL,
                    "return_value": value,
                    "exception_class_path": "",
                    "traceback": "",
                    "finished_at": timezone.now(),
                }
                self._write(job, **done)

    def _fail(self, job: Job, error: BaseException) -> None:
        attempt = len(job.worker_ids)
        said = {
            "exception_class_path": f"{type(error).__module__}.{type(error).__qualname__}",
            "traceback": "".join(format_exception(error)),
        }
        logger.warning("Job %s failed, attempt %d of %d.", named(job), attempt, self.max_attempts, exc_info=error)
        if attempt < self.max_attempts:
            delay = 0 if self.is_forced else self.retry_delays[attempt - 1]
            due = timezone.now() + datetime.timedelta(seconds=delay)
            self._write(job, status=TaskResultStatus.READY, run_after=due, **said)
            logger.info("Job %s will be tried again in %d seconds.", named(job), delay)
        else:
            self._write(job, status=TaskResultStatus.FAILED, finished_at=timezone.now(), **said)
            logger.error("Job %s failed for good: it is a dead letter.", named(job))

    def _write(self, job: Job, **fields: Any) -> None:
        """Change the job, unless another worker has it by now; wait for the database as long as the lease lasts."""
        deadline = time.monotonic() + self.lease
        while True:
            try:
                if not _still(job).update(**fields):
                    logger.warning("Job %s was taken from this worker, which had been silent.", named(job))
            except UNREACHABLE:
                if connection.in_atomic_block or time.monotonic() > deadline:
                    raise
                connection.close()
                time.sleep(self.interval)
            else:
                return

    def recover(self) -> None:
        """Put jobs back that were left behind: nobody has renewed their lease."""
        if time.monotonic() < self.next_recovery:
            return
        now = timezone.now()
        silent = DBTaskResult.objects.running().filter(
            backend_name=self.backend_name, started_at__lt=now - datetime.timedelta(seconds=self.lease)
        )
        for job in silent:
            mine = _still(job).filter(started_at=job.started_at)
            if len(job.worker_ids) < self.max_attempts:
                if mine.update(status=TaskResultStatus.READY, run_after=now):
                    logger.warning("Job %s was left behind by its worker, and is due again.", named(job))
            elif mine.update(
                status=TaskResultStatus.FAILED,
                finished_at=now,
                exception_class_path=f"{WorkerLost.__module__}.{WorkerLost.__qualname__}",
                traceback=f"Worker {job.worker_ids[-1]} ended without a word, in the last attempt.",
            ):
                logger.error("Job %s was left behind in its last attempt: it is a dead letter.", named(job))
        self.next_recovery = time.monotonic() + self.lease / HEARTBEATS_PER_LEASE

    def prune(self) -> None:
        """Once a day, delete jobs that succeeded more than a week ago. Dead letters stay until somebody reads them."""
        if time.monotonic() < self.next_pruning:
            return
        DBTaskResult.objects.successful().filter(finished_at__lt=timezone.now() - KEEP_SUCCESSFUL).delete()
        self.next_pruning = time.monotonic() + A_DAY

    def make_rounds(self) -> None:
        """Run the regular commands that are due. One that fails is logged, and keeps no job from being done."""
        for command, seconds in ROUNDS.items():
            if time.monotonic() < self.next_rounds[command]:
                continue
            try:
                call_command(command, verbosity=0)
            except UNREACHABLE:
                raise
            except Exception:
                logger.exception("The command %s failed; it is run again in its turn.", command)
            self.next_rounds[command] = time.monotonic() + seconds


class WorkerLost(Exception):
    """A worker was killed in the last attempt at a job."""


class Heartbeat:
    """Renews the lease of a running job, in a thread with a connection of its own."""

    def __init__(self, job: Job, *, seconds: float, pulse: Pulse) -> None:
        """Take the job, how often its heart beats, and the pulse of its worker."""
        self.job = job
        self.pulse = pulse
        self.seconds = seconds
        self.over = threading.Event()
        # Its lines in the log belong to the job, too.
        beat = partial(copy_context().run, self._beat)
        self.thread = threading.Thread(target=beat, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self.thread.start()

    def __exit__(self, *_error: object) -> None:
        """End, and wait for that."""
        self.over.set()
        self.thread.join()

    def _beat(self) -> None:
        try:
            while not self.over.wait(self.seconds):
                self.pulse.beat()
                try:
                    _still(self.job).update(started_at=timezone.now())
                except UNREACHABLE as error:
                    logger.warning("The lease of job %s could not be renewed. %s", named(self.job), error)
                    connection.close()
        finally:
            connection.close()


def try_again(jobs: QuerySet[Job]) -> int:
    """Put dead letters back into the queue, with all their attempts before them; return how many they were."""
    return jobs.filter(status=TaskResultStatus.FAILED).update(
        status=TaskResultStatus.READY, run_after=get_date_max(), worker_ids=[], started_at=None, finished_at=None
    )


def named(job: Job) -> str:
    """Return what the log calls the job: words among its arguments may be somebody's address, or message."""
    arguments = ", ".join(str(each) if isinstance(each, int) else "…" for each in job.args_kwargs["args"])
    return f"{job.task_path.rpartition('.')[2]}({arguments}) {job.pk}"


def _still(job: Job) -> QuerySet[Job]:
    """Return the job's row, as long as it is this attempt that runs."""
    return DBTaskResult.objects.running().filter(pk=job.pk, worker_ids=job.worker_ids)


def _call(job: Job) -> Any:
    task, result = job.task, job.task_result
    call: Callable[..., Any] = task.call
    context: list[Any] = [TaskContext(task_result=result)] if task.takes_context else []
    return call(*context, *result.args, **result.kwargs)
