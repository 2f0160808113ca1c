"""What of a change to the API's document breaks programs that were written for the document before.

An answer may get more fields and say less often null; what is taken may get more optional fields and more values.
Everything else is a break. Both documents are OpenAPI 3.1, as JSON.
"""

from collections.abc import Iterator
from typing import Any

type Json = dict[str, Any]

# Limits of what is taken: a break where the new one is tighter.
UPPER = ("maxLength", "maximum", "maxItems", "maxProperties")
LOWER = ("minLength", "minimum", "minItems", "minProperties")


def breaks(old: Json, new: Json) -> list[str]:
    """Return what breaks, a sentence each; none for a change that harms nobody."""
    return list(_Comparison(old, new).all())


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[str, str, bool]] = set()

    def all(self) -> Iterator[str]:
        """Yield what breaks."""
        for path, item in self.old["paths"].items():
            for method, before in item.items():
                place = f"{method.upper()} {path}"
                after = self.new["paths"].get(path, {}).get(method)
                if after is None:
                    yield f"{place} is gone"
                else:
                    yield from self._operation(place, before, after)

    def _operation(self, place: str, before: Json, after: Json) -> Iterator[str]:
        if before["operationId"] != after["operationId"]:
            yield f"{place} has another operationId: clients are generated with it as a name"
        if after.get("security") and not before.get("security"):
            yield f"{place} asks for a token now"
        yield from self._parameters(place, before, after)
        yield from self._body(f"{place}, body", before.get("requestBody"), after.get("requestBody"))
        yield from self._answers(place, before["responses"], after["responses"])

    def _parameters(self, place: str, before: Json, after: Json) -> Iterator[str]:
        was = {(each["in"], each["name"]): each for each in before["parameters"]}
        now = {(each["in"], each["name"]): each for each in after["parameters"]}
        for key, parameter in now.items():
            if parameter["required"] and not was.get(key, {}).get("required"):
                yield f"{place}, {key[1]} is required now"
        for key, parameter in was.items():
            if key in now:
                yield from self._taken(f"{place}, {key[1]}", parameter["schema"], now[key]["schema"])
            else:
                yield f"{place}, {key[1]} isn't taken any more"

    def _body(self, place: str, before: Json | None, after: Json | None) -> Iterator[str]:
        if after and after.get("required") and not (before and before.get("required")):
            yield f"{place} is required now"
        if before and not after:
            yield f"{place} isn't taken any more"
        if before and after:
            yield from self._content(place, before["content"], after["content"], is_taken=True)

    def _answers(self, place: str, before: Json, after: Json) -> Iterator[str]:
        was, now = ({status for status in answers if status < "400"} for answers in (before, after))
        for status in sorted(was ^ now):
            yield f"{place} {'never' if status in was else 'also'} answers {status} now"
        for status in sorted(before.keys() & after.keys()):
            here = f"{place}, {status}"
            for name in sorted(before[status].get("headers", {}).keys() - after[status].get("headers", {}).keys()):
                yield f"{here}, header {name} is gone"
            contents = (each[status].get("content", {}) for each in (before, after))
            yield from self._content(here, *contents, is_taken=False)

    def _content(self, place: str, before: Json, after: Json, *, is_taken: bool) -> Iterator[str]:
        for kind, content in before.items():
            if kind not in after:
                yield f"{place} is no {kind} any more"
            elif is_taken:
                yield from self._taken(place, content["schema"], after[kind]["schema"])
            else:
                yield from self._given(place, content["schema"], after[kind]["schema"])

    def _taken(self, place: str, before: Json, after: Json) -> Iterator[str]:
        """Yield what was taken before, and isn't any more."""
        pair = self._pair(before, after, is_taken=True)
        if pair is None:
            return
        before, after = pair
        if "anyOf" in before or "anyOf" in after:
            for kind in _kinds(before):
                if not any(not list(self._fresh()._taken(place, kind, each)) for each in _kinds(after)):
                    yield f"{place} doesn't take {_name(kind)} any more"
            return
        yield from _type(place, before, after)
        for value in _values(before) - _values(after) if _values(after) else set():
            yield f"{place} doesn't take {value} any more"
        if _values(after) and not _values(before):
            yield f"{place} takes only some values now"
        yield from _limits(place, before, after)
        yield from self._taken_fields(place, before, after)
        if "items" in before and "items" in after:
            yield from self._taken(f"{place}[]", before["items"], after["items"])

    def _taken_fields(self, place: str, before: Json, after: Json) -> Iterator[str]:
        for name in sorted(set(after.get("required", [])) - set(before.get("required", []))):
            yield f"{place}.{name} is required now"
        now = after.get("properties", {})
        for name, field in before.get("properties", {}).items():
            if name in now:
                yield from self._taken(f"{place}.{name}", field, now[name])
            else:
                yield f"{place}.{name} isn't taken any more"
        if after.get("additionalProperties") is False and before.get("additionalProperties", True) is not False:
            yield f"{place} takes no other fields any more"

    def _given(self, place: str, before: Json, after: Json) -> Iterator[str]:
        """Yield what was promised before, and isn't any more."""
        pair = self._pair(before, after, is_taken=False)
        if pair is None:
            return
        before, after = pair
        if "anyOf" in before or "anyOf" in after:
            for kind in _kinds(after):
                if not any(not list(self._fresh()._given(place, each, kind)) for each in _kinds(before)):
                    yield f"{place} may be {_name(kind)} now"
            return
        yield from _type(place, before, after)
        for value in _values(before) - _values(after) if _values(after) else set():
            yield f"{place} is never {value} any more"
        if before.get("format") != after.get("format"):
            yield f"{place}, format is another one"
        yield from self._given_fields(place, before, after)
        if "items" in before and "items" in after:
            yield from self._given(f"{place}[]", before["items"], after["items"])

    def _given_fields(self, place: str, before: Json, after: Json) -> Iterator[str]:
        now = after.get("properties", {})
        for name, field in before.get("properties", {}).items():
            if name not in now:
                yield f"{place}.{name} is gone"
                continue
            if name in before.get("required", []) and name not in after.get("required", []):
                yield f"{place}.{name} may be missing now"
            yield from self._given(f"{place}.{name}", field, now[name])

    def _fresh(self) -> "_Comparison":
        # An alternative is tried: what is found there may not count as seen for the next one.
        other = _Comparison(self.old, self.new)
        other.seen = set(self.seen)
        return other

    def _pair(self, before: Json, after: Json, *, is_taken: bool) -> tuple[Json, Json] | None:
        """Return both schemas without references; None for a pair of references that was compared already."""
        names = before.get("$ref", ""), after.get("$ref", "")
        if all(names):
            key = (*names, is_taken)
            if key in self.seen:
                return None
            self.seen.add(key)
        return _resolved(self.old, before), _resolved(self.new, after)


def _resolved(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _kinds(schema: Json) -> list[Json]:
    kinds: list[Json] = schema.get("anyOf") or [schema]
    return kinds


def _name(schema: Json) -> str:
    return str(schema.get("$ref", "").rpartition("/")[2] or schema.get("type", "anything"))


def _values(schema: Json) -> set[str]:
    return {str(value) for value in schema.get("enum", [])} | ({str(schema["const"])} if "const" in schema else set())


def _limits(place: str, before: Json, after: Json) -> Iterator[str]:
    for limits, tighter in ((UPPER, lambda was, now: now < was), (LOWER, lambda was, now: now > was)):
        for name in limits:
            if name in after and (name not in before or tighter(before[name], after[name])):
                yield f"{place}, {name} is tighter"
    for name in ("pattern", "format"):
        if name in after and after[name] != before.get(name):
            yield f"{place}, {name} is another one"


def _type(place: str, before: Json, after: Json) -> Iterator[str]:
    if before.get("type") != after.get("type"):
        yield f"{place} is {_name(after)} and not {_name(before)} now"
