"""Costly figures, kept in the cache until something happens in their organization."""

from collections.abc import Callable

from django.core.cache import cache
from django.utils import timezone

from taskmanager.accounts.models import Organization
from taskmanager.tasks.models import Activity

# A line of history whose transaction ends after that of a later line goes unnoticed: no longer than this.
KEPT_SECONDS = 300


def version_of(organization: Organization) -> int:
    """Return what changes with each change in the organization: its newest line of history. One quick query."""
    return Activity.objects.of(organization).order_by("-pk").values_list("pk", flat=True).first() or 0


def kept[T](compute: Callable[[], T], *, organization: Organization, version: int, about: tuple[object, ...]) -> T:
    """Return the figure from the cache, or compute it; `about` says which one.

    The key begins with the organization, so that nobody sees another's, and has the time zone, in which days begin.
    """
    parts = ["kept", organization.pk, version, timezone.get_current_timezone_name(), *about]
    found: tuple[T] | None = cache.get(key := ":".join(map(str, parts)))
    if found is None:
        found = (compute(),)
        cache.set(key, found, KEPT_SECONDS)
    return found[0]
