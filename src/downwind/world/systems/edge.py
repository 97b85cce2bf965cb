"""An edge: it ends its customers' TLS, filters bots, caches, and proxies to their origins."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from downwind.world.form.check import variant_parts
from downwind.world.form.modes import BOTS, FIREWALL
from downwind.world.form.schema import Provider
from downwind.world.net.addresses import Site
from downwind.world.net.listener import Doors
from downwind.world.net.platform import ScenarioClock
from downwind.world.systems.botfilter import BotFilter, Panic
from downwind.world.systems.edgecache import EdgeCache
from downwind.world.systems.faults import ActiveFault
from downwind.world.systems.featurefile import FeatureFile
from downwind.world.systems.firewall import Firewall, RuleError
from downwind.world.systems.gate import Spread
from downwind.world.systems.httppart import HttpPart, new_server
from downwind.world.systems.origins import Fetched, Origins
from downwind.world.systems.pages import (
    blocked_page,
    filled,
    origin_trouble_page,
    own_fault_page,
    unknown_host_page,
    usual_headers,
)

# RFC 9110, 7.6.1, and what is written anew for each connection.
_NOT_PASSED_ON = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Customer:
    """A host behind the edge, and the software that its owner has switched on."""

    host: str
    variant: str | None


class Edge(HttpPart):
    """One edge product."""

    system = "edge"

    def __init__(
        self,
        site: Site,
        provider: Provider,
        customers: Sequence[Customer],
        folder: Path,
        clock: ScenarioClock,
    ) -> None:
        super().__init__(site.scope, site.addresses)
        self._provider = provider
        self._product = site.product
        self._clock = clock
        self._customers = {customer.host: customer for customer in customers}
        self._headers = usual_headers(provider, site.product)
        self._cache = EdgeCache(clock.now)
        self._ids = itertools.count(0x8F3A_0000_0000)
        self._origins: Origins | None = None
        file = folder / "features.json"
        variants = {customer.variant for customer in customers if customer.variant}
        self._filters = {v: BotFilter(file) for v in sorted(variants) if BOTS in variant_parts(v)}
        self._firewalls = {v: Firewall() for v in sorted(variants) if FIREWALL in variant_parts(v)}
        self._faults: tuple[ActiveFault, ...] = ()
        self._errors: tuple[ActiveFault, ...] = ()
        self._spreads: dict[str, Spread] = {}
        self.features = FeatureFile(file, clock, self._reload) if site.product.variants else None

    async def start(self, doors: Doors, context: ssl.SSLContext, origins: Origins) -> None:
        """Listen; `origins` leads to the customers' origins."""
        self._origins = origins
        await self.open(doors, new_server(self.handle), context)

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """Besides what any server does, its bot filter can be given a file that is too large.

        Errors wait until the customer is known, since a variant may be meant.
        """
        await super().feel([fault for fault in faults if fault.mode != "errors"])
        self._errors = tuple(fault for fault in faults if fault.mode == "errors")
        killed = [fault for fault in faults if fault.mode == "killswitch"]
        for variant, firewall in self._firewalls.items():
            firewall.kill_test_rule(killed=any(fault.meets(variant) for fault in killed))
        broken = tuple(fault for fault in faults if fault.mode == "feature-file")
        before, self._faults = self._faults, broken
        if self.features is None:
            return
        if broken:
            self.features.break_(broken[-1].settings)
            self._reload()
        elif before:
            self.features.mend()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        request_id = f"{next(self._ids):x}"
        headers = filled(self._headers, request_id)
        failing = await self.gate.fails(request)
        host = request.host.partition(":")[0].lower()
        customer = self._customers.get(host)
        if failing or self._errs(customer.variant if customer else None):
            return own_fault_page(self._provider, self._product, headers, request_id)
        if customer is None:
            return unknown_host_page(host, headers, request_id)
        bots = self._filters.get(customer.variant or "")
        try:
            blocked = await self._blocks(request, customer.variant or "")
            score = bots.score(request.headers) if bots else None
        except (Panic, RuleError):
            return own_fault_page(self._provider, self._product, headers, request_id)
        if blocked:
            return blocked_page(host, blocked, headers, request_id)
        return await self._serve(request, host, score, headers, request_id)

    def _errs(self, variant: str | None) -> bool:
        share = max((f.share() for f in self._errors if f.meets(variant)), default=0.0)
        return self._spreads.setdefault(variant or "", Spread()).fails(share)

    async def _blocks(self, request: web.BaseRequest, variant: str) -> str | None:
        firewall = self._firewalls.get(variant)
        if firewall is None:
            return None
        body = await request.read() if request.body_exists else b""
        return firewall.blocks(f"{unquote(request.raw_path)}\n{body.decode('utf-8', 'replace')}")

    async def _serve(
        self,
        request: web.BaseRequest,
        host: str,
        score: float | None,
        headers: Mapping[str, str],
        request_id: str,
    ) -> web.StreamResponse:
        cacheable = request.method in ("GET", "HEAD") and "authorization" not in request.headers
        found = self._cache.find(host, request.raw_path) if cacheable else None
        if found is not None:
            kept, age = found
            more = {**headers, "x-cache": "HIT", "age": str(age)}
            return _response(kept.status, kept.headers, kept.body, more)
        try:
            status, got, body = await self._fetch(request, host, score, request_id)
        except TimeoutError:
            return origin_trouble_page(
                self._provider, host, 504, "did not answer in time", headers, request_id
            )
        except (aiohttp.ClientError, OSError):
            return origin_trouble_page(
                self._provider, host, 502, "could not be reached", headers, request_id
            )
        if cacheable and request.method == "GET":
            self._cache.keep(host, request.raw_path, status, got, body)
        return _response(status, got, body, {**headers, "x-cache": "MISS"})

    async def _fetch(
        self, request: web.BaseRequest, host: str, score: float | None, request_id: str
    ) -> Fetched:
        assert self._origins is not None
        passed = _passed_on(request.headers)
        passed["x-request-id"] = request_id
        passed["x-forwarded-for"] = request.remote or "unknown"
        if score is not None:
            passed["x-bot-score"] = f"{score:.2f}"
        body = await request.read() if request.body_exists else None
        status, got, reply = await self._origins.fetch(
            request.method, host, request.raw_path, passed, body
        )
        return status, _passed_on(got), reply

    def _reload(self) -> None:
        for variant, bots in self._filters.items():
            bots.reload(strict=any(fault.meets(variant) for fault in self._faults))


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    kept = ((n, v) for n, v in headers.items() if n.lower() not in _NOT_PASSED_ON)
    return CIMultiDict(kept)


def _response(
    status: int, headers: CIMultiDict[str], body: bytes, more: Mapping[str, str]
) -> web.Response:
    merged = headers.copy()
    for name, text in more.items():
        merged[name] = text
    return web.Response(status=status, headers=merged, body=body)
