"""Each request leaves one line in the log, which tells what it was and what it cost, and nothing personal or secret."""

import io
import ipaddress
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from taskmanager import logs
from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope
from taskmanager.tasks import services
from taskmanager.tasks.models import Task
from tests.conftest import PASSWORD
from tests.web.failing_urls import handler400, handler403, handler404, handler500  # noqa: F401
from tests.web.failing_urls import urlpatterns as ours
from tests.web.test_attachment_pages import upload

pytestmark = [pytest.mark.once, pytest.mark.urls(__name__)]

PROXY = "10.0.0.2"
Lines = Callable[[], list[dict[str, Any]]]


@login_not_required
def stream(_request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"first "
        logging.getLogger("taskmanager").info("In the middle.")
        Task.objects.count()
        yield b"second"

    return StreamingHttpResponse(parts())


@login_not_required
def probe(_request: HttpRequest, status: int) -> HttpResponse:
    return HttpResponse(status=status)


urlpatterns = [*ours, path("stream/", stream), path("health/<int:status>/", probe)]


@pytest.fixture
def text() -> Iterator[io.StringIO]:
    with written(logs.TextFormatter()) as log:
        yield log


@pytest.fixture
def lines() -> Iterator[Lines]:
    with written(logs.JsonFormatter()) as log:
        yield lambda: [json.loads(line) for line in log.getvalue().splitlines()]


@contextmanager
def written(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """Give what a server with these lines would have written."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    handler.addFilter(logs.ContextFilter())
    logging.root.addHandler(handler)
    yield handler.stream
    logging.root.removeHandler(handler)


def test_a_page_leaves_one_line_with_what_it_cost(browser, ada, task, lines):
    client = browser(ada)
    response = client.get(f"/tasks/{task.pk}/?q=something-secret")
    [line] = lines()
    assert line["logger"] == "taskmanager.requests"
    assert (line["level"], line["method"], line["route"]) == ("INFO", "GET", "/tasks/<id:pk>/")
    assert (line["status"], line["user"], line["organization"]) == (200, ada.pk, ada.organization_id)
    assert line["request_id"] == response["X-Request-ID"]
    assert line["bytes"] == len(response.content)
    assert 0 < line["database_ms"] < line["duration_ms"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", line["time"])


def test_the_queries_are_all_counted_and_none_is_added(browser, ada, lines, django_assert_num_queries):
    client = browser(ada)
    client.get("/tasks/")  # fills caches
    client.get("/tasks/")
    number = lines()[-1]["queries"]
    assert number > 2
    with django_assert_num_queries(number):
        client.get("/tasks/")


def test_a_user_whom_nobody_looked_up_is_not_looked_up_for_the_log(browser, ada, lines, django_assert_num_queries):
    client = browser(ada)
    with django_assert_num_queries(0):
        client.get("/nowhere/")
    [line] = lines()
    assert "user" not in line
    assert (line["route"], line["queries"], line["status"]) == ("-", 0, 404)


def test_a_caller_of_the_api_is_known_by_the_token(ada, lines):
    _, secret = accounts.create_token(ada, name="ci", scope=Scope.READ, expires_at=timezone.now() + timedelta(days=1))
    Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    [line] = lines()
    assert (line["route"], line["status"], line["user"]) == ("/api/v1/me", 200, ada.pk)
    assert secret not in json.dumps(line)


def test_a_sign_in_is_known_by_whom_it_let_in(ada, lines):
    Client().post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    line = lines()[-1]
    assert (line["status"], line["user"]) == (302, ada.pk)
    assert PASSWORD not in json.dumps(lines())


def test_a_streamed_answer_is_logged_when_it_ends_with_all_that_it_cost(lines, db):
    response = Client().get("/stream/")
    assert lines() == []
    assert b"".join(response.streaming_content) == b"first second"  # type: ignore[arg-type]
    response.close()
    inner, line = (line for line in lines() if line["logger"] in {"taskmanager", "taskmanager.requests"})
    assert (line["bytes"], line["queries"]) == (12, 1)
    assert inner["message"] == "In the middle."
    assert inner["request_id"] == line["request_id"] == response["X-Request-ID"]


def test_a_streamed_answer_that_nobody_reads_to_the_end_is_logged(lines, db):
    response = Client().get("/stream/")
    next(iter(response.streaming_content))  # type: ignore[arg-type]
    response.close()
    response.close()
    [line] = lines()
    assert line["bytes"] == 6


def test_a_file_is_logged_with_its_size(browser, ada, task, lines):
    [attachment] = services.add_attachments(task, files=[upload()], actor=ada)
    response = browser(ada).get(f"/attachments/{attachment.pk}/")
    response.close()
    line = lines()[-1]
    assert (line["route"], line["bytes"]) == ("/attachments/<id:pk>/", attachment.size)


TOKENS = [
    "/accounts/invitations/SECRET/",
    "/accounts/reset/MQ/SECRET/",
    "/unsubscribe/SECRET/",
    "/nowhere/SECRET/",
    "/help/?token=SECRET",
    "/static/SECRET",
    "/help/SECRET",
]


@pytest.mark.parametrize("method", ["get", "post", "put"])
@pytest.mark.parametrize("address", TOKENS)
def test_no_token_of_an_address_is_logged(method, address, browser, lines, text):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    getattr(client, method)(address, headers={"Referer": address, "User-Agent": "SECRET", "Cookie": "a=SECRET"})
    assert lines()
    assert "SECRET" not in text.getvalue() + json.dumps(lines())


def test_an_error_is_logged_with_one_traceback_and_the_id_that_the_page_shows(lines, text):
    response = Client(raise_request_exception=False).get("/fail/500/?q=SECRET")
    identity = response["X-Request-ID"]
    assert f"<code>{identity}</code>" in response.content.decode()
    assert [line["request_id"] for line in lines()] == [identity] * 2
    error, line = lines()
    assert "ZeroDivisionError" in error["exception"]
    assert error["message"] == "Internal Server Error: /fail/<error>/"
    assert (line["level"], line["status"]) == ("ERROR", 500)
    assert text.getvalue().count("Traceback") == 1
    assert "SECRET" not in text.getvalue()


def test_nonsense_is_no_error_of_ours(lines, text):
    Client().get("/", headers={"Host": "elsewhere.example"})
    assert {line["level"] for line in lines()} <= {"INFO", "WARNING"}
    assert "Traceback" not in text.getvalue()


@pytest.mark.parametrize(
    ("peer", "given", "is_taken"),
    [
        (PROXY, "abc-1.2_Z", True),
        (PROXY, "x" * 64, True),
        (PROXY, "x" * 65, False),
        (PROXY, "", False),
        (PROXY, "a b", False),
        (PROXY, "a\nb", False),
        (PROXY, "<b>", False),
        (PROXY, "é", False),
        ("198.51.100.7", "abc", False),
        ("127.0.0.1", "abc", False),
        ("", "abc", False),
    ],
)
def test_only_a_trusted_proxy_names_a_request_and_only_harmlessly(peer, given, is_taken, settings, lines):
    settings.TRUSTED_PROXY_CIDRS = [ipaddress.ip_network("10.0.0.0/8")]
    headers = {"X-Request-ID": given, "X-Forwarded-For": "198.51.100.9", "From-Trusted-Proxy": "1"}
    response = Client().get("/health/200/", REMOTE_ADDR=peer, headers=headers)
    identity = response["X-Request-ID"]
    assert (identity == given) == is_taken
    assert is_taken or re.fullmatch(r"[0-9a-f]{32}", identity)


def test_a_slow_request_warns(settings, lines):
    settings.SLOW_REQUEST_SECONDS = 0.0
    Client().get("/health/200/")
    [line] = lines()
    assert (line["level"], line["message"]) == ("WARNING", "Slow request")


@pytest.mark.parametrize(("status", "levels"), [(200, []), (404, ["INFO"]), (503, ["WARNING"])])
def test_a_probe_is_logged_where_it_fails(status, levels, lines):
    Client(raise_request_exception=False).get(f"/health/{status}/")
    assert [line["level"] for line in lines()] == levels


def test_a_line_of_text_is_one_line(text):
    Client().get("/help/", headers={"Host": "localhost"})
    assert re.fullmatch(
        r"\d{4}-\S+ \S+ INFO taskmanager\.requests \[[0-9a-f]{32}\] Request method=GET route=/help/ status=200"
        r" duration_ms=[\d.]+ queries=\d database_ms=[\d.]+ bytes=\d+\n",
        text.getvalue(),
    )
    text.truncate(0)
    logging.getLogger("taskmanager").warning("one\ntwo\r\nthree")
    assert text.getvalue().strip("\0").count("\n") == 1


def test_a_method_that_nobody_knows_is_not_repeated(lines):
    Client().generic("SECRET", "/help/")
    assert lines()[-1]["method"] == "-"


def test_what_libraries_add_to_a_line_stays_out_of_it(lines):
    logging.getLogger("somebody").warning("Said.", extra={"headers": {"Authorization": "SECRET"}})
    [line] = lines()
    assert set(line) == {"time", "level", "logger", "message"}
