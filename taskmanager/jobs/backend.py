"""The queue in the database, whose jobs know the trace that they belong to."""

from typing import Any

from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from taskmanager import tracing


class Backend(DatabaseBackend):
    """django_tasks_db's, which writes the trace of the request beside the arguments of its job.

    There it needs no column, and neither the job nor whoever queues it knows of it.
    """

    def _task_to_db_task(self, task: Any, args: Any, kwargs: Any) -> "DBTaskResult[Any, Any]":
        job = super()._task_to_db_task(task, args, kwargs)
        if traceparent := tracing.traceparent():
            # A second statement, which only who traces pays for.
            job.args_kwargs["traceparent"] = traceparent
            job.save(update_fields=["args_kwargs"])
        return job
