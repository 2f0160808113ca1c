"""Every operation of the document, tried by everybody: a new one fails here until it has a row in operations.py."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Role, Scope
from tests.api.conftest import Caller, document
from tests.api.operations import OPERATIONS, Example
from tests.web.addresses import ROLES

pytestmark = pytest.mark.once

PLACES = {
    operation["operationId"]: (method, path.removeprefix("/api/v1"), operation)
    for path, item in document()["paths"].items()
    for method, operation in item.items()
}
PRIVATE = [name for name, operation in OPERATIONS.items() if not operation.public]
WRITES = [name for name in PRIVATE if PLACES[name][0] != "get"]
WITH_OBJECT = [name for name in PRIVATE if re.search(r"\{\w+_id\}", PLACES[name][1])]
# Those of a task are not there for a stranger at all.
LISTS = [
    name
    for name in PRIVATE
    if name not in WITH_OBJECT and any(each["name"] == "limit" for each in PLACES[name][2]["parameters"])
]
SECRET = "Rotate the signing keys"


@pytest.fixture
def try_it() -> Callable[..., Any]:
    """Make a call of an operation: `try_it("get_task", call, {"task_id": 7})`."""

    def run(name: str, call: Caller, example: Example) -> Any:
        method, path, _operation = PLACES[name]
        row = OPERATIONS[name]
        if row.files:
            files = {key: SimpleUploadedFile("notes.txt", data) for key, data in row.files.items()}
            return call.send(method, path.format_map(example), files)
        return call(method, path.format_map(example), _filled(row.body, example))

    return run


def _filled(body: Any, example: Example) -> Any:
    """Return the body with the ids that its words in braces name."""
    if isinstance(body, dict):
        return {key: _filled(value, example) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(each, example) for each in body]
    return example.get(str(body).strip("{}"), body)


def was_done(response: Any) -> bool:
    """Whether the call did anything: one about many things tells of each."""
    if response.status_code != 200:
        return bool(response.status_code < 400)
    results = response.json().get("results", []) if "json" in response["Content-Type"] else []
    return not results or any(result["status"] < 400 for result in results)


def readied(call: Caller) -> Caller:
    """Let the first use of a token be over, which is written down."""
    call("get", "/me")
    return call


def test_every_operation_has_a_row():
    assert OPERATIONS.keys() == PLACES.keys()


def test_what_reads_is_a_get_and_what_writes_is_none():
    for name in PRIVATE:
        assert OPERATIONS[name].writes == (PLACES[name][0] != "get"), name


@pytest.mark.parametrize("name", PRIVATE)
def test_each_role_gets_what_the_table_says(name, board, ada, member, caller, rows, try_it):
    for role, status in zip(ROLES, OPERATIONS[name].statuses, strict=True):
        example = OPERATIONS[name].example(board, ada)
        call = readied(caller(member(f"bo-{role}", *([Role(role)] if role else []))))
        before = rows()
        response = try_it(name, call, example)
        assert response.status_code == status, (role, response)
        assert (rows() != before) == (OPERATIONS[name].writes and was_done(response)), role


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if row.public])
def test_public_operations_need_no_token(name, board, ada, caller, try_it):
    assert try_it(name, caller(), OPERATIONS[name].example(board, ada)).status_code == 200


@pytest.mark.parametrize("name", WITH_OBJECT)
def test_another_organizations_objects_are_not_there(name, board, ada, oscar, caller, rows, try_it):
    example = OPERATIONS[name].example(board, ada)
    call = readied(caller(oscar))
    before = rows()
    foreign = try_it(name, call, example)
    unknown = try_it(name, call, dict.fromkeys(example, 10**12))
    assert (foreign.status_code, foreign.json()) == (404, {"message": "Object not found."})
    assert (unknown.status_code, unknown.content) == (404, foreign.content)
    assert rows() == before


@pytest.mark.parametrize("name", [name for name in WITH_OBJECT if OPERATIONS[name].body])
def test_ids_in_a_body_reach_no_other_organization(name, board, ada, oscar, caller, rows):
    """The addressed object is the caller's own, everything that the body could name is not."""
    from taskmanager.tasks.models import Project

    method, path, operation = PLACES[name]
    schema_name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    linked = document()["components"]["schemas"][schema_name]["properties"].keys() & {"owner", "epic", "project"}
    mine = OPERATIONS[name].example(Project.objects.get(organization=oscar.organization), oscar)
    call = readied(caller(oscar))
    for link in linked:
        theirs = {"owner": ada.pk, "epic": _epic(board, ada), "project": board.pk}[link]
        before = rows()
        response = call(method, path.format_map(mine), {**_filled(OPERATIONS[name].body, mine), link: theirs})
        assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["body", link])
        assert rows() == before


def _epic(board: Any, author: Any) -> int:
    from taskmanager.tasks import services

    return services.create_epic(board, actor=author, name="Audit").pk


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_nothing_of_another_organization(name, board, ada, oscar, caller, try_it):
    OPERATIONS[name].example(board, ada)
    response = try_it(name, caller(oscar), {"year": 2026, "month": 11, "day": 22})
    assert SECRET not in response.content.decode()
    assert "ada" not in response.content.decode()


@pytest.mark.parametrize("name", PRIVATE)
def test_nobody_gets_in_without_a_token_that_counts(name, board, ada, caller, rows, try_it):
    example = OPERATIONS[name].example(board, ada)
    before = rows()
    for call in (caller(), Caller("tm_" + "0" * 46), Caller("eyJhbGciOiJub25lIn0.e30.")):
        response = try_it(name, call, example)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert rows() == before


@pytest.mark.parametrize("name", WRITES)
def test_a_token_that_may_only_read_writes_nothing(name, board, ada, caller, rows, try_it):
    example = OPERATIONS[name].example(board, ada)
    call = readied(caller(ada, scope=Scope.READ))
    before = rows()
    response = try_it(name, call, example)
    assert (response.status_code, response.json()) == (403, {"message": "This token may only read."})
    assert rows() == before


@pytest.mark.parametrize("name", [name for name in PRIVATE if name not in WRITES])
def test_a_token_that_may_only_read_reads(name, board, ada, caller, try_it):
    response = try_it(name, caller(ada, scope=Scope.READ), OPERATIONS[name].example(board, ada))
    assert response.status_code == 200


@pytest.mark.parametrize("name", PRIVATE)
def test_a_deactivated_users_tokens_are_dead_at_once(name, board, ada, ed, caller, rows, try_it):
    example = OPERATIONS[name].example(board, ada)
    calls = [caller(ed), Caller(accounts.issue_pair(ed).access)]
    for call in calls:
        readied(call)
    accounts.deactivate_member(ed, actor=ada)
    before = rows()
    assert [try_it(name, call, example).status_code for call in calls] == [401, 401]
    assert rows() == before
