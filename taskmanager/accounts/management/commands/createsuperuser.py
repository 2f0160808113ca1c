"""Django's createsuperuser, for a user of an organization, which is named by its slug."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import IntegrityError

from taskmanager.accounts.models import Organization


class Command(createsuperuser.Command):
    """Takes the organization's slug where Django would want its id."""

    help = "Create a user of an organization who may do everything."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the user. Raises CommandError for an unknown organization and for a name that is taken there."""
        if options["organization"] is None and not options["interactive"]:
            options["organization"] = os.environ.get("DJANGO_SUPERUSER_ORGANIZATION")
        if options["organization"] is not None:
            options["organization"] = self._id_of(options["organization"])
        try:
            super().handle(*args, **options)
        except IntegrityError as error:
            raise CommandError("That organization has a user with this name or e-mail address already.") from error

    def get_input_data(self, field: Any, message: str, default: str | None = None) -> Any:
        """Ask for a value; for the organization, until it is the slug of one."""
        if field.name != "organization":
            return super().get_input_data(field, message, default)
        try:
            return self._id_of(input("Organization (its short name, as in sign-in): "))
        except CommandError as error:
            self.stderr.write(str(error))
            return None

    def _id_of(self, slug: str) -> int:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            known = Organization.objects.order_by("slug").values_list("slug", flat=True)[:10]
            hint = f"There are: {', '.join(known)}." if known else "Register one at /accounts/register/ first."
            raise CommandError(f'There is no organization "{slug}". {hint}')
        return organization.pk
