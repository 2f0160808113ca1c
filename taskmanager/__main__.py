"""The command `taskmanager`: Django's commands with the settings of a server."""

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command that the command line names; wrong configuration ends it with a sentence."""
    try:
        if "DJANGO_SETTINGS_MODULE" not in os.environ:
            os.environ["DJANGO_SETTINGS_MODULE"] = "taskmanager.settings.production"
            _keep_secret_keys()
        # Django would hide an error in the settings from some commands: ask for them here, first.
        from django.conf import settings  # noqa: PLC0415 (reads the environment)

        _ = settings.DEBUG
        if sys.argv[1:2] == ["serve"]:
            # Before anything of the product is imported that counts.
            from taskmanager.settings.environment import metrics_folder  # noqa: PLC0415

            metrics_folder()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"taskmanager: {error}")


def _keep_secret_keys() -> None:
    """Let a server for this machine, or a trusted network, start without secret keys of its own.

    Whoever serves an https address is in production and has to give them: several machines have to agree on them.
    """
    from taskmanager.settings import environment  # noqa: PLC0415 (this reads the environment)

    if os.environ.get("PUBLIC_URL", "").startswith("https:"):
        return
    for name, file in environment.KEPT_SECRETS.items():
        if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
            folder: Path = environment.data_dir()
            os.environ[name] = environment.kept_secret(folder / file)


if __name__ == "__main__":
    main()
