"""Sessions in the database that are read from the cache, there too under the hash of their key."""

from collections.abc import Collection

from django.conf import settings
from django.contrib.sessions.backends import cached_db
from django.core.cache import caches
from django.db import transaction

from taskmanager.accounts.sessions import HashedKeys, hash_of


class SessionStore(HashedKeys, cached_db.SessionStore):
    """Django's cached store, with the hash of the key wherever that had the key."""

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
