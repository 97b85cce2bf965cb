"""What every application shares: JSON in and out, errors with a reason, a size cap, its data."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from downwind.world.net.platform import HostConfig, KeyValueClient, KeyValueUnavailable, Platform
from downwind.world.systems.storage import LocalStore

MAX_BODY = 64 * 1024
"""Bytes of a request's body that are read at most."""

_STRIPES = 64
_LOG = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BodyT = TypeVar("BodyT", bound="Body")


class Body(BaseModel):
    """What a request must hold; what nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Refused(Exception):
    """The request cannot be met, for a reason that its sender may know."""

    def __init__(self, status: int, error: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.reason = reason


class Locks:
    """One lock per key, out of a fixed number: keys that share one only wait for each other."""

    def __init__(self) -> None:
        self._locks = tuple(asyncio.Lock() for _ in range(_STRIPES))

    def of(self, key: str) -> asyncio.Lock:
        """The key's lock."""
        return self._locks[hash(key) % _STRIPES]


class Stamps:
    """Keys in the order of scenario time; no two are alike."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._count = itertools.count()

    def next(self) -> tuple[str, float]:
        """A key that sorts after all earlier ones, and its time."""
        now = self._now()
        return f"{int(now * 1e6):018d}-{next(self._count):09d}", now


@dataclass(frozen=True, slots=True)
class Frame:
    """A host's configuration, its data and its clock, ready for an application."""

    config: HostConfig
    store: KeyValueClient
    stamps: Stamps
    locks: Locks
    now: Callable[[], float]

    @classmethod
    def of(cls, config: HostConfig, platform: Platform) -> Frame:
        """All data lives in the host's database where it has one, else in a file of its own."""
        store = platform.keyvalue or LocalStore(platform.storage_dir)
        now = platform.clock.now
        return cls(config, store, Stamps(now), Locks(), now)

    def application(self) -> web.Application:
        """An empty application that answers every error in JSON, and closes its file at the end."""
        app = web.Application(middlewares=[_errors_as_json], client_max_size=MAX_BODY)
        store = self.store

        async def close(_: web.Application) -> None:
            if isinstance(store, LocalStore):
                store.close()

        app.on_cleanup.append(close)
        return app


def answer(value: Mapping[str, Any], status: int = 200, **headers: str) -> web.Response:
    """A JSON reply that no cache keeps, unless its headers say otherwise."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return web.json_response(value, status=status, headers={"Cache-Control": "no-store"} | named)


async def read_body(request: web.Request, kind: type[BodyT]) -> BodyT:
    """The request's JSON body; raises Refused where it is none or is not as it should be."""
    raw = await request.read()
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        raise _unfit(error) from error


def read_limit(request: web.Request, default: int, most: int) -> int:
    """How many items the request asks for."""
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise Refused(422, "unfit request", f"limit is a whole number from 1 to {most}")
    return int(text)


def _unfit(error: ValidationError) -> Refused:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return Refused(400, "malformed JSON", first["msg"])
    path = ".".join(str(part) for part in first["loc"]) or "the body"
    return Refused(422, "unfit request", f"{path}: {first['msg']}")


def _say(status: int, error: str, reason: str, headers: Mapping[str, str]) -> web.Response:
    kept = {name: text for name, text in headers.items() if name == "Allow"}
    return web.Response(
        status=status,
        text=json.dumps({"error": error, "reason": reason}),
        content_type="application/json",
        headers={"Cache-Control": "no-store"} | kept,
    )


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refusal:
        return _say(refusal.status, refusal.error, refusal.reason, {})
    except (KeyValueUnavailable, sqlite3.Error) as gap:
        return _say(503, "storage unavailable", f"storage unavailable: {gap}", {})
    except web.HTTPException as error:
        if error.status < 400:
            raise
        reason = f"{request.method} {request.path}: {error.reason}"
        return _say(error.status, error.reason.lower(), reason, error.headers)
    except Exception:
        _LOG.exception("%s %s", request.method, request.path)
        return _say(500, "internal error", "the application failed; its log says why", {})
