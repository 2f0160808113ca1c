"""Redis as the cache, which may go away: what is kept there is forgotten then, and nothing waits for it.

Two entries of CACHES share one Redis. "default" forgives: without Redis nothing is found and nothing is kept. "strict"
raises `RedisError`, for whom it matters that what was written was written.
"""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends import redis as django_redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds for a connection and for an answer. Redis needs less than a thousandth of that.
ANSWER_SECONDS = 0.3
# After a failure nobody asks for so long: a Redis that hangs would else cost each page several waits.
PAUSE_SECONDS = 1.0
LOG_SECONDS = 60.0


class Breaker:
    """Remembers, for all threads of this process, that Redis is away; then lets one of them try again at a time."""

    def __init__(self) -> None:
        """Begin with a Redis that is there."""
        self.lock = threading.Lock()
        self.is_away = False
        self.next_try = 0.0
        self.next_log = 0.0

    def before(self) -> None:
        """Let a call through. Raises ConnectionError while nobody is to ask."""
        if not self.is_away:
            return
        with self.lock:
            if self.is_away and time.monotonic() < self.next_try:
                raise NoConnection("Redis did not answer a moment ago.")
            self.next_try = time.monotonic() + PAUSE_SECONDS

    def failed(self, error: RedisError) -> None:
        """Note that there was no answer."""
        with self.lock:
            self.is_away = True
            self.next_try = time.monotonic() + PAUSE_SECONDS
        self.complain(error)

    def answered(self) -> None:
        """Note that there was an answer."""
        if self.is_away:
            with self.lock:
                self.is_away = False
                self.next_log = 0.0
            logger.warning("Redis answers again.")

    def complain(self, error: RedisError) -> None:
        """Write it to the log, once a minute."""
        with self.lock:
            if time.monotonic() < self.next_log:
                return
            self.next_log = time.monotonic() + LOG_SECONDS
        # Its text may name the host and the user; the kind is enough.
        logger.error("Redis does not answer (%s): pages work without it, more slowly.", type(error).__name__)


class _Client(Redis):
    """A client that asks the breaker before each call, and tells it how that went."""

    breaker: Breaker

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command."""
        return self._guarded(super().execute_command, *args, **options)

    def _guarded(self, call: Any, *args: Any, **options: Any) -> Any:
        self.breaker.before()
        try:
            answer = call(*args, **options)
        except (NoConnection, NoAnswer) as error:
            self.breaker.failed(error)
            raise
        except RedisError:
            self.breaker.answered()
            raise
        self.breaker.answered()
        return answer

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:  # noqa: FBT001, FBT002 (as redis-py has it)
        """Return a pipeline whose execution is one call."""
        pipeline: Any = super().pipeline(transaction, shard_hint)
        execute = pipeline.execute
        pipeline.execute = lambda *args, **options: self._guarded(execute, *args, **options)
        return pipeline


_breakers: dict[str, Breaker] = {}


class GuardedClient(django_redis.RedisCacheClient):
    """Django's client, which waits for Redis a short time only, and not at all while it is known to be away."""

    def __init__(self, servers: Any, **options: Any) -> None:
        """Take the addresses; what their query says counts more than our times."""
        # A connection that a restarted Redis has closed is opened again at once; who hangs isn't asked twice.
        retry = Retry(NoBackoff(), 1, supported_errors=(NoConnection,))
        times = {"socket_connect_timeout": ANSWER_SECONDS, "socket_timeout": ANSWER_SECONDS, "retry": retry}
        super().__init__(servers, **{**times, **options})
        self.breaker = _breakers.setdefault(str(servers), Breaker())

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return a client that goes by the breaker."""
        client = _Client(connection_pool=self._get_connection_pool(write))  # type: ignore[attr-defined]
        client.breaker = self.breaker
        return client


class StrictRedisCache(django_redis.RedisCache):
    """Redis, for whom it matters: raises RedisError where it does not answer."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        """Take the address."""
        super().__init__(server, params)
        self._class = GuardedClient


class ForgivingRedisCache(StrictRedisCache):
    """Redis, for what can be had without it: nothing is found while it is away, and nothing is kept."""

    def _or(self, otherwise: Any, call: Any, *args: Any, **options: Any) -> Any:
        try:
            return call(*args, **options)
        except RedisError as error:
            client: Any = self._cache
            client.breaker.complain(error)
            return otherwise

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Return whether it was kept."""
        return bool(self._or(None, super().add, key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return what is kept."""
        return self._or(default, super().get, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Keep it, if that can be done."""
        self._or(None, super().set, key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Return whether it is kept longer."""
        return bool(self._or(None, super().touch, key, timeout, version))

    def delete(self, key: Any, version: Any = None) -> bool:
        """Return whether it was there and is gone."""
        return bool(self._or(None, super().delete, key, version))

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Return what is kept of these."""
        found: dict[Any, Any] = self._or({}, super().get_many, keys, version)
        return found

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Return whether it is kept."""
        return bool(self._or(None, super().has_key, key, version))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Return the number after counting on. Raises ValueError where there is none, or no Redis to know it."""
        count = self._or(None, super().incr, key, delta, version)
        if count is None:
            raise ValueError(f"Key {key!r} not found.")
        return int(count)

    def set_many(self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> list[Any]:
        """Return the keys that weren't kept."""
        missed: list[Any] = self._or(list(data), super().set_many, data, timeout, version)
        return missed

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Forget these, if that can be done."""
        self._or(None, super().delete_many, keys, version)

    def clear(self) -> bool:  # type: ignore[override]  # as Django's own Redis has it
        """Return whether everything is forgotten."""
        return bool(self._or(None, super().clear))
