"""The static files as the product collects them: once for all programs that the tests of a run start."""

import fcntl
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECT = """
import django
django.setup()
from taskmanager.tasks.management.commands.serve import collect_static_files
collect_static_files(clear=False)
"""


@cache
def static_root() -> str:
    """Return the value of STATIC_ROOT for a program; what is to be found there, the first who asks collects."""
    folder = Path(os.environ["TEST_STATIC"])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "taskmanager.settings.production",
        "DATA_DIR": str(folder / "var"),
        "STATIC_ROOT": str(folder / "static"),
    }
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The stamp is written last, and a program that finds its own there leaves the folder alone.
        if not (folder / "static/.collected").is_file():
            subprocess.run([sys.executable, "-c", COLLECT], cwd=ROOT, env=environment, check=True)
    return environment["STATIC_ROOT"]
