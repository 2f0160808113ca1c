"""Takes tasks from a board and does them, one after the other: run as many of these as you like.

    TASKMANAGER_URL=https://tasks.example TASKMANAGER_TOKEN=tm_… python worker.py ./do-one.sh

The command reads the task as JSON from its standard input. Where it ends with 0 the task is completed, else given back.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

ROOT = os.environ["TASKMANAGER_URL"].rstrip("/") + "/api/v1/tasks"
TOKEN = os.environ["TASKMANAGER_TOKEN"]
LEASE = int(os.environ.get("LEASE_SECONDS", "60"))
PAUSE = 5
stop = threading.Event()


def call(method, path, body, **headers):
    """Return status, headers and JSON of the answer; 0 for none. Where the server is busy or away, try again."""
    headers |= {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    while True:
        request = urllib.request.Request(ROOT + path, json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            if error.code not in {429, 500, 502, 503, 504}:
                return error.code, error.headers, error.read().decode()
            pause = int(error.headers.get("Retry-After", PAUSE))
        except OSError:
            pause = PAUSE
        if stop.wait(pause):
            return 0, {}, None


def keep(task):
    """Renew the lease. Return the task's ETag, None where it isn't ours any more; `version` is that of our claim."""
    status, headers, _task = call("PATCH", f"/{task['id']}/heartbeat", {"version": task["version"]})
    return headers["ETag"] if status == 200 else None


def work(task):
    """Run the command, and renew the lease meanwhile. Return whether it succeeded; stop it where the task is lost."""
    with tempfile.TemporaryFile("w+") as file:
        json.dump(task, file)
        file.seek(0)
        process = subprocess.Popen(sys.argv[1:], stdin=file)
    renewed_at = time.monotonic()
    while process.poll() is None and not stop.wait(0.1):
        if time.monotonic() - renewed_at > LEASE / 3:
            renewed_at = time.monotonic()
            if not keep(task):
                break
    if process.poll() is None:
        process.terminate()
    return process.wait() == 0


def finish(task, status):
    """Complete the task or give it back, if it is still ours: nothing may come between that answer and the change."""
    while etag := keep(task):
        answer, *_ = call("PATCH", f"/{task['id']}", {"status": status}, **{"If-Match": etag})
        if answer != 412:
            return


for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stop.set())
while not stop.is_set():
    # Should the answer get lost, the second try with the same key gets it, and no second task.
    key = {"Idempotency-Key": str(uuid.uuid4())}
    status, _headers, task = call("POST", "/claim-next", {"lease_seconds": LEASE}, **key)
    if status == 200:
        has_succeeded = work(task)
        finish(task, "DONE" if has_succeeded else "UNASSIGNED")
    elif status not in {0, 204}:
        sys.exit(f"{status} {task}")
    if status != 200 or not has_succeeded:
        stop.wait(PAUSE)
