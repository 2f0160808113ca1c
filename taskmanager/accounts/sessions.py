"""Sessions in the database, under the hash of their key: who steals the table has no cookie.

Each one that belongs to somebody knows when it began, when it was last used, and from where, for the list of one's own.
"""

import datetime
import hashlib
import time
from collections.abc import Collection
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

AGENT_LENGTH = 300
# What a session holds about its use, and after how many seconds that is written anew.
USE_KEY = "use"
USE_SECONDS = 300
# By which second factor a session was begun: "totp", "recovery", "passkey", or "sso", where the provider cares for it.
SECOND_FACTOR_KEY = "second_factor"


def hash_of(session_key: str | None) -> str:
    """Return what the key of a session is kept as. It has 165 random bits, so no salt is needed."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


def note_use(session: Any, *, address: str, agent: str) -> None:
    """Note in somebody's session that it is used, and from where: at the sign-in, then every few minutes at most."""
    if not session.accessed or USER_KEY not in session:
        return
    now = time.time()
    use = session.get(USE_KEY, {})
    if now - use.get("seen", 0) >= USE_SECONDS:
        begun = use.get("begun", now)
        # A clock may have been set back meanwhile.
        session[USE_KEY] = {"begun": begun, "seen": max(begun, now), "address": address, "agent": agent[:AGENT_LENGTH]}


class HashedKeys(db.SessionStore):
    """Django's store, with the hash of the key wherever that had the key."""

    @classmethod
    def get_model_class(cls) -> Any:
        """Return our model."""
        from taskmanager.accounts.models import Session  # noqa: PLC0415 (models are loaded after the store)

        return Session

    @classmethod
    def forget(cls, hashes: Collection[str]) -> None:
        """End the sessions with these hashes."""
        cls.get_model_class().objects.filter(pk__in=hashes).delete()

    def _get_session_from_db(self) -> Any:
        rows = self.model.objects.filter(pk=hash_of(self.session_key), expire_date__gt=timezone.now())
        row = rows.first()
        if row is None:
            self._session_key = None
        return row

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self._get_session_from_db)()

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return bool(self.model.objects.filter(pk=hash_of(session_key)).exists())

    async def aexists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return await sync_to_async(self.exists)(session_key)

    def create_model_instance(self, data: Any) -> Any:
        """Return the row that is to be written."""
        user_id = data.get(USER_KEY)
        if user_id and USE_KEY not in data:
            # Signed in without a page of ours, by a test or a command.
            data[USE_KEY] = {**dict.fromkeys(("begun", "seen"), time.time()), "address": "", "agent": ""}
        use = data.get(USE_KEY, {}) if user_id else {}
        now = timezone.now()
        times = {
            name: datetime.datetime.fromtimestamp(use[key], datetime.UTC) if use else now
            for name, key in (("begun_at", "begun"), ("seen_at", "seen"))
        }
        model: Any = self.model
        return model(
            session_key=hash_of(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(user_id) if user_id else None,
            address=use.get("address") or None,
            agent=use.get("agent", ""),
            **times,
        )

    async def acreate_model_instance(self, data: Any) -> Any:
        """Return the row that is to be written."""
        return await sync_to_async(self.create_model_instance)(data)

    def delete(self, session_key: str | None = None) -> None:
        """End the session with the key, this one by default."""
        if key := session_key or self.session_key:
            self.forget([hash_of(key)])

    async def adelete(self, session_key: str | None = None) -> None:
        """End the session with the key, this one by default."""
        await sync_to_async(self.delete)(session_key)


class SessionStore(HashedKeys):
    """What Django asks this module for."""
