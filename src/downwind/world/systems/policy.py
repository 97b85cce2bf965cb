"""Service control: asked before a provider's APIs do anything, and the panic of a blank policy."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from downwind.world.net.addresses import Site
from downwind.world.net.listener import Doors
from downwind.world.net.platform import HttpClient, ScenarioClock, Unreachable
from downwind.world.systems.faults import ActiveFault
from downwind.world.systems.httppart import HttpPart, new_server

_GOOD: tuple[dict[str, Any], ...] = (
    {"name": "requests", "quota": {"limit": 1_000_000}},
    {"name": "regions", "quota": {"limit": 100}},
)
# Modelled on the public report of 2025-06-12: a policy whose fields are blank.
_BLANK: dict[str, Any] = {"name": "quota check", "quota": None}

_TRUSTED_FOR = 30.0
"""Scenario seconds for which an API goes by the last answer."""


class PolicyServer(HttpPart):
    """One provider's check of policy: `GET /check?api=...` says whether a request may pass."""

    system = "policy"

    def __init__(self, site: Site, folder: Path) -> None:
        super().__init__(site.scope, site.addresses)
        self._file = folder / "policies.json"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._replicate(_GOOD)

    async def start(self, doors: Doors, context: ssl.SSLContext) -> None:
        """Listen at the product's address."""
        await self.open(doors, new_server(self._check), context)

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """Besides what any server does, a blank policy can be replicated to it."""
        await super().feel(faults)
        blank = any(fault.mode == "blank-policy" for fault in faults)
        self._replicate((*_GOOD, _BLANK) if blank else _GOOD)

    def _replicate(self, policies: Sequence[dict[str, Any]]) -> None:
        self._file.write_text(json.dumps(list(policies)), encoding="utf-8")
        self._policies = json.loads(self._file.read_text(encoding="utf-8"))

    async def _check(self, request: web.BaseRequest) -> web.StreamResponse:
        if await self.gate.fails(request):
            return _unavailable()
        try:
            allowed = all(policy["quota"]["limit"] > 0 for policy in self._policies)
        except TypeError:
            # No check for blank fields stood on this path: the binary crashed on every request.
            return _unavailable()
        return web.json_response({"allowed": allowed})


def _unavailable() -> web.Response:
    return web.json_response({"error": "visibility check was unavailable"}, status=503)


class Unchecked(Exception):
    """The policy could not be checked, so nothing may be done."""


@dataclass
class PolicyCheck:
    """What an API of the provider asks before it does anything."""

    http: HttpClient
    clock: ScenarioClock
    url: str
    """https://service-control.google-cloud.test/check?api=firestore"""
    _good_until: float = 0.0

    async def require(self) -> None:
        """Return where the request may pass; raises Unchecked."""
        if self.clock.now() < self._good_until:
            return
        try:
            reply = await self.http.request("GET", self.url)
        except Unreachable as error:
            raise Unchecked(str(error)) from error
        if reply.status != 200 or json.loads(reply.body).get("allowed") is not True:
            raise Unchecked(f"the policy check answers {reply.status}")
        self._good_until = self.clock.now() + _TRUSTED_FOR
