"""What the database holds and we must read again: encrypted with keys that come of the SECRET_KEY.

cryptography is imported where it is used: it takes 8 MB, and few requests have anything to do with secrets.
"""

import base64
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def encrypt(text: str, *, purpose: str) -> str:
    """Return the text as only this installation can read it, for this purpose alone."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def decrypt(token: str, *, purpose: str) -> str | None:
    """Return the text again; None where no SECRET_KEY of ours, nor a fallback, made it for this purpose."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 (see above)

    try:
        return _fernet(purpose).decrypt(token).decode()
    except InvalidToken:
        return None


def keyed_hashes(text: str, *, purpose: str) -> list[str]:
    """Return the HMAC-SHA-256 of the text by the SECRET_KEY, which is the one to keep, then by each fallback."""
    return [hmac.digest(_key(secret, purpose), text.encode(), "sha256").hex() for secret in _secrets()]


def _secrets() -> tuple[str, ...]:
    return (str(settings.SECRET_KEY), *(str(each) for each in settings.SECRET_KEY_FALLBACKS))


def _fernet(purpose: str) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 (see above)

    return MultiFernet([Fernet(base64.urlsafe_b64encode(_key(secret, purpose))) for secret in _secrets()])


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 (see above)
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 (see above)

    # A key of its own for each purpose: what is stolen from one column is no use in another.
    return HKDF(SHA256(), length=32, salt=None, info=f"taskmanager.accounts.{purpose}".encode()).derive(secret.encode())
