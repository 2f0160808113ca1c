"""The committed copy of the document is the present one, and nothing breaks within version 1."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmanager.openapi import published
from tests.api.breaking import breaks
from tests.api.conftest import document

pytestmark = pytest.mark.once

DOCS = Path(__file__).resolve().parents[2] / "docs"
TASKS, TASK = "/api/v1/tasks/", "/api/v1/tasks/{task_id}"
CLAIM = "/api/v1/tasks/{task_id}/claim"


def test_the_committed_copy_is_current():
    # Only what is told as JSON counts: `make openapi` writes it.
    assert (DOCS / "openapi.json").read_text() == published(document()), "Run `make openapi`."


def test_nothing_breaks_since_the_last_release():
    baseline = json.loads((DOCS / "openapi-v1-baseline.json").read_text())
    assert breaks(baseline, document()) == []


def schema(changed: Any, name: str) -> Any:
    return changed["components"]["schemas"][name]


def fields(changed: Any, name: str) -> Any:
    return schema(changed, name)["properties"]


def limit(changed: Any) -> Any:
    return next(each for each in changed["paths"][TASKS]["get"]["parameters"] if each["name"] == "limit")


def becomes_nullable(changed: Any) -> None:
    fields(changed, "TaskOut")["title"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def status_changes(changed: Any) -> None:
    answers = changed["paths"][TASKS]["post"]["responses"]
    answers["200"] = answers.pop("201")


def new_required_parameter(changed: Any) -> None:
    parameter = {"in": "query", "name": "team", "required": True, "schema": {"type": "string"}}
    changed["paths"][TASKS]["get"]["parameters"].append(parameter)


BREAKS: dict[str, Callable[[Any], Any]] = {
    "PATCH /api/v1/tasks/{task_id}/claim is gone": lambda new: new["paths"][CLAIM].pop("patch"),
    "GET /api/v1/tasks/ is gone": lambda new: new["paths"].pop(TASKS),
    "has another operationId": lambda new: new["paths"][CLAIM]["patch"].update(operationId="take_task"),
    "asks for a token now": lambda new: new["paths"]["/api/v1/token/pair"]["post"].update(security=[{"Bearer": []}]),
    ".owner is gone": lambda new: fields(new, "TaskOut").pop("owner"),
    ".title may be missing now": lambda new: schema(new, "TaskOut")["required"].remove("title"),
    ".count is string and not integer now": lambda new: fields(new, "TaskList")["count"].update(type="string"),
    ".title may be null now": becomes_nullable,
    ".created_at, format is another one": lambda new: fields(new, "TaskOut")["created_at"].pop("format"),
    ".status is never ARCHIVED any more": lambda new: fields(new, "TaskOut")["status"]["enum"].remove("ARCHIVED"),
    ".watchers isn't taken any more": lambda new: fields(new, "TaskIn").pop("watchers"),
    ".priority is required now": lambda new: schema(new, "TaskIn")["required"].append("priority"),
    ".priority doesn't take LOW any more": lambda new: fields(new, "TaskIn")["priority"]["enum"].remove("LOW"),
    ".title, maxLength is tighter": lambda new: fields(new, "TaskIn")["title"].update(maxLength=100),
    ".title, pattern is another one": lambda new: fields(new, "TaskIn")["title"].update(pattern="^[A-Z]"),
    ".owner doesn't take null any more": lambda new: fields(new, "TaskIn").update(owner={"type": "integer"}),
    "limit, maximum is tighter": lambda new: limit(new)["schema"].update(maximum=100),
    "limit isn't taken any more": lambda new: new["paths"][TASKS]["get"]["parameters"].remove(limit(new)),
    "limit is required now": lambda new: limit(new).update(required=True),
    "team is required now": new_required_parameter,
    "never answers 201 now": status_changes,
    "also answers 200 now": status_changes,
    "header Link is gone": lambda new: new["paths"][TASKS]["get"]["responses"]["200"]["headers"].pop("Link"),
    "body isn't taken any more": lambda new: new["paths"][TASK]["patch"].pop("requestBody"),
    "body is required now": lambda new: new["paths"][CLAIM]["patch"].update(
        requestBody=new["paths"][TASK]["patch"]["requestBody"]
    ),
}


@pytest.mark.parametrize("sentence", BREAKS)
def test_each_kind_of_break_is_found(sentence):
    changed = copy.deepcopy(document())
    BREAKS[sentence](changed)
    assert any(sentence in each for each in breaks(document(), changed))


def new_field(changed: Any) -> None:
    fields(changed, "TaskOut")["estimate"] = {"type": "integer"}
    schema(changed, "TaskOut")["required"].append("estimate")


def new_choice(changed: Any) -> None:
    for name in ("TaskOut", "TaskIn", "TaskPut", "TaskPatch"):
        fields(changed, name)["priority"]["enum"].append("WHENEVER")


def new_call(changed: Any) -> None:
    changed["paths"]["/api/v1/teams/"] = changed["paths"][TASKS]


HARMLESS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _new: None,
    "a new field in an answer": new_field,
    "a new optional field of a body": lambda new: fields(new, "TaskIn").update(estimate={"type": "integer"}),
    "a new value": new_choice,
    "a new call": new_call,
    "a longer title": lambda new: fields(new, "TaskIn")["title"].update(maxLength=500),
    "a new way to be refused": lambda new: new["paths"][CLAIM]["patch"]["responses"].update({"423": {}}),
    "other words": lambda new: fields(new, "TaskOut")["id"].update(description="Another one"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_harms_nobody_is_no_break(name):
    changed = copy.deepcopy(document())
    HARMLESS[name](changed)
    assert breaks(document(), changed) == []
