"""The OpenAPI document: valid, served to everybody, complete, and in words."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from taskmanager.api import api
from taskmanager.openapi.examples import EXAMPLES
from tests.api.conftest import ROOT, document, validate

pytestmark = pytest.mark.once

# Answered before the API hears of it.
BY_THE_SERVER = {"414", "431"}

WRITES = {"post", "put", "patch", "delete"}
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in document()["paths"].items()
    for method, operation in item.items()
}
SCHEMAS = document()["components"]["schemas"]


def words(text: str) -> int:
    return len(text.split())


def test_the_document_is_valid_openapi():
    errors = [error.message for error in OpenAPIV31SpecValidator(document()).iter_errors()]
    assert errors == []
    assert document()["openapi"].startswith("3.1.")


def test_everybody_may_read_it_and_it_says_where_we_are(db):
    response = Client().get(f"{ROOT}/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    served = response.json()
    assert served == document()
    assert served["servers"] == [{"url": settings.PUBLIC_URL, "description": "This Taskmanager"}]
    assert served["info"]["license"]["name"] == "MIT"


def test_who_asks_for_it_at_once_after_a_start_gets_one_and_the_same():
    vars(api).pop("_document", None)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: api.get_openapi_schema(), range(4)))
    assert len({id(each) for each in found}) == 1


def test_every_tag_is_explained_and_used():
    explained = {tag["name"]: tag["description"] for tag in document()["tags"]}
    used = {tag for _method, _path, operation in OPERATIONS.values() for tag in operation["tags"]}
    assert explained.keys() == used
    assert all(explained.values())


def test_a_token_is_asked_for_everywhere_but_where_one_is_made():
    [scheme] = document()["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert scheme["description"]
    public = {name for name, (_method, _path, operation) in OPERATIONS.items() if not operation.get("security")}
    assert public == {"create_token_pair", "refresh_token_pair"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_is_told_in_words(name):
    _method, _path, operation = OPERATIONS[name]
    assert words(operation["summary"]) >= 2
    assert not operation["summary"].endswith(".")
    assert operation["description"]
    assert len(operation["tags"]) == 1
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]
        assert "anyOf" not in parameter["schema"] or parameter["in"] == "path"
    for status, response in operation["responses"].items():
        assert words(response["description"]) >= 2, status


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_says_how_it_may_be_refused(name):
    method, path, operation = OPERATIONS[name]
    wanted = {"401", "429", "500", "503"} | BY_THE_SERVER
    if operation.get("security") and method in WRITES:
        wanted.add("403")  # a token that may only read
    if "requestBody" in operation:
        wanted |= {"400", "413", "422"}
    if re.search(r"\{\w+_id\}", path):
        wanted.add("404")
    takes = {each["name"] for each in operation["parameters"] if each["in"] in {"query", "header"}}
    if takes - {"If-None-Match"}:  # whatever that says, nothing is refused
        wanted.add("422")
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"]):
        wanted.add("409")
    if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
        wanted |= {"409", "412"}
    assert wanted <= operation["responses"].keys()
    for status, response in operation["responses"].items():
        if status >= "400" and status not in {"416"} | BY_THE_SERVER:
            assert list(response["content"]) == ["application/json"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_names_its_headers(name):
    _method, _path, operation = OPERATIONS[name]
    names = {parameter["name"] for parameter in operation["parameters"]}
    for status, response in operation["responses"].items():
        if status in BY_THE_SERVER:
            continue
        headers = response["headers"]
        assert ("WWW-Authenticate" in headers) == (status == "401")
        assert ("Retry-After" in headers) == (status in {"429", "503"})
        assert ("RateLimit-Remaining" in headers) == (status not in {"401", "429", "503"})
        assert ("Idempotent-Replayed" in headers) == (status < "300" and "Idempotency-Key" in names)
    assert ("Link" in operation["responses"].get("200", {"headers": {}})["headers"]) == ("limit" in names)
    assert ("ETag" in operation["responses"].get("412", {"headers": {}})["headers"]) == ("If-Match" in names)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_told_in_words(name):
    schema = SCHEMAS[name]
    assert schema["description"]
    undescribed = [field for field, each in schema.get("properties", {}).items() if "description" not in each]
    assert undescribed == []


@pytest.mark.parametrize("name", [name for name in SCHEMAS if not name.endswith("Part")])
def test_every_schema_has_an_example_that_fits_it(name):
    assert SCHEMAS[name]["examples"] == [EXAMPLES[name]]
    validate(EXAMPLES[name], {"$ref": f"#/components/schemas/{name}"})
    schema = SCHEMAS[name]
    if name.endswith(("Out", "Me")):
        assert set(EXAMPLES[name]) == set(schema["properties"])


def test_no_example_is_left_over():
    assert EXAMPLES.keys() <= SCHEMAS.keys()


def test_examples_of_refusals_fit_their_schemas():
    for _method, _path, operation in OPERATIONS.values():
        for response in operation["responses"].values():
            content = response.get("content", {}).get("application/json", {})
            if "example" in content:
                validate(content["example"], content["schema"])


def test_nothing_has_a_title_that_only_repeats_its_name():
    def titles(node: object, path: str = "") -> list[str]:
        if isinstance(node, list):
            return [found for each in node for found in titles(each, path)]
        if not isinstance(node, dict):
            return []
        own = [path] if isinstance(node.get("title"), str) and not path.endswith(("/examples", "/info")) else []
        return own + [found for key, each in node.items() for found in titles(each, f"{path}/{key}")]

    found = [path for path in titles(document()) if "/example" not in path]
    assert found == []


def test_every_schema_is_a_schema():
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema), name
