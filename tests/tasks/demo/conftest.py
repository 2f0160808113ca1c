"""The demo, loaded."""

import pytest

from taskmanager.accounts.models import User
from taskmanager.tasks.models import Project
from tests import sample
from tests.tasks.demo.measures import PASSWORD


@pytest.fixture
def ada(roles: None) -> User:
    """Be the demo's Admin instead of the cast's."""
    return sample.load(PASSWORD)


@pytest.fixture
def web(ada: User) -> Project:
    return Project.objects.of(ada.organization).get(key="WEB")
