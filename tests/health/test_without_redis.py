"""No Redis answers: each page is there all the same, and a form that only Redis could remember is refused."""

import uuid

import pytest

from taskmanager.accounts.models import Role
from taskmanager.tasks.models import Task
from tests.test_newcomer import free_port
from tests.web.addresses import ADDRESSES, url_of

pytestmark = pytest.mark.once


@pytest.fixture
def no_redis(settings):
    place = {"LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    kinds = {"default": "ForgivingRedisCache", "strict": "StrictRedisCache"}
    settings.CACHES = {name: {"BACKEND": f"taskmanager.caching.{kind}", **place} for name, kind in kinds.items()}
    settings.REDIS_URL = place["LOCATION"]
    settings.SESSION_ENGINE = "taskmanager.accounts.cached_sessions"


def test_every_page_is_there(no_redis, board, ada, member, browse):
    colleague = browse(member("bo", Role.ADMIN))
    seen = {}
    for name, address in ADDRESSES.items():
        # One example of each kind is enough, and some can be made once only.
        if address.get and not address.example:
            seen[name] = (colleague.get(url_of(name, board, ada)).status_code, address.get[0])
    assert len(seen) > 30
    assert {name: got for name, got in seen.items() if got[0] != got[1]} == {}


def test_a_form_that_redis_should_remember_is_refused_and_does_nothing(no_redis, settings, board, ada, browse):
    client = browse(ada)
    client.raise_request_exception = False
    form = {"title": "Once", "uuid": str(uuid.uuid4())}
    settings.FORM_SUBMISSION_BACKEND = "cache"
    response = client.post("/tasks/new/", form)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert not Task.objects.exists()
    settings.FORM_SUBMISSION_BACKEND = "database"
    assert client.post("/tasks/new/", form).status_code == 302
