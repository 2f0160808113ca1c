"""Django's `migrate`, guarded: it waits for a database that starts, and of several servers one migrates at a time."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate

from taskmanager.operations import migrating


class Command(migrate.Command):
    """Migrates while no other process does."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how long to wait for others."""
        super().add_arguments(parser)
        parser.add_argument(
            "--wait",
            type=float,
            default=migrating.PATIENCE,
            metavar="SECONDS",
            help="how long to wait for another process that migrates (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Wait for the database, then migrate; what changes nothing waits for nobody."""
        if options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        try:
            migrating.wait_for_database(tell=self._tell)
            with migrating.alone(tell=self._tell, patience=options["wait"]):
                migrating.require_no_gap()
                return super().handle(*args, **options)
        except (migrating.NoAnswer, migrating.StillBusy, migrating.StoppedInBetween) as error:
            raise CommandError(str(error)) from error

    def _tell(self, text: str) -> None:
        self.stderr.write(text, style_func=str)
