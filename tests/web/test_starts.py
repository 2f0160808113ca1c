"""The starts of Python that tests.preloaded gives are what a process of its own would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import preloaded

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
CHECK = ["-m", "taskmanager", "check"]
SHOW = "import os, sys; print(sorted(os.environ.items()), os.getcwd(), sys.path, sys.argv, sys.warnoptions, sep='\\n')"
READ_VARIABLES = {"taskmanager", "tests", "ninja", "prometheus_client"}


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        (CHECK, {}),
        (CHECK, {"PORT": "abc"}),
        (CHECK, {"SECRET_KEY_FILE": "/nowhere"}),
        ([str(ROOT / "manage.py"), "check"], {"PUBLIC_URL": "tasks.example.com"}),
        (["-c", SHOW, "one", "two words"], {"ONE": "1\n"}),
        (["-c", "import os; os._exit(7)"], {}),
        (["-c", "import os; os.abort()"], {}),
        (["-c", "import warnings; warnings.warn('Old.', stacklevel=1)"], {}),
        (["-c", "import sys; sys.stdout.write('an end without a line'); sys.stderr.write(sys.stdin.read() + '.')"], {}),
    ],
    ids=str,
)
def test_a_start_is_what_a_process_of_its_own_is(command, variables, tmp_path):
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path / "data"), **variables}
    options = [sys.executable, "-W", "error", *command]
    real = subprocess.run(
        options, env=env, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    ours = preloaded.run(command, env=env, cwd=tmp_path)
    assert (ours.returncode, ours.stdout) == (real.returncode, real.stdout)
    # A traceback names the lines that lead to the program, too.
    assert ours.stderr.splitlines()[-1:] == real.stderr.splitlines()[-1:]
    if "Traceback" not in real.stderr:
        assert ours.stderr == real.stderr


def test_nothing_of_ours_is_loaded_before(tmp_path):
    code = "import sys; from django.conf import settings; print(settings.configured, *sys.modules, sep='\\n')"
    done = preloaded.run(["-c", code], env={"PATH": os.environ["PATH"]}, cwd=tmp_path)
    configured, *modules = done.stdout.splitlines()
    assert configured == "False"
    assert {"django.core.management", "psycopg", "redis"} <= set(modules)
    assert [
        name for name in modules if name.split(".")[0] in {"taskmanager", "tests", "ninja", "prometheus_client"}
    ] == []
