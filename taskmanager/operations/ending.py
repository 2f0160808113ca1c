"""How a command that is asked to end leaves nothing half behind."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# From an orchestrator, from the keyboard, and from a terminal that goes.
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Asked(SystemExit):
    """Ends what is inside; nothing but `finally` and `except BaseException` sees it."""

    def __init__(self, number: int) -> None:
        """Take the signal."""
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


@contextmanager
def ending_cleanly(outcome: str) -> Iterator[None]:
    """Let signals end what is inside with what stands in `finally` done, and tell the outcome. For the main thread.

    The process then ends with 128 and the number of the signal, as shells expect it.
    """
    # What nohup ignores stays ignored.
    before = {number: signal.getsignal(number) for number in ASKING}
    listened = [number for number in ASKING if before[number] is not signal.SIG_IGN]
    for number in listened:
        signal.signal(number, _leave)
    try:
        yield
    except _Asked as asked:
        sys.stderr.write(f"Ended by {asked.signal.name}. {outcome}\n")
        raise
    finally:
        for number in listened:
            signal.signal(number, before[number])


def _leave(number: int, _frame: Any) -> None:
    # An impatient second signal must not cut the cleaning up short.
    for each in ASKING:
        signal.signal(each, signal.SIG_IGN)
    raise _Asked(number)
