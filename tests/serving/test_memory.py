"""What a web process has loaded, and how large it is, once it serves: libraries that few pages need come with these."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.conftest import ROOT
from tests.static import static_root
from tests.test_newcomer import bare_environment

pytestmark = pytest.mark.once

# What takes megabytes, and is for uploads, second factors, single sign-on, pairs of tokens, buckets, traces, Redis.
EXPENSIVE = {
    "PIL",
    "authlib",
    "boto3",
    "cryptography",
    "joserfc",
    "jwt",
    "opentelemetry",
    "puremagic",
    "redis",
    "requests",
    "segno",
    "webauthn",
}
# MB; the product promises 150 for one that has served everything.
MOST_AFTER_START = 100
PROGRAM = """
import json, re, sys
from pathlib import Path
from taskmanager.wsgi import application

environ = {
    "REQUEST_METHOD": "GET", "PATH_INFO": "/accounts/login/", "SERVER_NAME": "localhost", "SERVER_PORT": "8000",
    "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": sys.stdin.buffer,
}
statuses = []
page = b"".join(application(environ, lambda status, headers: statuses.append(status)))
assert b"Sign in" in page
[size] = re.findall(r"VmRSS:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps({"status": statuses, "size": int(size) / 1024, "modules": [*sys.modules]}))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how large a process is")
def test_a_process_that_has_shown_the_sign_in_page_is_small_and_has_loaded_nothing_that_few_pages_need(tmp_path):
    secrets = {"SECRET_KEY": "s" * 25 + "0123456789" * 4, "JWT_SECRET_KEY": "j" * 25 + "0123456789" * 4}
    environment = bare_environment(
        DJANGO_SETTINGS_MODULE="taskmanager.settings.production",
        DATA_DIR=str(tmp_path),
        STATIC_ROOT=static_root(),
        **secrets,
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == ["200 OK"]
    assert {name.partition(".")[0] for name in told["modules"]} & EXPENSIVE == set()
    print(f"A process that has shown the sign-in page has {told['size']:.0f} MB.")
    assert told["size"] < MOST_AFTER_START
