"""Holds JSON against a schema of the OpenAPI document: the part of JSON Schema that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int, "number": (int, float),
}  # fmt: skip
KNOWN = frozenset({
    "$ref", "type", "enum", "const", "anyOf", "properties", "required", "additionalProperties",
    "items", "minimum", "maximum", "minLength", "maxLength", "pattern",
    "title", "description", "default", "format",
})  # fmt: skip


def faults(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "$"
) -> list[str]:
    """Every way in which the value is not as the schema says."""
    unread = set(schema) - KNOWN
    if unread:
        return [f"{at}: the check does not know {unread}"]
    if "$ref" in schema:
        return faults(value, resolve(schema["$ref"], root), root, at)
    if "anyOf" in schema:
        tried = [faults(value, each, root, at) for each in schema["anyOf"]]
        return [] if any(not each for each in tried) else [f"{at}: fits none of anyOf: {tried}"]
    if "type" in schema and not _is(value, schema["type"]):
        return [f"{at}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is not among {schema['enum']}"]
    if isinstance(value, dict):
        return _object(value, schema, root, at)
    if isinstance(value, list):
        inner = schema.get("items", {})
        return [f for n, each in enumerate(value) for f in faults(each, inner, root, f"{at}[{n}]")]
    return []


def resolve(ref: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference names; raises KeyError where there is none."""
    found: Any = root
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, dict)
    return found


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> list[str]:
    found = [f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value]
    known = schema.get("properties", {})
    other = schema.get("additionalProperties", True)
    for name, inner in value.items():
        if name in known:
            found += faults(inner, known[name], root, f"{at}.{name}")
        elif other is False:
            found.append(f"{at}: {name} is not foreseen")
        elif isinstance(other, dict):
            found += faults(inner, other, root, f"{at}.{name}")
    return found
