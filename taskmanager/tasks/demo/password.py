"""The demo's password, kept beside the database so that each start can print it."""

from pathlib import Path

from django.conf import settings

from taskmanager.settings.environment import keep_secret, kept_secret

PATH = Path(settings.DATA_DIR) / "demo-password"


def kept_password() -> str:
    """Return the password that is kept, made on the first call."""
    return kept_secret(PATH, random_bytes=9)


def keep_password(password: str) -> None:
    """Keep this password instead."""
    PATH.unlink(missing_ok=True)
    keep_secret(PATH, password)
