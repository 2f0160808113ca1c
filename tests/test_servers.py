"""The servers of servers.py are started for real here, and really gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import servers

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
VARIABLES = ("TEST_DATABASE_URL", "TEST_REDIS_URL", "TEST_CHROMIUM")
POSTGRESQL = servers._postgresql_programs()
REDIS = shutil.which("redis-server")
# Where they come from containers or from somebody's variable, nothing is installed for these tests.
needs_postgresql = pytest.mark.skipif(not POSTGRESQL, reason="needs PostgreSQL's programs")
needs_redis = pytest.mark.skipif(not REDIS, reason="needs redis-server")


@pytest.fixture(autouse=True)
def given_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Be the only folder that programs are found in; it is empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(servers, "POSTGRES_HOMES", folder)
    return folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)


def ask(url: str, query: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row
        return str(row[0])


def redis_reply(url: str, command: str) -> str:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(4096).decode()


def redis_folder(url: str) -> Path:
    return Path(redis_reply(url, "CONFIG GET dir").splitlines()[-1])


def postgresql_folder(url: str) -> Path:
    return Path(ask(url, "SHOW data_directory")).parent


def is_gone(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@needs_postgresql
def test_postgresql_answers_and_leaves_no_trace() -> None:
    with servers.postgresql() as url:
        folder = postgresql_folder(url)
        assert ask(url, "SHOW fsync") == "off"
        assert ask(url, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(url, "SHOW unix_socket_directories") == ""
        assert ask(url, "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user") == "True"
        assert ask(url, "SELECT upper('ä')") == "Ä"
        # One that still talks must not hold the server up.
        talker = psycopg.connect(url)
    assert is_gone(url)
    assert not folder.exists()
    talker.close()


@needs_redis
def test_redis_answers_and_leaves_no_trace() -> None:
    with servers.redis() as url:
        folder = redis_folder(url)
        assert redis_reply(url, "PING") == "+PONG\r\n"
        assert folder.is_dir()
        redis_reply(url, "SET key value")
    assert is_gone(url)
    assert not folder.exists()


@needs_redis
def test_a_failing_test_run_leaves_no_trace_either() -> None:
    with pytest.raises(ZeroDivisionError), servers.redis() as url:
        raise ZeroDivisionError
    assert is_gone(url)


@needs_redis
def test_servers_run_side_by_side() -> None:
    with servers.redis() as one, servers.redis() as other:
        redis_reply(one, "SET key value")
        assert redis_reply(other, "GET key") == "$-1\r\n"


@needs_redis
def test_a_port_that_another_server_took_meanwhile_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free = servers.free_port
    with servers.redis() as one:
        # The other one answers like ours would, so an answer alone must not be trusted.
        ports = iter([urlsplit(one).port, free()])
        monkeypatch.setattr(servers, "free_port", lambda: next(ports))
        with servers.redis() as other:
            assert other != one
            assert redis_reply(other, "PING") == "+PONG\r\n"
        assert redis_reply(one, "PING") == "+PONG\r\n"


@pytest.mark.usefixtures("programs")
def test_what_is_given_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    # There is no program here to start anything with.
    for variable in VARIABLES:
        monkeypatch.setenv(variable, f"the {variable}")
    with servers.postgresql() as database_url, servers.redis() as redis_url:
        assert (database_url, redis_url) == ("the TEST_DATABASE_URL", "the TEST_REDIS_URL")
    assert servers.chromium() == "the TEST_CHROMIUM"


@pytest.mark.usefixtures("programs")
def test_on_an_empty_machine_a_sentence_names_the_way_out() -> None:
    with pytest.raises(servers.ServerMissing, match=r"^[^\n]+, or set TEST_DATABASE_URL\.$"):
        servers.postgresql().__enter__()
    with pytest.raises(servers.ServerMissing, match=r"^[^\n]+, or set TEST_REDIS_URL\.$"):
        servers.redis().__enter__()
    with pytest.raises(servers.ServerMissing, match=r"^[^\n]+, or set TEST_CHROMIUM to its path"):
        servers.chromium()


def test_a_server_that_does_not_start_shows_its_log(programs: Path) -> None:
    write_program(programs / "redis-server", "echo the disk is full; exit 1")
    with pytest.raises(servers.ServerFailed, match=r"redis-server does not start:\nthe disk is full"):
        servers.redis().__enter__()


@needs_postgresql
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("INITDB", r"initdb failed:\n(.*\n)*.*--nonsense"),
        ("POSTGRES", r"postgres does not.*:\n.*nonsense"),
    ],
)
def test_a_postgresql_that_does_not_start_shows_its_log(
    options: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, options, ["--nonsense=1"])
    with pytest.raises(servers.ServerFailed, match=said):
        servers.postgresql().__enter__()


@needs_redis
def test_a_container_is_the_second_choice(programs: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    write_program(
        programs / "docker",
        f"""
        echo "$@" >> {said}
        [ "$1" = run ] || exit 0
        for option in "$@"; do
            case $option in --publish=127.0.0.1:*:6379) port=${{option#*:}} ;; esac
        done
        exec {REDIS} --port "${{port%:*}}" --bind 127.0.0.1
        """,
    )
    with servers.redis() as url:
        assert redis_reply(url, "PING") == "+PONG\r\n"
    assert is_gone(url)
    info, inspect, run, remove = said.read_text().splitlines()
    assert info == "info"
    assert inspect == f"image inspect {servers.REDIS_IMAGE}"
    name = run.split("--name=")[1].split()[0]
    assert remove == f"rm --force --volumes {name}"


@needs_redis
@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_debians_package_is_the_last_choice_and_starts_no_service(
    programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy = tmp_path / "sbin" / "policy-rc.d"
    kept = tmp_path / "kept"
    kept.write_text("an administrator's")
    monkeypatch.setattr(servers, "APT_FILES", {policy: "#!/bin/sh\nexit 101\n", kept: "ours"})
    write_program(
        programs / "apt-get",
        f"""
        case "$*" in *"install -y --no-install-recommends redis-server")
            {policy}; [ $? = 101 ] && /bin/ln -s {REDIS} {programs}/redis-server
        esac
        """,
    )
    with servers.redis() as url:
        assert redis_reply(url, "PING") == "+PONG\r\n"
    assert not policy.exists()
    assert kept.read_text() == "an administrator's"
    said = capsys.readouterr().err
    assert said == "Installing redis-server, which the tests need and this machine lacks.\n"


@pytest.mark.skipif(not servers._which("chromium", "chromium-browser", "google-chrome"), reason="needs a browser")
def test_the_browser_is_one() -> None:
    version = subprocess.run([servers.chromium(), "--version"], capture_output=True, check=True)
    assert b"Chrom" in version.stdout


@pytest.fixture
def run() -> Iterator[subprocess.Popen[str]]:
    """Be a test run of its own, in a session of its own, that waits for its end."""
    arguments = [
        "tests.servers",
        "sh",
        "-c",
        "echo $TEST_DATABASE_URL $TEST_REDIS_URL; exec sleep 600",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | {"TEST_CHROMIUM": "not used"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


def first_line(run: subprocess.Popen[str]) -> list[str]:
    assert run.stdout
    return run.stdout.readline().split()


@needs_postgresql
@needs_redis
def test_a_killed_test_run_leaves_no_server_behind(run: subprocess.Popen[str]) -> None:
    database_url, redis_url = first_line(run)
    folders = [postgresql_folder(database_url), redis_folder(redis_url)]
    pid_file = folders[0] / "data" / "postmaster.pid"
    assert pid_file.exists()
    os.killpg(run.pid, signal.SIGKILL)
    wait_for(lambda: is_gone(database_url) and is_gone(redis_url))
    wait_for(lambda: not pid_file.exists())  # PostgreSQL's last deed
    for folder in folders:
        shutil.rmtree(folder)


@needs_postgresql
@needs_redis
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_test_run_stops_its_servers(run: subprocess.Popen[str], number: signal.Signals) -> None:
    database_url, redis_url = first_line(run)
    folders = [postgresql_folder(database_url), redis_folder(redis_url)]
    if number == signal.SIGINT:
        os.killpg(run.pid, number)  # as the terminal does
    else:
        run.send_signal(number)
    assert run.wait(timeout=30) == 128 + number
    assert run.stdout
    assert run.stdout.read() == ""  # the end of the file: the command is gone, too
    assert is_gone(database_url)
    assert is_gone(redis_url)
    assert not any(folder.exists() for folder in folders)


@pytest.mark.parametrize(("command", "code"), [("exit 7", 7), ("kill -TERM $$", 128 + signal.SIGTERM)])
def test_the_exit_code_is_the_commands(command: str, code: int) -> None:
    given = dict.fromkeys(VARIABLES, "given")
    check = 'test "$TEST_DATABASE_URL$TEST_REDIS_URL$TEST_CHROMIUM" = givengivengiven && '
    arguments = [sys.executable, "-m", "tests.servers", "sh", "-c", check + command]
    done = subprocess.run(arguments, cwd=ROOT, env=os.environ | given, check=False)
    assert done.returncode == code


@pytest.mark.usefixtures("programs")
def test_what_is_missing_is_said_in_one_line() -> None:
    arguments = [sys.executable, "-m", "tests.servers", "true"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "TEST_CHROMIUM" in done.stderr
