"""`make image`: builds the image, starts its program on a throw-away PostgreSQL, and probes it.

A container engine does it where one works, and then the official bases are taken. Otherwise buildah does, as root, on
bases made of Debian's packages, which it keeps in IMAGE_CACHE.
"""

import argparse
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from deploy.image import bases
from deploy.image.engine import CHROOT, UID, Buildah, Docker, Program, working_engine
from taskmanager import __version__
from tests.servers import ServerFailed, ServerMissing, find_or_install, free_port, postgresql

TAG = os.environ.get("IMAGE", f"taskmanager:{__version__}")
# A test of a version that has no such addresses yet may ask for another page.
LIVENESS = os.environ.get("LIVENESS", "/health/liveness/")
READINESS = os.environ.get("READINESS", "/health/readiness/")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "taskmanager" / "image"
PATIENCE = 60  # seconds, for the program to answer
PROGRAMS = ("buildah", "debootstrap", "npm")  # where no engine works


class ProbeFailed(Exception):
    """The image was built, and doesn't do what it must; the message says which."""


class NotHere(Exception):
    """No image can be built on this machine, whatever is installed; the message says why."""


def main() -> int:
    """Build, start, probe; return the exit code."""
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument(
        "--where-possible", action="store_true", help="on a machine that can't build images, say so and end with 0"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    try:
        engine = _engine()
        try:
            _build_and_try(engine)
        finally:
            engine.clean()
    except NotHere as error:
        sys.stderr.write(f"make image: The image was not built. {error}\n")
        return 0 if given.where_possible else 1
    except (ProbeFailed, ServerFailed, ServerMissing, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"make image: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _engine() -> Docker | Buildah:
    if found := working_engine():
        return Docker(found)
    if os.geteuid() != 0:
        raise NotHere("No container engine works here, and without one only root can build: start Docker.")
    if subprocess.run([*CHROOT, "chroot", "/", "true"], capture_output=True, check=False).returncode:
        raise NotHere(
            "No container engine works here, and without one this root must be allowed name spaces and chroot."
        )
    if not shutil.which("apt-get") and (missing := [name for name in PROGRAMS if not shutil.which(name)]):
        raise NotHere(f"It takes a container engine that works, or Debian, or {' and '.join(missing)} installed.")
    for program in PROGRAMS:
        find_or_install(program, f"{program}, or a container engine that works")
    storage = Path(os.environ.get("IMAGE_CACHE", CACHE)).absolute()
    storage.mkdir(parents=True, exist_ok=True)
    buildah = Buildah(storage)
    buildah.clean()
    buildah.run("rmi", "--prune")
    bases.make_bases(buildah)
    return buildah


def _options(engine: Docker | Buildah) -> list[str]:
    given = {"VERSION": __version__}
    mounts: list[str] = []
    if isinstance(engine, Buildah):
        given |= {"PYTHON_IMAGE": bases.PYTHON, "NODE_IMAGE": bases.NODE}
        given |= {"NODE_EXTRA_CA_CERTS": str(bases.CERTIFICATES)}
        mounts = bases.mounts()
    return [*(f"--build-arg={name}={value}" for name, value in given.items()), *mounts]


def _build_and_try(engine: Docker | Buildah) -> None:
    began = time.monotonic()
    engine.build(TAG, _options(engine))
    print(f"Built {TAG} in {time.monotonic() - began:.0f} s: {engine.size(TAG) / 1e6:.0f} MB unpacked")
    with postgresql() as database_url, tempfile.TemporaryDirectory(prefix="taskmanager-image-") as folder:
        _try(engine, database_url, Path(folder) / "log")


def _try(engine: Docker | Buildah, database_url: str, log: Path) -> None:
    port = free_port()
    variables = {"DATABASE_URL": database_url, "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    variables |= {"WEB_CONCURRENCY": "2"}
    began = time.monotonic()
    with engine.program(TAG, ["taskmanager", "migrate", "--verbosity=0"], variables, log) as migration:
        if migration.process.wait(10 * PATIENCE):
            raise ProbeFailed(f"taskmanager migrate failed:\n{log.read_text()}")
    print(f"Migrated in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    with engine.program(TAG, ["taskmanager", "serve"], variables, log) as program:
        try:
            _wait(port, program)
            print(f"Answers {time.monotonic() - began:.1f} s after its start")
            _probe(engine, port, program)
        except ProbeFailed as error:
            raise ProbeFailed(f"{error}\nIts log:\n{log.read_text(errors='replace')[-4000:]}") from error
        if code := program.stop():
            raise ProbeFailed(f"It ended with {code} when it was asked to end.\n{log.read_text()[-4000:]}")
        print("Ended when it was asked to")


def _wait(port: int, program: Program) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if program.process.poll() is not None:
            raise ProbeFailed(f"It ended with {program.process.returncode} instead of serving.")
        with suppress(OSError, http.client.HTTPException):
            if _get(port, LIVENESS)[0]:
                return
        time.sleep(0.05)
    raise ProbeFailed(f"It doesn't answer within {PATIENCE} s.")


def _probe(engine: Docker | Buildah, port: int, program: Program) -> None:
    page = ""
    for path in (LIVENESS, READINESS, "/accounts/login/"):
        status, _, page = _get(port, path)
        _expect(status == http.client.OK, f"{path} answers {status}, not 200")
    static = re.search(r'(?:href|src)="(/static/[^"]+\.[0-9a-f]{12}\.(?:css|js))"', page)
    _expect(static is not None, "the sign-in page names no static file with a hash in its name")
    if static:
        status, headers, _ = _get(port, static[1])
        _expect(status == http.client.OK, f"{static[1]} answers {status}, not 200")
        _expect("immutable" in headers.get("Cache-Control", ""), f"{static[1]} may not be kept for ever")
    uid = program.execute("id", "-u").stdout.strip()
    _expect(uid == str(UID), f"it runs as user {uid or '?'}, not as {UID}")
    for folder in ("/", "/opt/taskmanager", "/etc"):
        _expect(program.execute("touch", f"{folder}/written").returncode != 0, f"{folder} can be written to")
    for folder in ("/data", "/tmp"):
        _expect(program.execute("touch", f"{folder}/written").returncode == 0, f"{folder} can't be written to")
    if isinstance(engine, Buildah):
        for place in bases.mounted():
            _expect(program.execute("test", "-e", str(place)).returncode != 0, f"the image kept this machine's {place}")
    for tool in ("cc", "gcc", "npm", "node"):
        _expect(program.execute("sh", "-c", f"command -v {tool}").returncode != 0, f"{tool} is in the image")
    check = program.execute("python", "/opt/taskmanager/healthcheck.py", str(port), LIVENESS)
    _expect(check.returncode == 0, f"the health check fails: {check.stderr}")
    check = program.execute("python", "/opt/taskmanager/healthcheck.py", "1")
    _expect(check.returncode == 1, "the health check succeeds where nobody listens")
    print(f"Alive, ready, with its pages and static files, as user {UID}; writes to /data and /tmp alone")


def _get(port: int, path: str) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode(errors="replace")


def _expect(is_right: bool, problem: str) -> None:  # noqa: FBT001 (reads as English)
    if not is_right:
        raise ProbeFailed(f"The image is not right: {problem}.")


def _leave(number: int, _frame: FrameType | None) -> None:
    # Unwinds the with blocks, which stop what was started.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
