"""What the API says where nothing could be done: always JSON, always a sentence, never what is inside."""

import pytest
from django.conf import settings
from django.test import Client

ROOT = "/api/v1"


@pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v1/nowhere", "/api/v2/tasks/", "/api/v1/tasks/abc"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_where_nothing_is(address, method, db):
    response = getattr(Client(), method)(address)
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert response.json() == {"message": "Object not found."}


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("delete", "/tasks/", {"GET", "PATCH", "POST"}),
        ("post", "/tasks/1", {"GET", "PUT", "PATCH", "DELETE"}),
        ("get", "/token/pair", {"POST"}),
        ("post", "/openapi.json", {"GET", "HEAD"}),
        ("put", "/docs", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_there_is_not(method, address, allowed, db):
    response = getattr(Client(), method)(f"{ROOT}{address}")
    assert (response.status_code, response["Content-Type"]) == (405, "application/json")
    assert set(response["Allow"].split(", ")) == allowed
    assert all(name in response.json()["message"] for name in allowed)


def test_a_body_that_is_too_large(ada, board, caller):
    client = caller(ada).client
    body = b'{"title": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    response = client.post(f"{ROOT}/tasks/", body, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (413, "application/json")
    assert "larger" in response.json()["message"]


def test_a_body_that_is_larger_than_anything(settings):
    settings.BODY_MAX_SIZE = 1000
    response = Client().post(f"{ROOT}/tasks/", b"x" * 2000, content_type="application/json")
    assert (response.status_code, list(response.json())) == (413, ["message"])


def test_too_many_files(ada, task, caller, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    client = caller(ada).client
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(3)]
    response = client.post(f"{ROOT}/tasks/{task.pk}/attachments", {"attachments": files})
    assert (response.status_code, list(response.json())) == (400, ["message"])


def test_a_fault_of_ours_says_nothing_of_the_inside():
    # pytest-django lets no test without its mark ask the database: looking for the token fails.
    token = "tm_" + "0" * 40
    from taskmanager.accounts.services import tokens

    client = Client(
        raise_request_exception=False, headers={"Authorization": f"Bearer {token}{tokens._checksum(token)}"}
    )
    response = client.get(f"{ROOT}/tasks/")
    assert (response.status_code, response["Content-Type"]) == (500, "application/json")
    assert response.json() == {"message": "Something went wrong on our side."}
