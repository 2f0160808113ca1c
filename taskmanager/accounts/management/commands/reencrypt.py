"""The second step of a new SECRET_KEY, after which the former one can go."""

from typing import Any

from django.core.management.base import BaseCommand

from taskmanager.accounts import services


class Command(BaseCommand):
    """Encrypts again what SECRET_KEY_FALLBACKS can read, by the SECRET_KEY."""

    help = "Encrypt the secrets in the database by the present SECRET_KEY, so that SECRET_KEY_FALLBACKS can be emptied."

    def handle(self, *args: Any, **options: Any) -> None:
        """Encrypt them, and say how many and what stays with the former key."""
        done = services.reencrypt()
        self.stdout.write(f"Encrypted by the present SECRET_KEY: {done.renewed}.")
        if done.unreadable:
            self.stderr.write(
                f"No key reads {done.unreadable} more: put the SECRET_KEY of their day into SECRET_KEY_FALLBACKS and "
                "run this again, or let their owners set them up anew."
            )
        if done.recovery_codes:
            self.stderr.write(
                f"{done.recovery_codes} recovery codes are kept as hashes, which can't be made anew: those made before "
                "the new SECRET_KEY end with the former one. Their owners make new ones on the page Second factor."
            )
