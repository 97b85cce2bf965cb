"""A provider's console: its customers log in and change how their names lead to them."""

from __future__ import annotations

import hmac
import json
import re
from typing import Annotated, Any
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from downwind.world.apps.accounts import Accounts, SignIn
from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import (
    HostConfig,
    HttpClient,
    HttpReply,
    Platform,
    Switchboard,
    Unreachable,
)

PATIENCE = 5.0
"""Scenario seconds in which the human check must answer."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


class LogIn(SignIn):
    """What logging in needs; `challenge` is the token of the human check."""

    challenge: Annotated[str, Field(max_length=200)] = ""


class Record(Body):
    """Where a customer's name is to lead: through the provider's edge, or past it."""

    through_edge: bool


class Note(Body):
    """A text that the customer keeps beside the records."""

    text: Annotated[str, Field(max_length=4000)]


def console(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `console`."""
    desk = _Desk(Frame.of(config, platform), platform)
    app = desk.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "Your names, and where they lead.")),
            web.post("/log-in", desk.log_in),
            web.get("/records/{host}", desk.show_record),
            web.put("/records/{host}", desk.change_record),
            web.get("/notes/{name}", desk.show_note),
            web.put("/notes/{name}", desk.keep_note),
        ]
    )
    return app


class _Desk:
    def __init__(self, frame: Frame, platform: Platform) -> None:
        self.frame = frame
        self._customers = Accounts(frame)
        self._http = platform.http
        self._switchboard = platform.switchboard
        self._challenge = _text(frame, "challenge").rstrip("/")
        self._api_token = _text(frame, "api_token")

    async def log_in(self, request: web.Request) -> web.Response:
        """POST /log-in: user, password and the human check's token for a session token."""
        wanted = await read_body(request, LogIn)
        if self._challenge:
            await _check(self._http, self._challenge, wanted.challenge)
        return answer(await self._customers.admit(wanted))

    async def show_record(self, request: web.Request) -> web.Response:
        """GET /records/{host}: whether the customer's name leads through the edge."""
        await self._authorize(request)
        return _record(self._board(), request.match_info["host"].lower())

    async def change_record(self, request: web.Request) -> web.Response:
        """PUT /records/{host}: lead the name through the edge, or past it."""
        await self._authorize(request)
        wanted = await read_body(request, Record)
        board, host = self._board(), request.match_info["host"].lower()
        try:
            board.lead(host, past_edge=not wanted.through_edge)
        except KeyError as error:
            raise _unknown_host() from error
        return _record(board, host)

    async def show_note(self, request: web.Request) -> web.Response:
        """GET /notes/{name}: what was noted under the name."""
        await self._authorize(request)
        name = _note_name(request)
        text = await self.frame.store.get("notes", name)
        if text is None:
            raise Refused(404, "unknown note", "there is no such note")
        return answer({"name": name, "text": text})

    async def keep_note(self, request: web.Request) -> web.Response:
        """PUT /notes/{name}: keep a text under the name."""
        await self._authorize(request)
        name, note = _note_name(request), await read_body(request, Note)
        await self.frame.store.put("notes", name, note.text)
        return answer({"name": name, "text": note.text})

    async def _authorize(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.encode(errors="surrogateescape")
        is_api = hmac.compare_digest(given, self._api_token.encode())
        if self._api_token and kind.lower() == "bearer" and is_api:
            return
        await self._customers.user_of(request)

    def _board(self) -> Switchboard:
        if self._switchboard is None:
            raise Refused(503, "no edge", "this console has no edge whose names it could change")
        return self._switchboard


async def _check(http: HttpClient, base: str, token: str) -> None:
    """Have the human check look at its token; raises Refused."""
    url = f"{base}/verify?token={quote(token, safe='')}"
    try:
        reply = await http.request("GET", url, timeout=PATIENCE)
    except Unreachable as gap:
        raise Refused(503, "challenge unavailable", f"the human check: {gap}") from gap
    if reply.status >= 500:
        reason = f"the human check answered {reply.status}"
        raise Refused(503, "challenge unavailable", reason)
    if not _is_ok(reply):
        raise Refused(
            403, "challenge failed", "the human check does not know the token, or no more"
        )


def _is_ok(reply: HttpReply) -> bool:
    try:
        said: Any = json.loads(reply.body)
    except (ValueError, RecursionError):
        return False
    return reply.status == 200 and isinstance(said, dict) and said.get("ok") is True


def _record(board: Switchboard, host: str) -> web.Response:
    try:
        return answer({"host": host, "through_edge": not board.is_past_edge(host)})
    except KeyError as error:
        raise _unknown_host() from error


def _unknown_host() -> Refused:
    return Refused(404, "unknown host", "the host is no customer of this edge")


def _note_name(request: web.Request) -> str:
    name = request.match_info["name"]
    if not _NAME.fullmatch(name):
        raise Refused(404, "unknown note", "a note's name is small letters, digits, _ . and -")
    return name


def _text(frame: Frame, setting: str) -> str:
    return str(frame.config.settings.get(setting) or "")
