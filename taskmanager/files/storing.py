"""Files in the storage, which knows no transactions: what is stored for a row goes where the row doesn't come."""

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError
from django.utils import timezone

# What is stored, but whose row was never committed, is removed when this time has passed: no transaction takes as long.
GRACE = datetime.timedelta(hours=1)


@contextmanager
def kept_with_their_rows(places: Sequence[str], *, remover: Any, names: Sequence[str] = ()) -> Iterator[None]:
    """Store files at these places inside; where that, or what follows inside, fails, remove them again.

    It stands around the transaction, so that a failing commit removes them, too. What outlives even that, because
    the process was killed, is found by a job that is queued first: `remover`, which takes a list of the `names` by
    which rows know the files, the places themselves by default, and removes what no row has. Inside of a transaction
    of the caller's own that job would be rolled back with it: call it outside of one.
    """
    remover.using(run_after=timezone.now() + GRACE).enqueue(list(names or places))
    try:
        yield
    except (OperationalError, InterfaceError):
        raise  # where the connection broke, nobody knows whether it was committed: the queued job looks
    except BaseException:
        for place in places:
            default_storage.delete(place)
        raise
