"""The OpenAPI document, made from the table of routes and the types behind it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from downwind import __version__
from downwind.show.web import bodies
from downwind.show.web.operations import JSON, Operation, Param
from downwind.terms import State
from downwind.watch import itself, picture

_REF = "#/components/schemas/{model}"
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document of these operations, as OpenAPI 3.1."""
    rows = tuple(operations)
    refs, schemas = _schemas(rows)
    paths: dict[str, Any] = {}
    for row in rows:
        paths.setdefault(row.template, {})[row.method.lower()] = _operation(row, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Downwind watch",
            "version": __version__,
            "description": " ".join((picture.__doc__ or "").split()),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any user, the token as password; for reading only.",
                },
            },
        },
    }


def _schemas(rows: tuple[Operation, ...]) -> tuple[dict[type, Any], dict[str, Any]]:
    """The reference of every shape, and the named schemas."""
    shapes = {row.shape for row in rows if row.shape} | {bodies.Trouble}
    inputs: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
        (each, "serialization", TypeAdapter(each)) for each in sorted(shapes, key=str)
    ]
    taken = {row.body for row in rows if row.body}
    inputs += [(each, "validation", TypeAdapter(each)) for each in sorted(taken, key=str)]
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    schemas: dict[str, Any] = definitions["$defs"]
    for name, schema in schemas.items():
        found_in = (each for each in (picture, itself, bodies) if hasattr(each, name))
        kind = getattr(next(found_in, None), name, None)
        if isinstance(kind, type) and is_dataclass(kind):
            _close(schema, _field_words(kind))
    schemas[State.__name__]["description"] = State.__doc__
    return {shape: schema for (shape, _), schema in found.items()}, dict(sorted(schemas.items()))


def _close(schema: dict[str, Any], words: Mapping[str, str]) -> None:
    """An answer always has all of its fields, and no others."""
    schema["required"] = list(schema["properties"])
    schema["additionalProperties"] = False
    for name, field in schema["properties"].items():
        field.pop("default", None)
        field.pop("title", None)
        if name in words:
            field["description"] = words[name]


def _field_words(kind: type) -> dict[str, str]:
    """The docstring below each field of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found


def _operation(row: Operation, refs: Mapping[type, Any]) -> dict[str, Any]:
    parts = [part.strip("{}") for part in row.template.split("/") if part.startswith("{")]
    parts = [part.partition("}")[0] for part in parts]
    told: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.words,
        "parameters": [
            {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
            for part in parts
        ] + [_param(param) for param in row.query],
        "responses": {"200": _response(row, refs)},
        "security": _security(row),
    }  # fmt: skip
    trouble = {JSON: {"schema": refs[bodies.Trouble]}}
    for status, when in row.failures().items():
        told["responses"][str(status)] = {"description": when, "content": trouble}
    if row.raw:
        told["requestBody"] = {"required": True, "content": _BINARY}
    elif row.body:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[row.body]}}}
    return told


def _response(row: Operation, refs: Mapping[type, Any]) -> dict[str, Any]:
    if row.shape:
        return {"description": row.words, "content": {JSON: {"schema": refs[row.shape]}}}
    content = {media: {"schema": {"type": "string"}} for media in row.media.split(", ")}
    return {"description": row.words, "content": content}


def _param(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if param.most is not None:
        schema = {"type": "integer", "minimum": 0, "maximum": param.most}
    if param.among:
        schema["enum"] = list(param.among)
    if param.default is not None:
        schema["default"] = param.default
    return {"name": param.name, "in": "query", "description": param.words, "schema": schema}


def _security(row: Operation) -> list[dict[str, list[str]]]:
    if row.right is None:
        return []
    if row.right == "read":
        # Where the server listens on loopback only, reading needs no token: hence the empty one.
        return [{"token": []}, {"password": []}, {}]
    return [{"token": []}]
