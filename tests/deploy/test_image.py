"""The image's health check, and the files that containers are made of."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import yaml

from taskmanager import __version__
from tests.deploy.manifests import ROOT
from tests.servers import free_port

pytestmark = pytest.mark.once

HEALTHCHECK = ROOT / "deploy/image/healthcheck.py"
SECRETS = {"db_password", "secret_key", "jwt_secret_key", "email_url"}


@contextmanager
def server(status: int) -> Iterator[tuple[int, list[tuple[str, str, str]]]]:
    """Give the port of a server that answers with this status, and the list of what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        try:
            yield http.server_port, asked
        finally:
            http.shutdown()
            thread.join()


def check(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, HEALTHCHECK, *arguments], env=env, capture_output=True, text=True, check=False
    )


def test_a_server_that_lives_is_healthy():
    with server(200) as (port, asked):
        assert check(PORT=str(port)).returncode == 0
    assert asked == [("/health/liveness/", "localhost", "http")]


def test_it_asks_as_the_proxy_would():
    with server(200) as (port, asked):
        assert check(str(port), PUBLIC_URL="https://tasks.example.com").returncode == 0
    assert asked == [("/health/liveness/", "tasks.example.com", "https")]


@pytest.mark.parametrize("status", [301, 400, 503])
def test_any_answer_but_200_is_unhealthy(status):
    with server(status) as (port, _):
        done = check(str(port))
    assert (done.returncode, str(status) in done.stderr) == (1, True)


def test_a_server_that_is_not_there_is_unhealthy():
    port = free_port()
    done = check(str(port))
    assert (done.returncode, str(port) in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


@pytest.fixture
def production():
    return yaml.safe_load((ROOT / "compose.production.yaml").read_text())


def test_each_container_may_do_as_little_as_it_can(production):
    for name, service in production["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "pids_limit", "restart"} <= service.keys(), name
        assert not re.search(r":latest\b|^[^:]+$", service["image"]), name
        assert not service.get("privileged"), name
        # Nothing is open to the network: a proxy on the machine ends TLS.
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert name in {"migrate", "web"} or "test" in service["healthcheck"], name


def test_web_and_worker_wait_for_the_migration(production):
    for name in ("web", "worker"):
        assert production["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert production["services"]["migrate"]["restart"] == "no"


def test_every_secret_is_a_file(production):
    assert set(production["secrets"]) == SECRETS
    for name in ("migrate", "web", "worker"):
        service = production["services"][name]
        assert set(service["secrets"]) == SECRETS
        for secret in SECRETS:
            assert service["environment"][f"{secret.upper()}_FILE"] == f"/run/secrets/{secret}"
    # What git would take by mistake.
    assert "secrets/" in (ROOT / ".gitignore").read_text().split()


def test_every_image_that_is_started_is_of_this_version(production):
    images = {production["services"][name]["image"] for name in ("migrate", "web", "worker")}
    assert images == {f"${{IMAGE:-taskmanager:{__version__}}}"}
    for overlay in ("local", "production"):
        text = (ROOT / f"deploy/k8s/overlays/{overlay}/kustomization.yaml").read_text()
        assert yaml.safe_load(text)["images"][0]["newTag"] == __version__


def test_a_container_has_longer_to_end_than_its_last_requests_may_take(production):
    graceful = int(re.search(r"(?m)^graceful_timeout = (\d+)", (ROOT / "taskmanager/gunicorn.conf.py").read_text())[1])
    assert int(production["services"]["web"]["stop_grace_period"].removesuffix("s")) > graceful


def test_what_the_dockerfile_copies_is_all_that_enters_a_build():
    copied = set()
    for line in re.findall(r"(?m)^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text()):
        copied.update(name.removeprefix("./").rstrip("/") for name in line.split()[:-1])
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == admitted
    assert all((ROOT / name).exists() for name in copied)


def test_the_last_stage_runs_as_a_number_and_nothing_runs_while_it_is_built():
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER 10001:10001$", last)
    assert not re.search(r"(?m)^RUN ", last)
    assert "HEALTHCHECK" in last


@pytest.mark.parametrize(("options", "code"), [([], 1), (["--where-possible"], 0)])
def test_a_machine_that_can_not_build_says_so_and_fails_unless_it_needs_not(options, code):
    # Nobody's machine, without an engine: root alone could build here.
    script = "import os; os.geteuid = lambda: 1000; from deploy.image.build import main; raise SystemExit(main())"
    command = [sys.executable, "-c", script, *options]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == (
        "make image: The image was not built. No container engine works here, and without one only root can build:"
        " start Docker.\n"
    )


def test_an_image_that_can_not_be_built_is_a_failure_wherever_it_could_be(tmp_path):
    # An engine that works, and that builds nothing.
    engine = tmp_path / "docker"
    engine.write_text("#!/bin/sh\n[ $1 = info ]\n")
    engine.chmod(0o755)
    command = [sys.executable, "-m", "deploy.image.build", "--where-possible"]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make image: Command" in done.stderr


def test_continuous_integration_tests_and_then_builds_the_image():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    tests, image = lines.index("make test"), lines.index(".venv/bin/python -m deploy.image.build --where-possible")
    assert "set -euo pipefail" in lines[:tests]
    assert tests < image
