"""Sample data: a software team with three months of work behind it."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from taskmanager.tasks import demo


class Command(BaseCommand):
    """Makes the demo organization, and says how to sign in there."""

    help = "Make the demo organization, Acme: eight people, two projects and three months of work."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--reset",
            action="store_true",
            help="Delete the demo organization that is there, and everything in it, and make it anew.",
        )
        parser.add_argument("--password", help="The password of all of its people; without it, one is generated.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or leave the one that is there. Raises CommandError where a real Acme exists."""
        password = options["password"] or secrets.token_urlsafe(9)
        try:
            user = demo.load(password, reset=options["reset"])
        except demo.DemoExists as error:
            self.stdout.write(f"{error} The option --reset deletes it and makes it anew.")
            return
        except demo.AcmeIsTaken as error:
            raise CommandError(str(error)) from error
        demo.keep_password(password)  # so that `serve` prints it from now on
        self.stdout.write(f"Organization: {user.organization.slug}")
        self.stdout.write(f"Username: {user.username}")
        self.stdout.write(f"Password: {password}")
