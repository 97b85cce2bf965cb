"""The starlette app: lets requests in by the table of routes, and shapes every refusal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import cache
from json import JSONEncoder
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from downwind.show.web.access import Access, Right
from downwind.show.web.events import Listeners
from downwind.show.web.guard import Guard
from downwind.show.web.hub import Hub
from downwind.show.web.openapi import openapi
from downwind.show.web.operations import JSON, LARGE, SMALL, Call, Operation, Param, Refused
from downwind.show.web.routes import OPERATIONS
from downwind.terms import DownwindError, UsageError
from downwind.watch.picture import to_json

_LOG = logging.getLogger("downwind.web")
_SLOWEST = 30.0
"""Seconds in which a body must have come."""
_AGAIN = dict.fromkeys((408, 503), "Send it again later.")


def build_app(hub: Hub, access: Access) -> Starlette:
    """The app over a hub. `app.state.listeners.closing.set()` ends its streams."""
    routes = [_route(each, hub, access) for each in (*OPERATIONS, DOCUMENT)]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: _http_error, Exception: _fault},
    )
    app.state.listeners = Listeners()
    return app


@cache
def document() -> Mapping[str, Any]:
    """The OpenAPI document of the app."""
    return openapi((*OPERATIONS, DOCUMENT))


async def _document(call: Call) -> Mapping[str, Any]:
    return await asyncio.to_thread(document)


DOCUMENT = Operation(
    "GET", "/api/v1/openapi.json", "openapi", "This document.", _document, shape=dict[str, Any]
)


def _route(operation: Operation, hub: Hub, access: Access) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(operation, hub, access, request)
        except UsageError as error:
            return _trouble(getattr(error, "status", 400), error, operation)
        except DownwindError as error:
            return _trouble(503, error, operation)
        except OSError as error:  # a full disk: nothing was kept, and it may be sent again
            _LOG.warning("%s %s: %s", operation.method, operation.path, error)
            return _trouble(503, DownwindError("it could not be kept just now."), operation)

    return Route(operation.path, endpoint, methods=[operation.method], name=operation.name)


async def _answer(operation: Operation, hub: Hub, access: Access, request: Request) -> Response:
    who, rights = _who(operation, access, request)
    query = _query(operation.query, request)
    body = await _body(operation, request)
    found = await operation.answer(Call(hub, request, who, query, rights, body))
    if isinstance(found, Response):
        return found
    # Beside the loop, which has probes to start: with 10,000 targets it takes a while.
    return Response(await asyncio.to_thread(_written, found), media_type=JSON)


def _written(found: object) -> str:
    """The JSON text of an answer, list by list: one call for all would not let the loop go on."""
    value, encode = to_json(found), JSONEncoder(separators=(",", ":")).encode
    if not isinstance(value, dict):
        return encode(value)

    def listed(inner: object) -> str:
        return f"[{','.join(map(encode, inner))}]" if isinstance(inner, list) else encode(inner)

    return f"{{{','.join(f'{encode(name)}:{listed(inner)}' for name, inner in value.items())}}}"


def _who(operation: Operation, access: Access, request: Request) -> tuple[str, frozenset[Right]]:
    """The name of the token that was sent, and what may be done; refuses with 401 or 403."""
    if operation.right is None:
        return "", frozenset()
    reading = operation.right is Right.READ
    token = access.holder(request.headers.get("authorization", ""), basic=reading)
    rights = token.rights if token else frozenset[Right]()
    if reading and access.open_reads:
        return token.name if token else "", rights | {Right.READ}
    if token is None:
        todo = "Send the header `Authorization: Bearer TOKEN`."
        raise Refused(401, "no token, or an unknown one.", where="authorization", todo=todo)
    if operation.right not in rights:
        what = f"the token {token.name} has not the right to {operation.right}."
        raise Refused(403, what, where="authorization", todo="Use a token that has it.")
    return token.name, rights


def _query(params: tuple[Param, ...], request: Request) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for name in request.query_params:
        if name not in {param.name for param in params}:
            known = ", ".join(param.name for param in params)
            todo = f"It takes {known}." if known else "It takes none."
            raise Refused(400, f"there is no parameter {name[:60]!r}.", where="query", todo=todo)
    for param in params:
        written = request.query_params.get(param.name)
        if written is None:
            if param.default is not None:
                found[param.name] = param.default
        elif param.most is not None:
            found[param.name] = _whole(written, param.most, param.name)
        elif param.among and written not in param.among:
            todo = f"Use {', '.join(param.among)}."
            raise Refused(400, f"{written[:60]!r} is not known.", where=param.name, todo=todo)
        else:
            found[param.name] = written
    return found


def _whole(written: str, most: int, where: str) -> int:
    short = len(written) <= len(str(most))
    if not (short and written.isascii() and written.isdigit() and int(written) <= most):
        what, todo = f"it is no whole number from 0 to {most}.", "Write digits alone, as 100."
        raise Refused(400, what, where=where, todo=todo)
    return int(written)


async def _body(operation: Operation, request: Request) -> BaseModel | bytes | None:
    if operation.raw:
        return await _bytes(request, LARGE)
    if operation.body is None:
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise Refused(415, "the body is not said to be JSON.", where="content-type",
                      todo=f"Send the header `Content-Type: {JSON}`.")  # fmt: skip
    raw = await _bytes(request, SMALL)
    try:
        return operation.body.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise Refused(400, first["msg"], where=where) from None


async def _bytes(request: Request, most: int) -> bytes:
    """The body; refuses with 413 once it is too large, 408 where it does not come."""
    held = bytearray()
    try:
        async with asyncio.timeout(_SLOWEST):
            async for chunk in request.stream():
                held += chunk
                if len(held) > most:
                    what, todo = f"the body may have {most} bytes.", "Send less at once."
                    raise Refused(413, what, where="body", todo=todo)
    except TimeoutError:
        raise Refused(408, "the body took too long.", where="body") from None
    except ClientDisconnect:
        raise Refused(400, "the connection ended within the body.", where="body") from None
    return bytes(held)


def _trouble(status: int, error: DownwindError, operation: Operation) -> Response:
    headers = {}
    if status == 401:
        reading = operation.right is Right.READ
        headers["WWW-Authenticate"] = (
            'Basic realm="downwind", charset="UTF-8"' if reading else "Bearer"
        )
    if status == 503:
        headers["Retry-After"] = "10"
    if status in (408, 413):
        headers["Connection"] = "close"  # the rest of the body is not read
    todo = error.todo or _AGAIN.get(status, "The form is in /api/v1/openapi.json.")
    return _error(status, error.what, error.where, todo, headers)


def _error(
    status: int, what: str, where: str = "", todo: str = "", headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse({"what": what, "where": where, "todo": todo}, status, headers)


async def _http_error(request: Request, error: Exception) -> Response:
    """What no route took: 404 and 405."""
    assert isinstance(error, HTTPException)
    what = {404: "there is nothing here.", 405: f"{request.method} is not answered here."}
    told = what.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    return _error(error.status_code, told, "path", "See /api/v1/openapi.json.", headers)


async def _fault(request: Request, error: Exception) -> Response:
    todo = "Report it with the trace, which is in the watcher's log."
    return _error(500, "an internal error.", todo=todo)
