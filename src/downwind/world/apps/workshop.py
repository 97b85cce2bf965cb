"""A build service that launches a machine for every job, and ends it when the job is done."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from typing import Annotated, Any
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, HttpReply, Platform, Unreachable

_ROUNDS = 1000
_REASON_LENGTH = 200
_LOG = logging.getLogger(__name__)


class Job(Body):
    """What is to be built."""

    work: Annotated[str, Field(min_length=1, max_length=4000)]


def workshop(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `workshop`."""
    shop = _Workshop(Frame.of(config, platform), platform)
    app = shop.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "Send your work; a machine of its own does it.")),
            web.get("/health", shop.check),
            web.post("/jobs", shop.take_job),
            web.get("/jobs/{job}", shop.show_job),
        ]
    )
    return app


class _Workshop:
    def __init__(self, frame: Frame, platform: Platform) -> None:
        self.frame = frame
        self._http = platform.http
        self._control = platform.control.rstrip("/") if platform.control else None

    async def check(self, _: web.Request) -> web.Response:
        """GET /health: whether the workshop can read its data; it launches nothing."""
        await self.frame.store.get("jobs", "none")
        return answer({"ok": True, "service": self.frame.config.service})

    async def take_job(self, request: web.Request) -> web.Response:
        """POST /jobs: on a machine that is launched for it and ended after it."""
        body = await read_body(request, Job)
        machine = await self._launch()
        try:
            job = {
                "job": secrets.token_hex(12),
                "machine": machine,
                "result": result_of(body.work),
            }
            await self.frame.store.put("jobs", job["job"], job)
        finally:
            await self._end(machine)
        return answer(job, status=201)

    async def show_job(self, request: web.Request) -> web.Response:
        """GET /jobs/{job}."""
        name = request.match_info["job"]
        known = name.isascii() and name.isalnum()
        found = await self.frame.store.get("jobs", name) if known else None
        if found is None:
            raise Refused(404, "unknown job", "there is no such job")
        return answer(found)

    async def _launch(self) -> str:
        try:
            reply = await self._order("POST", "/machines", {"size": "small"})
        except Unreachable as error:
            raise _no_machine(f"the control plane cannot be reached: {error}") from error
        said = _object_in(reply)
        machine = said.get("machine")
        if reply.status != 201 or not isinstance(machine, str) or not machine:
            reason = said.get("reason") or said.get("error") or f"it answers {reply.status}"
            raise _no_machine(f"the control plane: {reason}"[:_REASON_LENGTH])
        return machine

    async def _end(self, machine: str) -> None:
        """The job is done; a machine that cannot be ended is not the customer's trouble."""
        try:
            reply = await self._order("DELETE", f"/machines/{quote(machine, safe='')}")
        except Unreachable as error:
            _LOG.warning("machine %s runs on: %s", machine, error)
            return
        if reply.status >= 300:
            _LOG.warning("machine %s runs on: the control plane answers %d", machine, reply.status)

    async def _order(self, method: str, path: str, value: Any = None) -> HttpReply:
        if self._control is None:
            raise _no_machine("these computers have no control plane")
        headers = {"x-account": self.frame.config.host}
        return await self._http.request(method, self._control + path, json=value, headers=headers)


def result_of(work: str) -> str:
    """What a machine makes of the work: a thousand rounds of SHA-256, in hex."""
    digest = work.encode()
    for _ in range(_ROUNDS):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()


def _object_in(reply: HttpReply) -> dict[str, Any]:
    try:
        said = json.loads(reply.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _no_machine(reason: str) -> Refused:
    return Refused(503, "no machine", reason)
