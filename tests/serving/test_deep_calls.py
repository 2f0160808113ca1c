"""A page costs the same however many middlewares stand before it."""

import resource

import pytest

from taskmanager.serving.deep_calls import with_room

pytestmark = pytest.mark.once
CALLS = 500


def page_faults_of_calls(depth: int) -> int:
    """Return how many pages of memory the system had to give for a loop of calls this deep in the stack."""
    if depth:
        return page_faults_of_calls(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        nothing()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def nothing() -> None:
    """Need a frame, and nothing else."""


def worst() -> int:
    return max(page_faults_of_calls(depth) for depth in range(300))


def test_calls_at_no_depth_ask_the_system_for_memory_each_time() -> None:
    with_room(worst)  # what is loaded once isn't counted
    assert with_room(worst) < CALLS / 2


def test_what_is_called_with_room_gets_its_arguments_and_raises_its_errors() -> None:
    assert with_room(divmod, 7, 2) == (3, 1)
    assert with_room(dict, a=1) == {"a": 1}
    with pytest.raises(ZeroDivisionError):
        with_room(divmod, 7, 0)
