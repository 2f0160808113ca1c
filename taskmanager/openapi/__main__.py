"""`python -m taskmanager.openapi` prints the API's document, as docs/openapi.json has it."""

import os
import sys

import django


def main() -> None:
    """Print it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.dev")
    django.setup()
    from taskmanager.api import api  # noqa: PLC0415 (only now are the models there)
    from taskmanager.openapi import published  # noqa: PLC0415

    sys.stdout.write(published(api.get_openapi_schema()))


if __name__ == "__main__":
    main()
