"""Where somebody is signed in."""

from importlib import import_module
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from taskmanager.accounts.agents import in_words
from taskmanager.accounts.models.users import User
from taskmanager.accounts.sessions import AGENT_LENGTH


class Session(AbstractBaseSession):
    """A session, as the store of sessions.py keeps it."""

    session_key = models.CharField(
        max_length=64, primary_key=True, db_comment="SHA-256 of the key in the cookie, which is kept nowhere"
    )
    session_data = models.TextField(db_comment="What the session holds, signed")
    expire_date = models.DateTimeField(db_index=True, db_comment="When it ends, unless it is used before")
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="sessions",
        db_comment="Who is signed in; empty before a sign-in",
    )
    address = models.GenericIPAddressField(null=True, db_comment="Where it was last used from")
    agent = models.CharField(
        max_length=AGENT_LENGTH, blank=True, default="", db_comment="What the browser calls itself"
    )
    begun_at = models.DateTimeField(default=timezone.now, db_comment="When somebody signed in")
    seen_at = models.DateTimeField(default=timezone.now, db_comment="When it was last used, give or take five minutes")

    class Meta(AbstractBaseSession.Meta):
        db_table_comment = "Sessions; a signed cookie's worth of data each"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(seen_at__gte=models.F("begun_at")), name="accounts_session_is_seen_after_it_began"
            )
        ]

    def __str__(self) -> str:
        return self.browser

    @classmethod
    def get_session_store_class(cls) -> Any:
        """Return the store of the settings."""
        return import_module(settings.SESSION_ENGINE).SessionStore

    @property
    def browser(self) -> str:
        """The browser in words."""
        return in_words(self.agent)
