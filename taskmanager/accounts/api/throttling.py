"""How many calls somebody may make. Counted in the cache: with Redis, by all processes together."""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from ninja.throttling import BaseThrottle

from taskmanager import metrics
from taskmanager.errors import TooManyRequests
from taskmanager.redis_errors import redis_errors

Rate = tuple[int, int]


@dataclass(frozen=True)
class Allowance:
    """What is left of a window: of `limit` calls so many, for so many seconds."""

    limit: int
    remaining: int
    reset: int


def count_call(scope: str, caller: str, rate: Rate) -> Allowance:
    """Count one call of this kind by a caller; `rate` is how many fit into how many seconds.

    Raises TooManyRequests with the seconds until the window ends.
    """
    limit, seconds = rate
    now = int(time.time())
    reset = seconds - now % seconds
    try:
        count = _count(f"calls:{scope}:{caller}:{seconds}:{now // seconds}", reset + 1)
    except redis_errors():
        # The limit is there to keep the server answering; refusing everybody while Redis is away would do the opposite.
        return Allowance(limit, limit, reset)
    if count > limit:
        metrics.THROTTLED.labels(scope).inc()
        raise TooManyRequests(reset)
    return Allowance(limit, limit - count, reset)


def _count(key: str, seconds: int) -> int:
    """Return the number of this call in its window."""
    for _attempt in range(2):
        try:
            return caches["strict"].incr(key)
        except ValueError:
            # The first of a window. Of two at once one adds the key, and the other counts on from it.
            if caches["strict"].add(key, 1, seconds):
                return 1
    return 1  # a cache in memory threw it out between the two


class CallThrottle(BaseThrottle):
    """A rate of the settings, per user and, without one, per address. The answer says what is left."""

    def __init__(self, setting: str) -> None:
        """Take the name of the rate, which is read at each call."""
        self.setting = setting

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the call. Raises TooManyRequests."""
        user: Any = getattr(request, "auth", None)
        caller = f"user:{user.pk}" if user else f"address:{request.META.get('REMOTE_ADDR', '')}"
        rate: Rate = getattr(settings, self.setting)
        try:
            self._keep(request, count_call(self.setting, caller, rate))
        except TooManyRequests as refusal:
            self._keep(request, Allowance(rate[0], 0, refusal.retry_after))
            raise
        return True

    def _keep(self, request: HttpRequest, allowance: Allowance) -> None:
        """Remember what is left; of two limits the one that is reached first."""
        known: Allowance | None = getattr(request, "allowance", None)
        if known is None or allowance.remaining < known.remaining:
            request.allowance = allowance  # type: ignore[attr-defined]


def tell_allowance(request: HttpRequest, response: HttpResponse) -> None:
    """Say in the headers of an answer what is left, as the IETF's draft on RateLimit header fields names them."""
    allowance: Allowance | None = getattr(request, "allowance", None)
    if allowance is not None:
        response.headers["RateLimit-Limit"] = str(allowance.limit)
        response.headers["RateLimit-Remaining"] = str(allowance.remaining)
        response.headers["RateLimit-Reset"] = str(allowance.reset)
