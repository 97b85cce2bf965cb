"""A relay for calls: rooms in which two sides leave sealed frames for each other. No accounts."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from aiohttp import web
from pydantic import Field

from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, Platform

MAX_ROOMS = 10_000
MAX_ROOM = 32 * 1024
"""Characters of sealed frames that a room holds, of both sides together."""
# RFC 8656, 2.2 lets a relay choose more than the usual ten minutes. At a fast clock ten scenario
# minutes are less than the time that two requests of a call lie apart on a busy machine.
ROOM_LASTS = 3_600.0
"""Scenario seconds after the latest frame."""

_OTHER = {"caller": "callee", "callee": "caller"}


class SealedFrame(Body):
    """A piece of a call, which only the other side can open."""

    sealed: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=MAX_ROOM)]


@dataclass(slots=True)
class _Room:
    tokens: dict[str, str]
    """Side -> token."""
    heard_of: float
    frames: dict[str, list[str]] = field(default_factory=lambda: {side: [] for side in _OTHER})
    size: int = 0

    def side_of(self, request: web.Request) -> str:
        """The side whose token came with the request; raises Refused."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Refused(401, "not let in", "send `Authorization: Bearer <token>`")
        given = token.encode(errors="surrogateescape")
        for side, right in self.tokens.items():
            if hmac.compare_digest(given, right.encode()):
                return side
        raise Refused(401, "not let in", "the token does not open this room")


def relay(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `relay`."""
    frame = Frame.of(config, platform)
    rooms = _Rooms(frame.now)
    app = frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "Calls that only the two who talk can hear.")),
            web.post("/rooms", rooms.open),
            web.delete("/rooms/{room}", rooms.close),
            web.post("/rooms/{room}/frames", rooms.leave_frame),
            web.get("/rooms/{room}/frames", rooms.hand_out_frames),
        ]
    )
    return app


class _Rooms:
    """The rooms in memory, the one heard of longest ago first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._rooms: dict[str, _Room] = {}

    async def open(self, _: web.Request) -> web.Response:
        """POST /rooms: a room, with one token for each side."""
        self._forget_old()
        if len(self._rooms) >= MAX_ROOMS:
            raise Refused(429, "relay full", f"{MAX_ROOMS} calls are going on")
        name = secrets.token_hex(16)
        tokens = {side: secrets.token_urlsafe(24) for side in _OTHER}
        self._rooms[name] = _Room(tokens, self._now())
        return answer({"room": name} | tokens, status=201)

    async def close(self, request: web.Request) -> web.Response:
        """DELETE /rooms/{room}: either side hangs up."""
        name, room = self._find(request)
        room.side_of(request)
        del self._rooms[name]
        return answer({"room": name})

    async def leave_frame(self, request: web.Request) -> web.Response:
        """POST /rooms/{room}/frames: a sealed frame for the other side."""
        name, room = self._find(request)
        side = room.side_of(request)
        sealed = (await read_body(request, SealedFrame)).sealed
        if room.size + len(sealed) > MAX_ROOM:
            raise Refused(429, "room full", f"a room holds {MAX_ROOM} characters of sealed frames")
        room.frames[side].append(sealed)
        room.size += len(sealed)
        self._refresh(name, room)
        return answer({"frames": len(room.frames[side])}, status=201)

    async def hand_out_frames(self, request: web.Request) -> web.Response:
        """GET /rooms/{room}/frames: what the other side has left, in order."""
        _, room = self._find(request)
        return answer({"frames": room.frames[_OTHER[room.side_of(request)]]})

    def _find(self, request: web.Request) -> tuple[str, _Room]:
        self._forget_old()
        name = request.match_info["room"]
        if name not in self._rooms:
            raise Refused(404, "unknown room", "there is no such room, or no more")
        return name, self._rooms[name]

    def _refresh(self, name: str, room: _Room) -> None:
        room.heard_of = self._now()
        if self._rooms.pop(name, None) is not None:
            self._rooms[name] = room

    def _forget_old(self) -> None:
        oldest = self._now() - ROOM_LASTS
        while self._rooms:
            name, room = next(iter(self._rooms.items()))
            if room.heard_of >= oldest:
                return
            del self._rooms[name]
