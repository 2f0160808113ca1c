"""Redis is stopped: each page and each call does as before, and a form that only Redis remembers is refused."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import caches
from django.db import transaction
from redis.exceptions import RedisError

from taskmanager.accounts.models import Role
from taskmanager.tasks.models import Task
from tests import outages
from tests.api.conftest import caller, rows
from tests.api.operations import OPERATIONS
from tests.api.test_every_operation import try_it
from tests.web.addresses import ADDRESSES, url_of
from tests.web.pages import body

__all__ = ["caller", "rows", "try_it"]

pytestmark = pytest.mark.once


@pytest.fixture
def without_redis(settings: Any) -> Iterator[Callable[[], None]]:
    """Use a Redis of the test's own, and return what stops it."""
    with outages.redis() as redis:
        place = {"LOCATION": f"redis://127.0.0.1:{redis.port}/0"}
        kinds = {"default": "ForgivingRedisCache", "strict": "StrictRedisCache"}
        settings.CACHES = {name: {"BACKEND": f"taskmanager.caching.{kind}", **place} for name, kind in kinds.items()}
        settings.REDIS_URL = place["LOCATION"]
        settings.SESSION_ENGINE = "taskmanager.accounts.cached_sessions"
        caches["strict"].set("is", "there")

        def stop() -> None:
            redis.stop()
            with pytest.raises(RedisError):
                caches["strict"].get("is")

        yield stop


@contextmanager
def undone() -> Iterator[None]:
    """Let nothing of it stay: what one address makes or deletes is no other's business."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_page_and_every_form_works_as_with_redis(without_redis, board, ada, member, browse):
    colleague = browse(member("bo", Role.ADMIN))
    assert colleague.get("/").status_code == 200  # so that connections are open
    without_redis()
    cookies, wrong = dict(colleague.cookies), {}
    for name, address in ADDRESSES.items():
        with undone():
            url = url_of(name, board, ada)
            for method in ("get", "post"):
                if expected := getattr(address, method):
                    response = getattr(colleague, method)(url, address.data if method == "post" else {})
                    body(response)
                    if response.status_code != expected[0]:
                        wrong[name, method] = (response.status_code, expected[0])
        colleague.cookies.update(cookies)
    assert wrong == {}


def test_every_call_of_the_api_is_answered_as_with_redis(without_redis, board, ada, member, caller, try_it):
    call = caller(member("bo", Role.ADMIN))
    assert call("get", "/me").status_code == 200
    without_redis()
    wrong = {}
    for name, row in OPERATIONS.items():
        with undone():
            response = try_it(name, call, row.example(board, ada))
        if response.status_code != row.statuses[0]:
            wrong[name] = (response.status_code, row.statuses[0])
    assert wrong == {}


def test_a_form_that_redis_should_remember_is_refused_and_does_nothing(without_redis, settings, board, ada, browse):
    client = browse(ada)
    client.raise_request_exception = False
    without_redis()
    form = {"title": "Once", "uuid": str(uuid.uuid4())}
    settings.FORM_SUBMISSION_BACKEND = "cache"
    response = client.post("/tasks/new/", form)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert not Task.objects.exists()
    settings.FORM_SUBMISSION_BACKEND = "database"
    assert client.post("/tasks/new/", form).status_code == 302
