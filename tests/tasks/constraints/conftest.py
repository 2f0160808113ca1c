"""The world of the tests of constraints, made once for each file."""

import copy

import pytest

from tests.conftest import lasting
from tests.tasks.constraints.world import make_world


@pytest.fixture
def w(lasting_world, db):
    """Acme with a free and an archived task, and of each kind a row of Globex."""
    return copy.deepcopy(lasting_world)


@pytest.fixture(scope="module")
def lasting_world(django_db_setup, django_db_blocker):
    yield from lasting(django_db_blocker, make_world)
