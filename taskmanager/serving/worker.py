"""Gunicorn's threaded worker, which loses no request when it stops."""

import os
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]  # Gunicorn has no types
    """Answers whoever has connected before it goes.

    Gunicorn's own stops to accept, but keeps the port open until its last request is answered. The system goes on
    taking connections in that time, which are reset in the end: those clients have sent a request and get no answer.
    """

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 (as Gunicorn calls it)
        """Accept connections, or stop to; for good, take those that wait, and close the port."""
        super().set_accept_enabled(enabled)
        is_stopping = not self.alive or self.ppid != os.getppid()
        if is_stopping and not enabled:
            for listener in self.sockets:
                if listener.sock is not None:
                    self._take_all(listener)
                    listener.close()

    def _take_all(self, listener: Any) -> None:
        while True:
            before = self.nr_conns
            self.accept(listener)
            if self.nr_conns == before:
                return

    def run(self) -> None:
        """Serve until stopped."""
        super().run()
        if self.nr_conns > 0:
            # The time to stop in is over. Python would wait for the threads that still work, whatever they wait for.
            self.log.warning("Worker %s stops in the middle of %d requests.", self.pid, self.nr_conns)
            self.cfg.worker_exit(self.app, self)
            os._exit(1)
