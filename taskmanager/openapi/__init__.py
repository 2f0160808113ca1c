"""The API's document, finished: django-ninja writes what the code says, and here is added what holds everywhere.

What every call may be answered, headers, examples, and words where there were none. Nothing here knows a single call,
so that a new one is described the same way.
"""

import copy
import json
from http import HTTPStatus
from typing import Any

from taskmanager.openapi import words
from taskmanager.openapi.examples import EXAMPLES

type Json = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
READING = {"get"}
MESSAGE = {"$ref": "#/components/schemas/Message"}


def finished(document: Json, *, server: str) -> Json:
    """Return django-ninja's document as callers get it; `server` is the address that they call."""
    document = copy.deepcopy(document)
    document["info"] |= {
        "summary": words.SUMMARY,
        "description": words.DESCRIPTION,
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    document["servers"] = [{"url": server, "description": "This Taskmanager"}]
    document["tags"] = [{"name": name, "description": text} for name, text in words.TAGS.items()]
    components = document["components"]
    components["headers"] = words.HEADERS
    for scheme in components["securitySchemes"].values():
        scheme["description"] = words.SECURITY
    for item in document["paths"].values():
        for method in METHODS:
            if method in item:
                # Operations of one path share what django-ninja made once.
                item[method] = _operation(method, copy.deepcopy(item[method]), components)
    _link(document["paths"])
    _keep_what_is_used(document)
    for name, schema in components["schemas"].items():
        _describe(schema)
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    _drop_titles(document)
    return document


def _operation(method: str, operation: Json, components: Json) -> Json:
    """Return one call with all of its answers."""
    text = " ".join(operation.get("description", "").split("\n\n")[0].split())
    # The first sentence says what it does; a name in its place would say nothing.
    first, _dot, _rest = text.partition(". ")
    operation["summary"] = first.removesuffix(".")
    names = {each["name"] for each in operation["parameters"]}
    for parameter in operation["parameters"]:
        _finish_parameter(parameter)
    statuses = {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
    if "requestBody" in operation:
        statuses |= {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    if operation.get("security") and method not in READING:
        statuses |= {HTTPStatus.FORBIDDEN}
    responses = operation["responses"]
    if not operation["parameters"] and "requestBody" not in operation:
        responses.pop(HTTPStatus.UNPROCESSABLE_ENTITY, None)
    if method in READING and "content" in responses.get(HTTPStatus.OK, {}):
        operation["parameters"].append(copy.deepcopy(words.IF_NONE_MATCH))
        responses[int(HTTPStatus.NOT_MODIFIED)] = {"description": words.UNCHANGED}
    for status in statuses:
        responses.setdefault(int(status), {"content": {"application/json": {"schema": dict(MESSAGE)}}})
    if "fields" in names:
        _answer_parts(responses[HTTPStatus.OK], components["schemas"])
    for status, response in responses.items():
        _finish_response(operation["operationId"], status, response, components["schemas"])
        _name_headers(status, response, names, components["schemas"])
    responses |= copy.deepcopy(words.TOO_LONG)
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}
    return operation


def _link(paths: Json) -> None:
    """Lead from what was made to all that can be done with it: the calls that take its id."""
    operations = [(path, item[method]) for path, item in paths.items() for method in METHODS if method in item]
    for _path, operation in operations:
        verb, _, noun = operation["operationId"].partition("_")
        made = operation["responses"].get(str(int(HTTPStatus.CREATED)))
        if verb != "create" or made is None:
            continue
        name = f"{noun.removesuffix('s')}_id"
        # Several that are made at once are answered as a list.
        place = "/items/0/id" if noun.endswith("s") else "/id"
        made["links"] = {
            other["operationId"]: {
                "operationId": other["operationId"],
                "parameters": {name: f"$response.body#{place}"},
                "description": other["summary"],
            }
            for path, other in operations
            if f"{{{name}}}" in path
        }


def _finish_parameter(parameter: Json) -> None:
    schema = parameter["schema"]
    if parameter["in"] in {"query", "header"} and "anyOf" in schema:
        # It can be left out, but null can't be sent in an address or a header.
        [kind] = [each for each in schema.pop("anyOf") if each.get("type") != "null"]
        schema |= kind
        schema.pop("default", None)
    text = schema.pop("description", "") or words.PARAMETERS.get(parameter["name"], "")
    if text:
        parameter["description"] = text


def _finish_response(operation_id: str, status: int, response: Json, schemas: Json) -> None:
    """Say what the answer means, with an example."""
    content = response.get("content", {}).get("application/json")
    special = words.ANSWERS.get((operation_id, HTTPStatus(status)))
    if status in words.ERRORS:
        text, sentence = words.ERRORS[status]
        response["description"] = special or text
        if content["schema"] == MESSAGE:
            content["example"] = {"message": special or sentence}
        elif status == HTTPStatus.UNPROCESSABLE_ENTITY:
            content["example"] = words.PROBLEMS
    elif content:
        name = _first_name(content["schema"])
        response["description"] = special or schemas[name].get("description", "").split("\n")[0]
    elif not response.get("content") and response["description"] == HTTPStatus(status).phrase:
        response["description"] = special or words.NOTHING


def _name_headers(status: int, response: Json, parameters: set[str], schemas: Json) -> None:
    """Say which headers come with the answer."""
    names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
    content = response.get("content", {}).get("application/json")
    properties = schemas.get(_first_name(content["schema"]), {}).get("properties", {}) if content else {}
    if status == HTTPStatus.UNAUTHORIZED:
        names = ["WWW-Authenticate"]
    elif status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        names = ["Retry-After"]
    elif status < HTTPStatus.BAD_REQUEST:
        names += ["ETag"] if "version" in properties or status == HTTPStatus.NOT_MODIFIED else []
        names += ["Link"] if {"items", "count"} <= properties.keys() else []
        names += ["Idempotent-Replayed"] if "Idempotency-Key" in parameters else []
    elif "current" in properties:
        names.append("ETag")
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names} | response.get(
        "headers", {}
    )


def _first_name(schema: Json) -> str:
    """Return the name of the component that the schema is, or that comes first."""
    return str((schema.get("anyOf") or [schema])[0].get("$ref", "")).rpartition("/")[2]


def _answer_parts(response: Json, schemas: Json) -> None:
    """Let an answer also be one with some fields only, as `fields` asks for."""
    content = response["content"]["application/json"]
    name = _first_name(content["schema"])
    whole = schemas[name]
    if "items" in whole["properties"]:
        item = _first_name(whole["properties"]["items"]["items"])
        part = copy.deepcopy(whole)
        part["description"] = f"{whole['description']} With some of their fields, as `fields` asks for."
        part["properties"]["items"]["items"] = {"$ref": f"#/components/schemas/{_part_of(item, schemas)}"}
        schemas[f"{name}Part"] = part
        part_name = f"{name}Part"
    else:
        part_name = _part_of(name, schemas)
    content["schema"] = {"anyOf": [content["schema"], {"$ref": f"#/components/schemas/{part_name}"}]}


def _part_of(name: str, schemas: Json) -> str:
    """Add the schema of a thing with some of its fields, and return its name."""
    part = copy.deepcopy(schemas[name])
    del part["required"]
    part |= {"additionalProperties": False, "minProperties": 1}
    part["description"] = f"{part['description']} With some of its fields, as `fields` asks for."
    part_name = f"{name.removesuffix('Out')}Part"
    schemas[part_name] = part
    return part_name


def _describe(schema: Json) -> None:
    """Say of each field what it is."""
    for name, field in schema.get("properties", {}).items():
        if "description" not in field and name in words.FIELDS:
            field["description"] = words.FIELDS[name]


def _keep_what_is_used(document: Json) -> None:
    """Leave out the schemas that only stood for parameters."""
    schemas = document["components"]["schemas"]
    used: set[str] = set()
    waiting: list[Any] = [document["paths"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in schemas and name not in used:
                used.add(name)
                waiting.append(schemas[name])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(used)}


def _drop_titles(node: Any, *, names: bool = False) -> None:
    """Leave out titles that repeat a name in other words; `names` where the keys are names of fields."""
    if isinstance(node, list):
        for each in node:
            _drop_titles(each)
    elif isinstance(node, dict):
        if not names and isinstance(node.get("title"), str) and "version" not in node:
            del node["title"]
        for key, each in node.items():
            if key not in {"examples", "example", "default"}:
                _drop_titles(each, names=key == "properties")


def published(document: Json) -> str:
    """Return the text of docs/openapi.json: the document of no server in particular."""
    servers = [{"url": "https://taskmanager.example.com", "description": "Yours"}]
    return json.dumps({**document, "servers": servers}, indent=2, ensure_ascii=False) + "\n"
