"""After a new SECRET_KEY: what the former one encrypted, encrypted again."""

from dataclasses import dataclass

from django.conf import settings

from taskmanager.accounts import encryption
from taskmanager.accounts.models import Authenticator, RecoveryCode, SingleSignOn
from taskmanager.accounts.models.single_sign_on import SECRET_PURPOSE
from taskmanager.accounts.services.authenticators import PURPOSE as AUTHENTICATOR_PURPOSE

# What is kept encrypted: its rows, its column, and the purpose of its key.
ENCRYPTED = (
    (Authenticator.objects, "key", AUTHENTICATOR_PURPOSE),
    (SingleSignOn.objects, "client_secret", SECRET_PURPOSE),
)


@dataclass(frozen=True)
class Reencrypted:
    """What became of the secrets."""

    renewed: int = 0
    unreadable: int = 0  # encrypted by a key that is neither SECRET_KEY nor a fallback: nothing can read them
    recovery_codes: int = 0  # that are left; hashes, which can't be made anew, so they stay with the key of their day


def reencrypt() -> Reencrypted:
    """Encrypt every secret of the database by the present SECRET_KEY, so that the former ones can go.

    May run beside the server, and again. Whoever uses a code of an app in the very moment has to type it once more.
    """
    renewed = unreadable = 0
    for rows, column, purpose in ENCRYPTED:
        for pk, token in rows.values_list("pk", column).iterator():
            secret = encryption.decrypt(token, purpose=purpose)
            if secret is None:
                unreadable += 1
                continue
            # Where somebody has just saved another secret, theirs stays; it is of the present key.
            same = rows.filter(pk=pk, **{column: token})
            renewed += same.update(**{column: encryption.encrypt(secret, purpose=purpose)})
    left = RecoveryCode.objects.left().count() if settings.SECRET_KEY_FALLBACKS else 0
    return Reencrypted(renewed, unreadable, left)
