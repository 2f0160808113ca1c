"""What a cache in Redis raises, for those who go on without it.

redis-py takes 14 MB, with what it brings, so where there is no REDIS_URL nothing imports it: an error of a library that
was never imported can't be the one that was raised.
"""

import sys


def redis_errors() -> tuple[type[Exception], ...]:
    """Return all that a cache in Redis raises."""
    return _classes("RedisError")


def no_redis_errors() -> tuple[type[Exception], ...]:
    """Return what says that Redis can't be reached, or doesn't answer in time."""
    return _classes("ConnectionError", "TimeoutError")


def _classes(*names: str) -> tuple[type[Exception], ...]:
    exceptions = sys.modules.get("redis.exceptions")
    return tuple(getattr(exceptions, name) for name in names) if exceptions else ()
