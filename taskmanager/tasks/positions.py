"""Places in a column: keys between any two of which another fits, so that a move changes one row only.

A key is a string of digits that doesn't end in 0, read as the fraction 0.digits and compared as text.
Digits sort the same in every collation, which letters don't.
"""

import time

# A key that grew longer than this is shortened by spreading the column anew.
MAX_LENGTH = 240

_HORIZON = 10**19


def top(number: int) -> str:
    """Return a key above all that were made before: it counts down with the clock, so nothing is read.

    The task's `number` keeps two keys of the same nanosecond apart.
    """
    return f"{_HORIZON - time.time_ns():019d}{number:09d}5"


def spread(count: int) -> list[str]:
    """Return `count` keys in order, below every later `top` and far apart."""
    start = _HORIZON - time.time_ns()
    return [f"{start + index * 1_000_000:019d}5" for index in range(count)]


def between(above: str, below: str) -> str:
    """Return a key between two; "" means the column's end. Keys that don't lie in order count as equal."""
    if below and above >= below:
        return f"{above}5"
    return _midpoint(above, below)


def _midpoint(low: str, high: str) -> str:
    if high:
        shared = 0
        while (low[shared : shared + 1] or "0") == high[shared]:
            shared += 1
        if shared:
            return high[:shared] + _midpoint(low[shared:], high[shared:])
    first = int(low[:1] or 0)
    last = int(high[:1] or 10)
    if last - first > 1:
        return str((first + last + 1) // 2)
    if len(high) > 1:
        return high[0]
    return str(first) + _midpoint(low[1:], "")
