"""What is said when something is wrong: designed pages with a way on, which need nothing that may be broken."""

import pytest
from django.test import Client

from tests.web.failing_urls import ERRORS
from tests.web.pages import HTMX, JSON, page, sentence

# No test here may use the database: pytest-django makes any query fail.
pytestmark = pytest.mark.urls("tests.web.failing_urls")

HEADINGS = {
    "400": (400, "That request made no sense to us"),
    "403": (403, "You may not do that"),
    "404": (404, "There is nothing here"),
    "500": (500, ""),
    "not-allowed": (403, "You may not do that"),
    "not-found": (404, "There is nothing here"),
    "conflict": (409, "This has changed in the meantime"),
    "too-many": (429, "Too many tries"),
}


@pytest.fixture
def visitor() -> Client:
    """Return somebody with a session, whose user nobody can look up now."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32
    return client


def test_every_error_has_a_test():
    assert HEADINGS.keys() == ERRORS.keys()


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_an_error_is_a_designed_page_with_a_way_on(error, method, visitor):
    response = getattr(visitor, method)(f"/fail/{error}/")
    status, heading = HEADINGS[error]
    assert response.status_code == status
    assert response["Content-Type"] == "text/html; charset=utf-8"
    shown = page(response)
    assert heading in sentence(response)
    assert shown.has("title")
    assert shown.has("h1")
    assert {"/", "/help/"} <= set(shown.addresses())
    assert shown.has("link", rel="stylesheet", href="/static/css/app.css")
    assert "secret of the inside" not in response.content.decode()


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_told_to_programs_in_json(error, visitor):
    response = visitor.get(f"/fail/{error}/", headers=JSON)
    assert response.status_code == HEADINGS[error][0]
    assert list(response.json()) == ["message"]
    assert response.json()["message"]
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_told_to_htmx_as_a_message(error, visitor):
    response = visitor.get(f"/fail/{error}/", headers=HTMX)
    assert response.status_code == HEADINGS[error][0]
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#toasts", "beforeend")
    assert page(response).has("div", class_="flash-error", role="alert")
    assert sentence(response)
    assert not page(response).has("html")


def test_a_full_throttle_says_when_to_come_back(visitor):
    response = visitor.get("/fail/too-many/")
    assert response["Retry-After"] == "7"
    assert "Try again in 7 seconds." in sentence(response)


@pytest.mark.parametrize("url", ["/", "/tasks/", "/tasks/1/", "/accounts/login/"])
def test_without_a_database_every_page_is_the_designed_apology(url, visitor):
    response = visitor.get(url)
    assert response.status_code == 500
    assert {"/", "/help/"} <= set(page(response).addresses())


def test_an_unknown_address_needs_no_database(visitor):
    response = visitor.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here" in sentence(response)


def test_a_form_without_its_token_needs_no_database():
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = "a" * 32
    response = client.post("/tasks/new/", {"title": "x"})
    assert response.status_code == 403
    assert "This form is too old" in sentence(response)
    assert {"/", "/help/"} <= set(page(response).addresses())


def test_a_host_that_is_not_ours_needs_no_database(visitor):
    response = visitor.get("/", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert "That request made no sense to us" in sentence(response)
