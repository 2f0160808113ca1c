"""How often somebody may call is counted per user, and per address for who has no token that counts."""

import json
import logging
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope
from tests.jobs.conftest import ROOT, environment, until
from tests.test_newcomer import free_port


def allowance(response):
    """Return how many calls fit into a window, and how many are left."""
    assert 0 < int(response["RateLimit-Reset"]) <= 3600
    return int(response["RateLimit-Limit"]), int(response["RateLimit-Remaining"])


def test_each_answer_says_what_is_left(ada, caller, settings):
    settings.THROTTLE_DEFAULT = (3, 3600)
    call = caller(ada)
    assert [allowance(call("get", "/me")) for _ in range(3)] == [(3, 2), (3, 1), (3, 0)]
    refused = call("get", "/me")
    assert (refused.status_code, allowance(refused)) == (429, (3, 0))
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert refused.json()["message"].startswith("Too many attempts. Try again in ")


def test_every_user_has_calls_of_their_own_whatever_token_they_use(ada, ed, caller, settings):
    settings.THROTTLE_DEFAULT = (2, 3600)
    first, second = caller(ada), caller(ada)
    assert [call("get", "/me").status_code for call in (first, second, first)] == [200, 200, 429]
    assert caller(ed)("get", "/me").status_code == 200


def test_a_new_window_begins_anew(ada, caller, settings):
    settings.THROTTLE_DEFAULT = (1, 1)
    call = caller(ada)

    def refused():
        return call("get", "/me").status_code == 429

    until(refused)
    until(lambda: not refused())


def test_tasks_have_a_rate_of_their_own(ada, board, caller, settings):
    settings.THROTTLE_TASK_CREATE = (1, 3600)
    call = caller(ada)
    made = call("post", "/tasks/", {"title": "First"})
    assert (made.status_code, allowance(made)) == (201, (1, 0))
    assert call("post", "/tasks/", {"title": "Second"}).status_code == 429
    assert call("get", "/tasks/").json()["count"] == 1


def test_guessed_tokens_are_counted_per_address(ada, caller, settings):
    settings.THROTTLE_DEFAULT = (2, 3600)
    headers = {"Authorization": "Bearer tm_guess"}

    def guess(address):
        return Client(headers=headers, REMOTE_ADDR=address).get("/api/v1/me").status_code

    assert [guess("192.0.2.1") for _ in range(3)] == [401, 401, 429]
    assert guess("192.0.2.2") == 401
    assert caller(ada)("get", "/me").status_code == 200


def test_calls_are_answered_while_redis_is_away(ada, board, caller, settings, caplog):
    port = free_port()
    kinds = {"default": "ForgivingRedisCache", "strict": "StrictRedisCache"}
    settings.CACHES = {
        name: {"BACKEND": f"taskmanager.caching.{kind}", "LOCATION": f"redis://127.0.0.1:{port}/0"}
        for name, kind in kinds.items()
    }
    with caplog.at_level(logging.WARNING):
        call = caller(ada)
        assert call("get", "/tasks/").json()["count"] == 0
        assert call("post", "/tasks/", {"title": "Rotate"}).status_code == 201
        assert call("get", "/tasks/").json()["count"] == 1
    # Once a minute, not at each call.
    assert caplog.text.count("Redis does not answer (ConnectionError)") == 1


@pytest.mark.skipif("TEST_REDIS_URL" not in os.environ or os.environ.get("TEST_ON") == "sqlite", reason="needs Redis")
@pytest.mark.django_db(transaction=True)
def test_two_servers_count_together(ada):
    ends = timezone.now() + timedelta(days=1)
    _token, secret = accounts.create_token(ada, name="test", scope=Scope.READ, expires_at=ends)
    with ExitStack() as stack:
        places = [stack.enter_context(serving()) for _ in range(2)]
        # Not at the turn of an hour, where a new window begins.
        cache.clear()
        until(lambda: time.time() % 3600 < 3590)
        statuses = [status(f"{place}/api/v1/me", secret) for place in places * 3]
    assert statuses == [200, 200, 200, 429, 429, 429]


@contextmanager
def serving():
    """A server of its own on the database and the Redis of this test; gives its address."""
    port = free_port()
    redis = settings.CACHES["default"]["LOCATION"]
    env = environment(PORT=str(port), REDIS_URL=redis, THROTTLE_DEFAULT="3/h", WEB_CONCURRENCY="1")
    command = [sys.executable, "-m", "gunicorn", "-c", "taskmanager/gunicorn.conf.py"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        place = f"http://127.0.0.1:{port}"
        until(lambda: status(f"{place}/api/v1/openapi.json", "") == 200)
        yield place
    finally:
        process.terminate()
        process.wait(30)


def status(address, secret):
    """Return the status of an answer, None where nobody answers yet."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as response:
            json.load(response)
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
