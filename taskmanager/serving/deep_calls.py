"""Room on Python's stack, so that a page costs the same however deep in it the page is made."""

from collections.abc import Callable

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
