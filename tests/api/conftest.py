"""Callers of the API. Whatever one is answered is held against the document."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope, User
from taskmanager.api import api
from tests.web.conftest import rows

__all__ = ["rows"]

ROOT = "/api/v1"


@cache
def document() -> Any:
    """Return the document, as a caller reads it."""
    return json.loads(json.dumps(api.get_openapi_schema()))


def operation_of(method: str, path: str) -> Any:
    """Return what the document says of a call."""
    for template, operations in document()["paths"].items():
        # A number in a word's place is another call: /tasks/claim-next isn't /tasks/{task_id}.
        pattern = re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method in operations:
            return operations[method]
    raise AssertionError(f"The document knows no {method.upper()} {path}.")


def hold_against_document(method: str, address: str, response: Any) -> None:
    """Fail where the answer isn't one that the document promises."""
    path, _mark, query = address.partition("?")
    promised = operation_of(method, path)["responses"]
    assert str(response.status_code) in promised, (method, path, response.status_code)
    answer = promised[str(response.status_code)]
    missing = {"ETag", "Link", "Retry-After", "WWW-Authenticate"} & answer["headers"].keys() - response.headers.keys()
    if response.status_code == HTTPStatus.OK and "fields=" in query:
        missing.discard("ETag")  # it comes with the version
    assert not missing, (method, path, response.status_code)
    content = answer.get("content", {})
    if "*/*" in content:
        return
    assert bool(content) == bool(response.content), (method, path, response.status_code)
    if not content:
        return
    assert response["Content-Type"].partition(";")[0] == "application/json"
    schema = content["application/json"]["schema"]
    if "anyOf" in schema and "fields=" not in query:
        schema = schema["anyOf"][0]  # nothing may be left out unasked
    validate(response.json(), schema)


def validate(value: Any, schema: Any) -> None:
    """Fail where the value doesn't fit a schema of the document."""
    whole = {**schema, "components": document()["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


class Caller:
    """A program with a token."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {})

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Make a call, below /api/v1; the answer is one that the document promises."""
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = getattr(self.client, method)(f"{ROOT}{path}", headers=named, **data)
        if response.streaming:
            response.sent = response.getvalue()  # which closes the file, too
        hold_against_document(method, f"{ROOT}{path}", response)
        return response

    def send(self, method: str, path: str, files: dict[str, Any]) -> Any:
        """Make a call with files."""
        response = getattr(self.client, method)(f"{ROOT}{path}", files)
        hold_against_document(method, f"{ROOT}{path}", response)
        return response


@pytest.fixture
def caller(db) -> Callable[..., Caller]:
    """Return a function that lets a user call, or nobody."""

    def make(user: User | None = None, *, scope: Scope = Scope.WRITE) -> Caller:
        if user is None:
            return Caller("")
        ends = timezone.now() + timedelta(days=1)
        return Caller(accounts.create_token(user, name="test", scope=scope, expires_at=ends)[1])

    return make
