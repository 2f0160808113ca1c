"""Costly figures, kept in the cache until something happens in their organization."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.redis_errors import redis_errors
from taskmanager.tasks.models import Activity

logger = logging.getLogger(__name__)

# A line of history whose transaction ends after that of a later line goes unnoticed: no longer than this.
KEPT_SECONDS = 300


def newest(organization: Organization) -> QuerySet[Activity, int]:
    """Return the query of what changes with each change in the organization: its newest line of history."""
    return Activity.objects.of(organization).order_by("-pk").values_list("pk", flat=True)[:1]


def version_of(organization: Organization) -> int:
    """Return the version of the organization. One quick query."""
    return next(iter(newest(organization)), 0)


def kept[T](compute: Callable[[], T], *, organization: Organization, version: int, about: tuple[object, ...]) -> T:
    """Return the figure from the cache, or compute it; `about` says which one.

    The key begins with the organization, so that nobody sees another's, and has the time zone, in which days begin.
    """
    parts = ["kept", organization.pk, version, timezone.get_current_timezone_name(), *about]
    key = ":".join(map(str, parts))
    try:
        found: tuple[T] | None = cache.get(key)
        if found is None:
            found = (compute(),)
            cache.set(key, found, KEPT_SECONDS)
    except redis_errors() as error:
        logger.warning("A figure is computed anew: Redis does not answer (%s).", error)
        found = (compute(),)
    return found[0]
