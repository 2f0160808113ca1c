"""Sessions in the database that are read from the cache, there too under the hash of their key."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import cached_db
from django.core.cache import caches
from django.db import transaction

from taskmanager.accounts.sessions import HashedKeys, hash_of

# Where Redis is away when a session ends, it can't be told. What it still holds when it is back counts no longer than
# this; then the database is asked again.
CACHED_SECONDS = 60


class _Briefly:
    """A cache that keeps things for CACHED_SECONDS at most."""

    def __init__(self, cache: Any) -> None:
        self.cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cache, name)

    def __contains__(self, key: str) -> bool:
        return key in self.cache

    def set(self, key: str, value: Any, seconds: int) -> None:
        self.cache.set(key, value, min(seconds, CACHED_SECONDS))

    async def aset(self, key: str, value: Any, seconds: int) -> None:
        await self.cache.aset(key, value, min(seconds, CACHED_SECONDS))


class SessionStore(HashedKeys, cached_db.SessionStore):
    """Django's cached store, with the hash of the key wherever that had the key."""

    def __init__(self, session_key: str | None = None) -> None:
        """Take the key from the cookie."""
        super().__init__(session_key)
        self._cache = _Briefly(self._cache)  # type: ignore[has-type]  # what Django's store keeps sessions in

    @property
    def cache_key(self) -> str:
        """Return where the session lies in the cache."""
        return f"{self.cache_key_prefix}{hash_of(self._get_or_create_session_key())}"  # type: ignore[attr-defined]

    async def acache_key(self) -> str:
        """Return where the session lies in the cache."""
        key = await self._aget_or_create_session_key()  # type: ignore[attr-defined]
        return f"{self.cache_key_prefix}{hash_of(key)}"

    @classmethod
    def forget(cls, hashes: Collection[str]) -> None:
        """End the sessions with these hashes."""
        super().forget(hashes)

        def drop() -> None:
            caches[settings.SESSION_CACHE_ALIAS].delete_many([cls.cache_key_prefix + each for each in hashes])

        drop()
        # Until the rows are gone for all, a request could read one and put it back into the cache.
        transaction.on_commit(drop)
