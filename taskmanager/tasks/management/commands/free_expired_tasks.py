"""The regular round through the claims that hold for a time only."""

from typing import Any

from django.core.management.base import BaseCommand

from taskmanager.tasks import services


class Command(BaseCommand):
    """Frees tasks; the worker runs it every few seconds."""

    help = "Give tasks back to everybody whose lease has ended, because nobody renewed it."
    requires_system_checks = ()  # they would cost more than the look itself

    def handle(self, *args: Any, **options: Any) -> None:
        """Free them, and say how many they were."""
        count = services.free_expired_tasks()
        if options["verbosity"] > 0:
            self.stdout.write(f"Freed: {count:,} {'task' if count == 1 else 'tasks'}.")
