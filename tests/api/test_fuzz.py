"""schemathesis calls a running server with all that the document allows and forbids, and follows its links.

A smaller dose is part of `make test`; `make fuzz` calls 200 times per operation. All of schemathesis' checks are on.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope
from taskmanager.tasks import services
from tests.api.test_throttling import status
from tests.jobs.conftest import ROOT, environment, until
from tests.test_newcomer import free_port

pytestmark = [
    pytest.mark.skipif(
        "TEST_DATABASE_URL" not in os.environ or os.environ.get("TEST_ON") == "sqlite", reason="on PostgreSQL only"
    ),
    pytest.mark.django_db(transaction=True),
]
# Of each operation; and how many seconds for the smaller dose, whatever the machine.
EXAMPLES = int(os.environ.get("FUZZ", "0"))
SECONDS = 60
OFTEN = "1000000/s"
HUGE = 10 * 1024 * 1024


@contextmanager
def serving(folder):
    """The product on the database of this test; gives its address."""
    port = free_port()
    env = environment(
        PORT=str(port),
        DATA_DIR=str(folder),
        REDIS_URL=settings.CACHES["default"].get("LOCATION", ""),
        WEB_CONCURRENCY="2",
        THROTTLE_DEFAULT=OFTEN,
        THROTTLE_TASK_CREATE=OFTEN,
        THROTTLE_SIGN_IN=OFTEN,
        LOG_LEVEL="ERROR",
    )
    log = folder / "log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "taskmanager", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=file)
    try:
        place = f"http://127.0.0.1:{port}"
        until(lambda: status(f"{place}/api/v1/openapi.json", "") == 200)
        yield place, log
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def token(ada, task):
    """An Admin's, in an organization that has one of everything."""
    services.create_epic(task.project, actor=ada, name="Security audit")
    services.create_comment(task, actor=ada, text="Seen on staging.")
    ends = timezone.now() + timedelta(days=1)
    return accounts.create_token(ada, name="fuzz", scope=Scope.WRITE, expires_at=ends)[1]


def test_the_api_is_what_its_document_says(token, tmp_path):
    with serving(tmp_path) as (place, log):
        phases = "examples,coverage,fuzzing,stateful" if EXAMPLES else "examples,fuzzing,stateful"
        dose = [f"--max-examples={EXAMPLES}"] if EXAMPLES else ["--max-examples=3", f"--max-time={SECONDS}"]
        program = Path(sys.executable).parent / "schemathesis"
        configuration = Path(__file__).parent / "schemathesis.toml"
        done = subprocess.run(
            [program, f"--config-file={configuration}", "run", f"{place}/api/v1/openapi.json", f"--url={place}"]
            + [f"--header=Authorization: Bearer {token}", "--checks=all", f"--phases={phases}", *dose]
            + ["--no-color", "--no-shrink", "--suppress-health-check=all", "--generation-database=none"]
            + ["--continue-on-failure", "--workers=2"],
            cwd=tmp_path,
            capture_output=not EXAMPLES,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "application/json"),
        (b'{"title": ' + b"1" * 5000 + b"}", "application/json"),
        (b'{"title": "x", "owner": ' + b"9" * 400 + b"}", "application/json"),
        (b'{"title": "a\\u0000b"}', "application/json"),
        (b'{"title": "\\ud800"}', "application/json"),
        (b'{"title": NaN}', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"title=x", "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"<title/>", "application/xml; charset=no-such-charset"),
        (b'"' + b"a" * HUGE + b'"', "application/json"),
        (b'{"title": "' + b"a" * HUGE + b'"}', "application/json"),
    ],
    ids=lambda value: value[:16].decode("latin-1") if isinstance(value, bytes) else value,
)
@pytest.mark.parametrize("path", ["/tasks/", "/epics/", "/tasks/{pk}/comments", "/tasks/{pk}/attachments"])
def test_a_hostile_body_is_refused(ada, task, caller, path, body, kind):
    response = caller(ada).client.post(f"/api/v1{path.format(pk=task.pk)}", body, content_type=kind)
    assert response.status_code in {400, 413, 415, 422}, response.content[:300]
    assert response["Content-Type"].startswith("application/json")
    assert set(response.json()) <= {"message", "detail"}
