"""Writes the schemas of what Prometheus' operator adds to Kubernetes, beside this file.

    uv run --no-project --with cloudcoil-models-prometheus-operator==0.80.1.0 python tests/deploy/schemas/make.py

That package (Apache-2.0) is made from the operator's own definitions, of the version in its first three numbers. It
takes seconds to import and brings a client of Kubernetes along, so what it says is kept here instead of asking it in
each run. As Kubernetes does when it is strict, the schemas refuse names of fields that they don't know.
"""

import json
from pathlib import Path
from typing import Any

from cloudcoil.models.prometheus_operator import v1

KINDS = ("PodMonitor", "ServiceMonitor")
UNNEEDED = {"title", "description", "default", "examples"}


def main() -> None:
    """Write a file for each kind."""
    for kind in KINDS:
        schema = strict(getattr(v1, kind).model_json_schema(by_alias=True))
        file = Path(__file__).with_name(f"{kind}.json")
        file.write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")).replace("},", "},\n") + "\n")


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without its prose, and without fields that may be anything or null."""
    if [*schema.get("anyOf", [])][1:] == [{"type": "null"}]:
        schema = schema["anyOf"][0]
    kept: dict[str, Any] = {}
    for name, value in schema.items():
        match value:
            case _ if name in UNNEEDED:
                continue
            case dict() if name in {"properties", "$defs"}:
                kept[name] = {each: strict(inner) for each, inner in value.items()}
            case dict():
                kept[name] = strict(value)
            case [dict(), *_]:
                kept[name] = [strict(each) for each in value]
            case _:
                kept[name] = value
    return kept | ({"additionalProperties": False} if "properties" in kept else {})


if __name__ == "__main__":
    main()
