"""Jobs are done in tests as a worker does them, from the queue in the database."""

import logging

from django_tasks_db.management.commands.db_worker import Worker

from taskmanager.tasks.models import Attachment


def run_jobs() -> None:
    """Run the jobs that are due. Raises AssertionError where one fails."""
    from django_tasks_db.models import DBTaskResult

    logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="tests",
        excluded_queue_names=[],
    )
    # As worker.run() does, which would leave the transaction that a test is.
    while result := DBTaskResult.objects.ready().first():
        result.claim(worker.worker_id)
        worker.run_task(result)
    failed = [result.traceback for result in DBTaskResult.objects.failed()]
    assert not failed, failed[0]


def stored_names() -> set[str]:
    """Return the places of all files that attachments have."""
    return {name for pair in Attachment.objects.values_list("file", "thumbnail") for name in pair if name}
