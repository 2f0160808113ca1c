"""Jobs are done in tests as a worker does them, from the queue in the database."""

from django_tasks_db.models import DBTaskResult

from taskmanager.jobs.worker import Worker
from taskmanager.tasks.models import Attachment


def run_jobs() -> None:
    """Run the jobs that are due. Raises AssertionError where one fails."""
    Worker(batch=True, interval=0).run()
    failed = [job.traceback for job in DBTaskResult.objects.exclude(exception_class_path="")]
    assert not failed, failed[0]


def stored_names() -> set[str]:
    """Return the places of all files that attachments have."""
    return {name for pair in Attachment.objects.values_list("file", "thumbnail") for name in pair if name}
