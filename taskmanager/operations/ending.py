"""How a command that is asked to end leaves nothing half behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ending_by_exception() -> Iterator[None]:
    """Let SIGTERM end what is inside as Ctrl+C does: with what stands in `finally` done. For the main thread."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)
