"""The way out for an organization's only Admin, who has lost phone, passkeys and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from taskmanager.accounts import services
from taskmanager.accounts.models import User


class Command(BaseCommand):
    """Takes a user's second factors away, from the machine that the server runs on."""

    help = "Take away the second factor of somebody who has lost it, where no other Admin can."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose it is."""
        parser.add_argument("username", help="username or e-mail address")
        parser.add_argument("--organization", required=True, help="its short name, as in sign-in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it away. Raises CommandError where there is no such user."""
        people = User.objects.named(options["username"]).filter(organization__slug=options["organization"])
        user = people.first()
        if user is None:
            raise CommandError(f'There is no "{options["username"]}" in "{options["organization"]}".')
        services.reset_lost_second_factor(user)
        self.stdout.write(f"{user.username} has no second factor any more, and is signed out everywhere.")
