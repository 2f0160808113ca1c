"""What nobody needs any more of tokens and of the audit."""

from typing import Any

from django.core.management.base import BaseCommand

from taskmanager.accounts import services


class Command(BaseCommand):
    """Deletes old rows; the worker calls it once a day, as it calls Django's clearsessions."""

    help = "Delete tokens that ended long ago, and what the audit kept for longer than AUDIT_DAYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them."""
        services.forget_ended_tokens()
        services.forget_old_events()
