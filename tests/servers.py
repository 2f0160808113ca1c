"""Real servers for the tests: PostgreSQL, Redis and a browser, from whatever the machine has.

Each comes from the first of these: its TEST_ variable, installed programs, a container, Debian's
package. What a variable names is never started or stopped here; all else is started for this run
alone, on a free port of 127.0.0.1, and is stopped and wiped afterwards.

    python -m tests.servers COMMAND...    runs a command with all three in its environment
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

# In commands {folder}, {name} (the folder's) and {port} are filled in by _process().
# C.UTF-8 is in Debian and in the image, and its upper() and lower() know more than ASCII.
INITDB = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
# The data is thrown away, so nothing has to survive a power cut. N: connections.
POSTGRES = ["--fsync=off", "--synchronous_commit=off", "--full_page_writes=off", "-N200"]
REDIS = ["--save", "", "--appendonly", "no"]
# In the foreground, so that the engine's client is our child and hands signals on.
CONTAINER = ["run", "--rm", "--name={name}"]
POSTGRES_IMAGE = "docker.io/library/postgres:17"
REDIS_IMAGE = "docker.io/library/redis:7"
# What to send to a server, and what its reply begins with. PostgreSQL's is the first message of
# protocol 3.0; R is about authentication, E would be "the database system is starting up".
POSTGRES_HELLO = (b"\0\0\0\x17\0\3\0\0user\0postgres\0\0", b"R")
REDIS_HELLO = (b"PING\r\n", b"+PONG")
POSTGRES_HOMES = Path("/usr/lib/postgresql")  # Debian keeps initdb and postgres off the PATH
# Debian's packages start their service and make a cluster for it, unless these files say no.
APT_FILES = {
    Path("/usr/sbin/policy-rc.d"): "#!/bin/sh\nexit 101\n",
    Path("/etc/postgresql-common/createcluster.d/tests.conf"): "create_main_cluster = false\n",
}
ENDING = {signal.SIGINT, signal.SIGTERM}
PATIENCE = 60  # seconds, for a server to start and for one to stop
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerMissing(Exception):
    """What the tests need is not here, and there is no way to get it."""


class ServerFailed(Exception):
    """The server is here but does not start; the message ends with what it said."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a PostgreSQL whose user may create databases. For the main thread.

    Raises ServerMissing, ServerFailed.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    need = "PostgreSQL: install its server, with initdb, or Docker, or set TEST_DATABASE_URL"
    programs, engine = _find_or_install(_postgresql_programs, "postgresql", POSTGRES_IMAGE, need)
    initdb = None
    if engine:
        publish = ["--publish=127.0.0.1:{port}:5432", "--env=POSTGRES_HOST_AUTH_METHOD=trust"]
        settings = [*publish, f"--env=POSTGRES_INITDB_ARGS={' '.join(INITDB)}"]
        command = [engine, *CONTAINER, *settings, POSTGRES_IMAGE, "postgres", *POSTGRES]
    else:
        initdb = [f"{programs}/initdb", "-D{folder}/data", "-Upostgres", "-Atrust", *INITDB]
        # No socket file: its path may have 107 bytes only, and TMPDIR may be of any length.
        place = ["--listen_addresses=127.0.0.1", "--port={port}", "--unix_socket_directories="]
        command = [f"{programs}/postgres", "-D{folder}/data", *place, *POSTGRES]
    with _server(command, POSTGRES_HELLO, engine, initdb) as port:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


@contextmanager
def redis() -> Iterator[str]:
    """Give the URL of an empty Redis. For the main thread.

    Raises ServerMissing, ServerFailed.
    """
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    need = "Redis: install redis-server or Docker, or set TEST_REDIS_URL"
    find = partial(_which, "redis-server")
    program, engine = _find_or_install(find, "redis-server", REDIS_IMAGE, need)
    if engine:
        # Protected mode would refuse the engine's bridge; the port is published on 127.0.0.1 only.
        settings = ["--publish=127.0.0.1:{port}:6379", REDIS_IMAGE, "redis-server", *REDIS]
        command = [engine, *CONTAINER, *settings, "--protected-mode", "no"]
    else:
        place = ["--dir", "{folder}", "--bind", "127.0.0.1", "--port", "{port}"]
        command = [program, *REDIS, *place]
    with _server(command, REDIS_HELLO, engine) as port:
        yield f"redis://127.0.0.1:{port}/0"


def chromium() -> str:
    """Return the path of a Chromium or Chrome. Raises ServerMissing."""
    if given := os.environ.get("TEST_CHROMIUM"):
        return given
    need = "a browser: install chromium, or set TEST_CHROMIUM to its path"
    find = partial(_which, "chromium", "chromium-browser", "google-chrome")
    return _find_or_install(find, "chromium", None, need)[0]


def find_or_install(program: str, need: str) -> str:
    """Return the path of a program of Debian's package of that name. Raises ServerMissing."""
    return _find_or_install(partial(_which, program), program, None, need)[0]


def prometheus(program: str = "prometheus") -> str:
    """Return the path of Prometheus, or of another program of its package. Raises ServerMissing."""
    need = "Prometheus: install prometheus, with promtool"
    return _find_or_install(partial(_which, program), "prometheus", None, need)[0]


def main() -> int:
    """Run the command of the command line beside the servers; return its exit code."""
    if not sys.argv[1:]:
        sys.stderr.write("usage: python -m tests.servers COMMAND...\n")
        return 2
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)
    try:
        given = {"TEST_CHROMIUM": chromium()}
        static = tempfile.TemporaryDirectory(prefix="taskmanager-tests-static-")
        with static as folder, postgresql() as database_url, redis() as redis_url:
            given["TEST_STATIC"] = folder  # what tests/static.py collects, once for all runs of pytest
            given |= {"TEST_DATABASE_URL": database_url, "TEST_REDIS_URL": redis_url}
            # A signal between its start and our knowing of it would leave it behind.
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
            command = subprocess.Popen(sys.argv[1:], env=os.environ | given, preexec_fn=_listen)  # noqa: PLW1509 (we have no threads)
            try:
                _listen()
                code = command.wait()
            except SystemExit as leaving:
                # The terminal sends Ctrl-C to the command, too, and a second one would cut its own
                # cleaning up short. SIGTERM came to us alone.
                _end(command, None if leaving.code == 128 + signal.SIGINT else signal.SIGTERM)
                raise
    except (ServerMissing, ServerFailed, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return code if code >= 0 else 128 - code


def _listen() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def _leave(number: int, _frame: FrameType | None) -> None:
    # Unwinds the with blocks, which stop the servers; an impatient second signal must not hinder.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _find_or_install(
    find: Callable[[], str | None], package: str, image: str | None, need: str
) -> tuple[str, str | None]:
    """Return what `find` finds, or else the image and the engine to run it with."""
    if found := find():
        return found, None
    if image and (engine := _container_engine(image)):
        return image, engine
    if _install(package) and (found := find()):
        return found, None
    raise ServerMissing(f"The tests need {need}.")


@contextmanager
def _server(
    command: list[str],
    hello: tuple[bytes, bytes],
    engine: str | None,
    first: list[str] | None = None,
) -> Iterator[int]:
    """Run `first` to its end, then the command; give the port once the server is ready.

    Ready means that its own log says so, too: what answers on the port may be another run's server
    that took it in the meantime. Then the next attempt takes another. Raises ServerFailed.
    """
    with _folder(for_anyone=first is not None) as folder:
        log = folder / "log"
        if first:
            with _process(first, folder) as process:
                if process.wait():
                    raise ServerFailed(f"{first[0]} failed:\n{_tail(log)}")
        for _attempt in range(3):
            port = free_port()
            with _process(command, folder, port, engine) as process:
                deadline = time.monotonic() + PATIENCE
                while process.poll() is None and time.monotonic() < deadline:
                    if "eady to accept connections" in _tail(log) and _answers(port, hello):
                        yield port
                        return
                    time.sleep(0.02)
        raise ServerFailed(f"{command[0]} does not start:\n{_tail(log)}")


@contextmanager
def _folder(*, for_anyone: bool) -> Iterator[Path]:
    """Give a fresh folder that belongs to whoever is to run the server in it.

    PostgreSQL refuses to run as root, so for root that is somebody else, who has to be able to
    walk to the folder.
    """
    place = Path(tempfile.gettempdir()).resolve()
    somebody = None
    if for_anyone and os.geteuid() == 0:
        accounts = {account.pw_name: account for account in pwd.getpwall()}
        somebody = accounts.get("postgres") or accounts["nobody"]
        if not all(parent.stat().st_mode & 0o001 for parent in (place, *place.parents)):
            place = Path("/tmp")
    with tempfile.TemporaryDirectory(prefix="taskmanager-test-", dir=place) as folder:
        if somebody:
            os.chown(folder, somebody.pw_uid, somebody.pw_gid)
        yield Path(folder)


@contextmanager
def _process(
    command: list[str], folder: Path, port: int = 0, engine: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program as the folder's owner, with its output in the folder's log, and end it."""
    values = {"folder": folder, "name": folder.name, "port": port}
    owner = folder.stat()
    ours = owner.st_uid == os.geteuid()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [part.format_map(values) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=None if ours else owner.st_uid,
            group=None if ours else owner.st_gid,
            extra_groups=None if ours else [],
            start_new_session=True,  # Ctrl-C is for the tests, which still need the server
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509  it takes no lock
        )
    try:
        yield process
    finally:
        if engine:  # the first process of a container may ignore signals while it boots
            _works([engine, "rm", "--force", "--volumes", folder.name])
        _end(process, signal.SIGINT)  # PostgreSQL's fast shutdown


def _die_with(parent: int) -> None:
    # A run that is killed hard cannot stop its servers, so the kernel does. subprocess calls this
    # after setuid(), which would clear the wish, and before exec(), which keeps it. The kernel goes
    # by the thread that forked, not by its process: hence "for the main thread".
    if LIBC:
        LIBC.prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it died before the wish was known
        os._exit(1)


def _end(process: subprocess.Popen[bytes], number: signal.Signals | None) -> None:
    if number:
        process.send_signal(number)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, hello: tuple[bytes, bytes]) -> bool:
    message, beginning = hello
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(message)
            return connection.recv(64).startswith(beginning)
    except OSError:
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def _which(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _postgresql_programs() -> str | None:
    """Return the folder of initdb and postgres: the one on the PATH, else Debian's newest."""
    found = shutil.which("postgres")
    homes = sorted(POSTGRES_HOMES.glob("[0-9]*/bin"), key=lambda home: -float(home.parent.name))
    folders = [Path(found).resolve().parent, *homes] if found else homes
    both = (f for f in folders if (f / "initdb").exists() and (f / "postgres").exists())
    return next(map(str, both), None)


def _container_engine(image: str) -> str | None:
    """Return the container engine that works here and has, or gets, the image."""
    for engine in filter(None, map(shutil.which, ("docker", "podman"))):
        if _works([engine, "info"]):
            if _works([engine, "image", "inspect", image]):
                return engine
            sys.stderr.write(f"Pulling {image}, which the tests need and this machine lacks.\n")
            if _works([engine, "pull", image], errors=None):
                return engine
    return None


def _install(package: str) -> bool:
    """Install Debian's package without starting what is in it; return whether that worked."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    sys.stderr.write(f"Installing {package}, which the tests need and this machine lacks.\n")
    written = [path for path in APT_FILES if not path.exists()]
    try:
        for path in written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(APT_FILES[path])
            path.chmod(0o755)
        # An apt that runs already is waited for. Half an update may do: what counts is the package.
        command = [apt, "-qq", "-o", "DPkg::Lock::Timeout=300"]
        _works([*command, "update"], errors=None)
        return _works([*command, "install", "-y", "--no-install-recommends", package], errors=None)
    finally:
        for path in written:
            path.unlink(missing_ok=True)


def _works(command: list[str], errors: int | None = subprocess.DEVNULL) -> bool:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    null = subprocess.DEVNULL
    done = subprocess.run(command, env=env, stdin=null, stdout=null, stderr=errors, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
