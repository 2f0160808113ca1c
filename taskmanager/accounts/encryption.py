"""What the database holds and we must read again: encrypted with keys that come of the SECRET_KEY."""

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def encrypt(text: str, *, purpose: str) -> str:
    """Return the text as only this installation can read it, for this purpose alone."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def decrypt(token: str, *, purpose: str) -> str | None:
    """Return the text again; None where no SECRET_KEY of ours, nor a fallback, made it for this purpose."""
    try:
        return _fernet(purpose).decrypt(token).decode()
    except InvalidToken:
        return None


def keyed_hashes(text: str, *, purpose: str) -> list[str]:
    """Return the HMAC-SHA-256 of the text by the SECRET_KEY, which is the one to keep, then by each fallback."""
    return [hmac.digest(_key(secret, purpose), text.encode(), "sha256").hex() for secret in _secrets()]


def _secrets() -> tuple[str, ...]:
    return (str(settings.SECRET_KEY), *(str(each) for each in settings.SECRET_KEY_FALLBACKS))


def _fernet(purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_key(secret, purpose))) for secret in _secrets()])


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    # A key of its own for each purpose: what is stolen from one column is no use in another.
    return HKDF(SHA256(), length=32, salt=None, info=f"taskmanager.accounts.{purpose}".encode()).derive(secret.encode())
