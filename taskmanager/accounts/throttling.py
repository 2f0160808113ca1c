"""Counting tries, in the database: right for any number of processes, with Redis or without."""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from taskmanager import metrics
from taskmanager.accounts.models import Throttle
from taskmanager.errors import TooManyRequests


def count_try(*parts: str, limit: int, seconds: int, times: int = 1) -> None:
    """Count one try, or so many, of what `parts` name; at most `limit` fit into a window of `seconds`.

    The first part is a word of ours, by which refusals are counted.

    Raises TooManyRequests with the seconds until the window ends. Call it outside a transaction:
    a try counts even where what was tried is rolled back.
    """
    now = timezone.now()
    key = _key(*parts)
    _forget_expired(now)
    with transaction.atomic():
        counted = 0
        while not counted:
            # Between the two statements another request may have forgotten the row: then it is made again.
            Throttle.objects.bulk_create(
                [Throttle(key=key, ends_at=now + timedelta(seconds=seconds))], ignore_conflicts=True
            )
            counted = Throttle.objects.filter(key=key).update(count=F("count") + times)
        throttle = Throttle.objects.get(key=key)
    if throttle.count > limit:
        metrics.THROTTLED.labels(parts[0]).inc()
        seconds_left = max(1, round((throttle.ends_at - now).total_seconds()))
        raise TooManyRequests(seconds_left, is_first=throttle.count - times <= limit)


@transaction.atomic
def _forget_expired(now: datetime) -> None:
    # Two requests that deleted the same rows in different orders would wait for each other for ever; so would
    # two that each had deleted the row that the other is about to count in, hence a transaction of its own.
    expired = Throttle.objects.filter(ends_at__lte=now).select_for_update(skip_locked=True)
    Throttle.objects.filter(pk__in=list(expired.values_list("pk", flat=True)[:1000])).delete()


def give_back(*parts: str, times: int) -> None:
    """Count so many tries less: they weren't made."""
    Throttle.objects.filter(key=_key(*parts), count__gte=times).update(count=F("count") - times)


def forget(*parts: str) -> None:
    """Start counting anew: the try succeeded."""
    Throttle.objects.filter(key=_key(*parts)).delete()


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
