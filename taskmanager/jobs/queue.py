"""The queue in numbers."""

import datetime

from django.db.models import Case, Count, F, Min, When
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

UNFINISHED = (TaskResultStatus.RUNNING, TaskResultStatus.FAILED)


def queue_numbers() -> dict[str, float]:
    """Return how many jobs are `queued`, `running` and `failed` for good, and `oldest_due`, the seconds for which the
    oldest one has waited that could have been done already.

    The jobs that succeeded, which are many, are left out by indexes.
    """
    # Asked apart: each of the two has an index of its own.
    unfinished = DBTaskResult.objects.filter(status__in=UNFINISHED).order_by()
    counted = dict(unfinished.values_list("status").annotate(Count("pk")))
    # One without a time of its own is due from the beginning.
    since = Case(When(run_after=get_date_max(), then=F("enqueued_at")), default=F("run_after"))
    oldest: datetime.datetime | None = DBTaskResult.objects.ready().aggregate(since=Min(since))["since"]
    return {
        "queued": DBTaskResult.objects.filter(status=TaskResultStatus.READY).count(),
        "running": counted.get(TaskResultStatus.RUNNING, 0),
        "failed": counted.get(TaskResultStatus.FAILED, 0),
        "oldest_due": max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0,
    }
