"""The worker that `serve` runs beside itself: restarted when it dies, ended with the server."""

import logging
import os
import subprocess
import sys
import time

from taskmanager import metrics

logger = logging.getLogger("taskmanager.jobs")

# The web processes start first: nobody waits for a job as they wait for a page.
START_AFTER = 2.0
# One that dies at once is restarted less and less often, up to this many seconds apart.
LONGEST_PAUSE = 60.0
A_GOOD_LIFE = 30.0
PATIENCE = 20.0  # seconds, for its current job


class Companion:
    """A worker as a child process. `keep_alive` is to be called about once a second."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.pause = 1.0
        self.next_start = time.monotonic() + START_AFTER

    def keep_alive(self) -> None:
        """Start the worker where none runs and the time has come."""
        now = time.monotonic()
        if self.process is not None:
            if self.process.poll() is None:
                return
            logger.warning("The worker died; another one follows.")
            metrics.absorb(self.process.pid)
            self.pause = 1.0 if now - self.started_at > A_GOOD_LIFE else min(2 * self.pause, LONGEST_PAUSE)
            self.next_start = now + self.pause
            self.process = None
        if now >= self.next_start:
            # A session of its own: Ctrl+C is for the server, which then ends the worker by one signal and not by two.
            # Where the server is killed hard, the worker sees that it has another parent.
            command = [sys.executable, "-m", "taskmanager", "worker", f"--parent={os.getpid()}"]
            self.process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603 (ours)
            self.started_at = now

    def ask_to_end(self) -> None:
        """Let the worker end after its current job; it isn't restarted."""
        self.next_start = float("inf")
        if self.process is not None:
            self.process.terminate()

    def wait(self) -> None:
        """Wait for its end, for as long as a job may take."""
        if self.process is None:
            return
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its job goes back to the queue when the lease is over
            self.process.wait()
        self.process = None
