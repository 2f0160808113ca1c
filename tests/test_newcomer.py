"""The newcomer's path: a clean clone in an empty folder, one command, and the board is there."""

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 300

pytestmark = pytest.mark.newcomer


def bare_environment(**extra: str) -> dict[str, str]:
    """Return the environment of a person who has set nothing of ours."""
    ours = re.compile(
        r"DJANGO_|DATABASE_|DB_|REDIS_|DATA_DIR|SECRET_KEY|JWT_|ALLOWED_|TEST_|PUBLIC_URL|DEMO|PYTHONPATH|VIRTUAL_ENV|MAKE|MFLAGS"
    )
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return {**kept, "WEB_CONCURRENCY": "1", **extra}


@contextmanager
def started(*command: str, cwd: Path, env: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start the product; yield the lines that it prints, as {"Address": …}. Stop it as Ctrl+C would."""
    start = time.monotonic()
    log = (cwd / "log.txt").open("w+")
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
    )
    try:
        lines = dict(read_lines(process))
        print(f"{' '.join(command[-2:])}: ready after {time.monotonic() - start:.1f} s")
        if "Password" not in lines:
            log.seek(0)
            pytest.fail(f"It printed {lines}, and on the error channel:\n{log.read()[-3000:]}")
        yield lines
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
        log.close()


def read_lines(process: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    assert process.stdout
    for line in process.stdout:
        name, _, value = line.rstrip("\n").partition(": ")
        yield name, value
        if name == "Password" or time.monotonic() > deadline:
            return


def sign_in(lines: dict[str, str]) -> str:
    """Sign in with the printed lines over HTTP, and return the page on which that ends."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"{lines['Address']}/accounts/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.open(address).read().decode())
    assert token
    form = {
        "csrfmiddlewaretoken": token[1],
        "organization": lines["Organization"],
        "username": lines["Username"],
        "password": lines["Password"],
    }
    request = urllib.request.Request(address, urllib.parse.urlencode(form).encode(), {"Referer": address})
    with browser.open(request) as response:
        assert urllib.parse.urlsplit(response.url).path == "/"
        page: str = response.read().decode()
    return page


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed, with nothing installed."""
    folder = tmp_path_factory.mktemp("newcomer") / "taskmanager"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def test_make_run_leads_from_a_clean_clone_to_a_board_full_of_tasks_and_starts_again(clone: Path):
    environment = bare_environment(PORT=free_port())
    with started("make", "run", cwd=clone, env=environment) as first:
        assert first["Address"] == f"http://127.0.0.1:{environment['PORT']}"
        assert first["Organization"] == "acme"
        page = sign_in(first)
        assert page.count('class="card') > 30
        assert "Let people sign in with a passkey" in page
        static = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert static
        for path in static:
            with urllib.request.urlopen(first["Address"] + path) as response:
                assert response.status == 200
    with started("make", "run", cwd=clone, env=environment) as second:
        assert second == first
        assert "Let people sign in with a passkey" in sign_in(second)


def test_an_old_python_is_told_how_to_get_a_new_one(clone: Path, tmp_path: Path):
    for name in ("python3", "python3.11"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    for program in ("sh", "cat"):
        (tmp_path / program).symlink_to(f"/bin/{program}")
    result = subprocess.run(
        ["/bin/sh", "make-venv.sh"], cwd=clone, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "needs Python 3.12 or later" in result.stderr


def test_the_installed_package_serves_from_any_folder(clone: Path, tmp_path: Path):
    packages, elsewhere = tmp_path / "packages", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(packages), str(clone)]
    subprocess.run(install, check=True, env=bare_environment())
    environment = bare_environment(PORT=free_port(), DEMO="1", PYTHONPATH=str(packages))
    with started(sys.executable, "-m", "taskmanager", "serve", cwd=elsewhere, env=environment) as lines:
        page = sign_in(lines)
        for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            with urllib.request.urlopen(lines["Address"] + path) as response:
                assert response.status == 200
    assert (elsewhere / "var" / "taskmanager.sqlite3").is_file()
