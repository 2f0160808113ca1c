"""How many calls somebody may make. Counted in the cache: with Redis, by all processes together."""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from ninja.throttling import BaseThrottle

from taskmanager.errors import TooManyRequests

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
    key = f"calls:{scope}:{caller}:{seconds}:{now // seconds}"
    # `add` and not `get`: of two that begin a window at once, one begins it.
    cache.add(key, 0, reset + 1)
    try:
        count = cache.incr(key)
    except ValueError:
        count = 1  # it has expired, or was thrown out, between the two
    if count > limit:
        raise TooManyRequests(reset)
    return Allowance(limit, limit - count, reset)


class CallThrottle(BaseThrottle):
    """A rate of the settings, per user and, without one, per address. The answer says what is left."""

    def __init__(self, setting: str) -> None:
        """Take the name of the rate, which is read at each call."""
        self.setting = setting

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the call. Raises TooManyRequests."""
        user: Any = getattr(request, "auth", None)
        caller = f"user:{user.pk}" if user else f"address:{request.META.get('REMOTE_ADDR', '')}"
        allowance = count_call(self.setting, caller, getattr(settings, self.setting))
        known: Allowance | None = getattr(request, "allowance", None)
        if known is None or allowance.remaining < known.remaining:
            request.allowance = allowance  # type: ignore[attr-defined]
        return True


def tell_allowance(request: HttpRequest, response: HttpResponse) -> None:
    """Say in the headers of an answer what is left, as the IETF's draft on RateLimit header fields names them."""
    allowance: Allowance | None = getattr(request, "allowance", None)
    if allowance is not None:
        response.headers["RateLimit-Limit"] = str(allowance.limit)
        response.headers["RateLimit-Remaining"] = str(allowance.remaining)
        response.headers["RateLimit-Reset"] = str(allowance.reset)
