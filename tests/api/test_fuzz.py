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
# Of each operation, for the larger dose.
EXAMPLES = int(os.environ.get("FUZZ", "0"))
OFTEN = "1000000/s"


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
        # The smaller dose is the same each time: what is new is found by the larger one.
        small = ["--max-examples=3", "--seed=1", "--generation-deterministic"]
        dose = [f"--max-examples={EXAMPLES}", "--generation-database=none"] if EXAMPLES else small
        program = Path(sys.executable).parent / "schemathesis"
        configuration = Path(__file__).parent / "schemathesis.toml"
        done = subprocess.run(
            [
                program,
                f"--config-file={configuration}",
                "run",
                f"{place}/api/v1/openapi.json",
                f"--url={place}",
                f"--header=Authorization: Bearer {token}",
                f"--phases={phases}",
                *dose,
                "--no-color",
                "--no-shrink",
                "--suppress-health-check=all",
                "--continue-on-failure",
                f"--workers={2 if EXAMPLES else 1}",
            ],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("fuzzing_hooks.py"))},
            capture_output=not EXAMPLES,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in log.read_text()
