"""One server for tests that neither change nor stop it."""

from collections.abc import Iterator

import pytest

from tests.serving.running import Server, serving


@pytest.fixture(scope="session")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("gunicorn"), "gunicorn", LOG_FORMAT="json") as server:
        yield server
