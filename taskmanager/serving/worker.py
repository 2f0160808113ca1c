"""Gunicorn's threaded worker, which loses no request when it stops, and has room for deep calls."""

import os
from collections.abc import Callable
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# In words of eight bytes: half a mebibyte in all, of which only what is used takes memory.
_ROOM = 33_000


def with_room[**Arguments, Result](
    call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Return what the call returns, and let it call deeply.

    Python keeps the frames of a thread in pieces of 16 KiB. A loop whose calls just don't fit into one gets a new piece
    from the system for each call and gives it back (python/cpython#142183, mended in late releases of 3.13 and 3.14).
    Templates nest that deeply, and whether a page is slower by half hangs on the number of middlewares. This function
    claims to need so much that all it calls fits into its own piece.
    """
    return call(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=_ROOM)


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

    def handle(self, conn: Any) -> Any:
        """Answer what a connection asks, in a thread of the pool."""
        return with_room(super().handle, conn)

    def run(self) -> None:
        """Serve until stopped."""
        super().run()
        if self.nr_conns > 0:
            # The time to stop in is over. Python would wait for the threads that still work, whatever they wait for.
            self.log.warning("Worker %s stops in the middle of %d requests.", self.pid, self.nr_conns)
            self.cfg.worker_exit(self.app, self)
            os._exit(1)
