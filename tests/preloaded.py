"""Starts of Python without the price of one: a process that has the libraries already forks for each.

A start is one in all else: its own environment, folder, arguments and output, Python's own end, warnings as errors, and
not a module of ours loaded. tests/web/test_starts.py compares it with a process of its own.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

# What a start of the product imports. Nothing that reads our variables, or the settings, while it is imported: Ninja
# and prometheus_client do, and so does whatever has models.
LIBRARIES = [
    "cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "django.conf.urls.static",
    "django.contrib.staticfiles.storage", "django.core.cache.backends.redis", "django.core.checks.security.base",
    "django.core.mail.backends.smtp", "django.core.management", "django.core.management.commands.check",
    "django.core.serializers.json", "django.db.migrations.autodetector", "django.db.models", "django.forms",
    "django.template.backends.django", "django.test", "django.utils.csp", "django.views.generic", "django_htmx.http",
    "dj_database_url", "environs", "gunicorn.app.base", "jwt", "markdown_it", "nh3", "PIL.Image", "psycopg",
    "psycopg_pool", "pydantic", "redis", "requests", "webauthn", "whitenoise.middleware",
]  # fmt: skip


def run(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `python -W error` with this command: `-m module`, `-c code` or a file, each with its arguments."""
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        request = {"command": list(command), "env": dict(env), "cwd": str(cwd), "output": [out.name, err.name]}
        process = _process()
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{json.dumps(request)}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, "The process that starts others has ended."
        return subprocess.CompletedProcess(list(command), int(answer), out.read(), err.read())


@cache
def _process() -> subprocess.Popen[str]:
    # -P: the folder of this file, whose modules are called as some of Python's are, is not on the path.
    process = subprocess.Popen(
        [sys.executable, "-P", "-W", "error", __file__],
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)  # the end of its input is its end
    return process


def _serve(requests: IO[str], answers: IO[str]) -> dict[str, Any]:
    """Fork for each request, and answer with the exit code; return only in the fork, with the request."""
    for line in requests:
        child = os.fork()
        if not child:
            wanted: dict[str, Any] = json.loads(line)
            return wanted
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()
    sys.exit()


def _become(wanted: dict[str, Any]) -> None:
    os.chdir(wanted["cwd"])
    # Python writes a locale into the environment that gives it none.
    ours = {"LC_CTYPE": os.environ["LC_CTYPE"]} if "LC_CTYPE" in os.environ else {}
    os.environ.clear()
    os.environ.update(ours | wanted["env"])
    for number, name in enumerate([os.devnull, *wanted["output"]]):
        file = os.open(name, os.O_WRONLY if number else os.O_RDONLY)
        os.dup2(file, number)
        os.close(file)


def _start(command: list[str]) -> None:
    """Do what Python does with its command line."""
    option, *rest = command
    added = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if option == "-m":
        sys.argv = rest
        sys.path[:0] = [os.getcwd(), *added]  # noqa: PTH109 (a string)
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif option == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path[:0] = ["", *added]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = command
        sys.path[:0] = [str(Path(option).parent), *added]
        runpy.run_path(option, run_name="__main__")


if __name__ == "__main__":
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # what is shared stays shared
    wanted = _serve(sys.stdin, sys.stdout)
    _become(wanted)
    _start(wanted["command"])
