"""`make audit`: a known vulnerability fails, no network is said, and nothing that went wrong passes for safety."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import audit
from tests.test_newcomer import free_port

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
FILES = ["audit.py", "requirements.txt", "requirements-dev.txt", "package.json", "package-lock.json", ".npmrc"]
OSV = {
    "id": "PYSEC-2099-1",
    "aliases": ["CVE-2099-1"],
    "summary": "Django gives everything away.",
    "affected": [{
        "package": {"name": "django", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
    }],
}  # fmt: skip
NPM = {
    "id": 1,
    "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
    "title": "Bootstrap gives everything away",
    "severity": "low",
    "vulnerable_versions": "<99",
    "cwe": [],
    "cvss": {"score": 0, "vectorString": None},
}


class Advisories(ThreadingHTTPServer):
    """Both services in one: they know what `vulnerable` names, and answer with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.vulnerable: set[str] = set()
        self.status = 200
        self.asked: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Advisories

    def do_GET(self) -> None:
        # npm looks for versions that repair what is wrong.
        self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        question = json.loads(body)
        names = {question["package"]["name"]} if "package" in question else question.keys()
        self.server.asked |= names
        found = names & self.server.vulnerable
        if "package" in question:
            self._answer(self.server.status, {"vulns": [OSV]} if found else {})
        else:
            self._answer(self.server.status, {name: [NPM] for name in found})

    def _answer(self, status: int, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with Advisories() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with all that is audited."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(folder: Path, osv: str, npm: str = "") -> subprocess.CompletedProcess[str]:
    """Audit the folder by these services, or by the one that is both."""
    services = {"PIP_AUDIT_OSV_URL": f"{osv}v1/query", "npm_config_registry": npm or osv, "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "audit.py"]
    environment = {**os.environ, **services}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_everything_that_is_pinned_is_asked_for_and_nothing_is_said_of_what_is_sound(folder, advisories):
    done = run(folder, advisories.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # Of what runs, of what develops, and of the browser's.
    assert {"django", "gunicorn", "ruff", "bootstrap", "axe-core"} <= advisories.asked
    assert len(advisories.asked) > 100


@pytest.mark.parametrize(
    ("package", "said"), [("django", ["PYSEC-2099-1", "fixed in 99"]), ("bootstrap", ["GHSA-aaaa-bbbb-cccc"])]
)
def test_a_known_vulnerability_fails_and_is_named(package, said, folder, advisories):
    advisories.vulnerable = {package}
    done = run(folder, advisories.url)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    for text in [package, *said]:
        assert text in line


@pytest.mark.parametrize("advisory", ["PYSEC-2099-1", "CVE-2099-1"])
def test_an_advisory_that_does_not_concern_us_can_be_accepted(advisory, folder, advisories):
    script = folder / "audit.py"
    code = script.read_text()
    accepted = f'ACCEPTED: dict[str, str] = {{"{advisory}": "no page uses it", "GHSA-aaaa-bbbb-cccc": "nor that"}}'
    script.write_text(code.replace("ACCEPTED: dict[str, str] = {}", accepted))
    advisories.vulnerable = {"django", "bootstrap"}
    assert run(folder, advisories.url).returncode == 0


def test_without_a_network_one_line_says_so_and_nothing_fails(folder):
    url = f"http://127.0.0.1:{free_port()}/"
    done = run(folder, url)
    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    assert line.startswith("NOT AUDITED: ")
    assert "Python and npm" in line
    assert "127.0.0.1" not in line


@pytest.mark.parametrize("status", [403, 404, 405, 500, 503])
def test_a_mirror_that_knows_no_advisories_is_as_good_as_no_network(status, folder, advisories):
    advisories.status = status
    done = run(folder, advisories.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "NOT AUDITED" in done.stdout


def test_what_is_found_fails_although_the_other_half_is_not_known(folder, advisories):
    advisories.vulnerable = {"bootstrap"}
    done = run(folder, f"http://127.0.0.1:{free_port()}/", advisories.url)
    assert done.returncode == 1
    assert "of the Python packages" in done.stdout
    assert "bootstrap" in done.stderr


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements.txt", "django>=6\n"),
        ("requirements.txt", "django==6.1\n"),
        ("requirements-dev.txt", "what is this\n"),
        ("requirements.txt", None),
        ("package-lock.json", "{"),
        ("package-lock.json", None),
    ],
)
def test_what_can_not_be_read_fails(file, text, folder, advisories):
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    done = run(folder, advisories.url)
    assert done.returncode == 1
    assert "failed" in done.stderr


def test_it_gives_up_in_time(monkeypatch):
    monkeypatch.setattr(audit, "SECONDS", 0.1)
    with pytest.raises(audit.NoAnswer):
        audit.run([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.undo()
    assert audit.SECONDS < 60
