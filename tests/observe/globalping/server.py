"""A server that behaves as Globalping's API is documented (its public/v1/spec.yaml)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

_OPTIONS = {
    "http": {"request", "resolver", "port", "protocol", "ipVersion"},
    "dns": {"query", "resolver", "port", "protocol", "ipVersion", "trace"},
    "ping": {"packets", "ipVersion"},
    "mtr": {"port", "protocol", "packets", "ipVersion"},
    "traceroute": {"port", "protocol", "ipVersion"},
}
_REQUEST = {"host", "path", "query", "method", "headers"}
_LOCATION = {"continent", "region", "country", "state", "city", "asn", "network", "tags", "magic"}
_BODY = {"type", "target", "inProgressUpdates", "locations", "limit", "measurementOptions"}


def site(
    city: str, country: str, continent: str, asn: int, *tags: str, resolvers: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A probe as GET /v1/probes lists it."""
    return {
        "version": "0.20.0",
        "location": {
            "continent": continent,
            "region": "Western Europe",
            "country": country,
            "state": None,
            "city": city,
            "asn": asn,
            "network": f"Network {asn}, Inc.",
            "latitude": 1.5,
            "longitude": 2.5,
        },
        "tags": list(tags),
        "resolvers": list(resolvers or ("private",)),
    }


PROBES = [
    site("Paris", "FR", "EU", 3215, "eyeball-network"),
    site("Lyon", "FR", "EU", 12322, "eyeball-network"),
    site("Oslo", "NO", "EU", 2119, "eyeball-network"),
    site("Ashburn", "US", "NA", 14618, "aws-us-east-1", "datacenter-network"),
    site("Ashburn", "US", "NA", 13335, "datacenter-network"),
    site("Denver", "US", "NA", 7922, "eyeball-network", resolvers=("1.1.1.1", "8.8.8.8")),
    site("Tokyo", "JP", "AS", 2516, "eyeball-network"),
    site("Sydney", "AU", "OC", 1221, "eyeball-network"),
]


def http_result(status: int = 200, **changes: Any) -> dict[str, Any]:
    """A finished http test."""
    return {
        "status": "finished",
        "rawOutput": f"HTTP/1.1 {status}\n...",
        "rawHeaders": "Server: cloudflare",
        "rawBody": "<h1>Error 500</h1>",
        "truncated": False,
        "headers": {"server": "cloudflare", "set-cookie": ["a=1", "b=2"]},
        "statusCode": status,
        "statusCodeName": "OK",
        "resolvedAddress": "104.16.85.20",
        "timings": {
            "total": 325,
            "download": 1,
            "firstByte": 219,
            "dns": 37,
            "tls": 36,
            "tcp": 32,
        },
        "tls": {"authorized": True, "protocol": "TLSv1.3"},
        **changes,
    }


@dataclass
class FakeGlobalping:
    """Takes what the schema takes, counts what is left, and takes its time."""

    results: list[dict[str, Any]] = field(default_factory=lambda: [http_result()])
    """One for each location, over and over."""
    remaining: int = 250
    reset: int = 3_600
    credits: int | None = None
    polls: int = 2
    """So many answers are `in-progress` before the last."""
    status: int = 0
    """Instead of 202, where it is not 0."""
    probes: Any = field(default_factory=lambda: list(PROBES))
    token: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """When each question for a measurement came."""
    elsewhere: dict[str, Any] | None = None
    """A probe that answers in the place of those that were asked for."""
    listed: int = 0
    """How often the probes were listed."""
    number: str = "PY5fMsREMmIq45VR"
    port: int = 0
    _waits: int = 0
    _runner: Any = None

    async def __aenter__(self) -> FakeGlobalping:
        app = web.Application()
        app.router.add_get("/v1/probes", self._probes)
        app.router.add_post("/v1/measurements", self._create)
        app.router.add_get("/v1/measurements/{id}", self._measurement)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _probes(self, request: web.Request) -> web.Response:
        self.listed += 1
        return web.json_response(self.probes)

    def _limits(self, cost: int) -> dict[str, str]:
        headers = {
            "X-RateLimit-Limit": "250",
            "X-RateLimit-Consumed": str(cost),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
            "X-Request-Cost": str(cost),
        }
        if self.credits is not None:
            headers["X-Credits-Remaining"] = str(self.credits)
        return headers

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append(body)
        self.tokens.append(request.headers.get("Authorization"))
        fault = _fault(body)
        if fault or self.status == 400:
            error = {"type": "validation_error", "message": fault or "Parameter validation failed."}
            return web.json_response({"error": error}, status=400)
        if self.status == 422:
            error = {"type": "no_probes_found", "message": "No suitable probes found."}
            return web.json_response({"error": error}, status=422)
        cost = len(body.get("locations", [0]))
        if cost > self.remaining:
            error = {"type": "rate_limit_exceeded", "message": "API rate limit exceeded."}
            return web.json_response({"error": error}, status=429, headers=self._limits(0))
        self.remaining -= cost
        self._waits = self.polls
        answer = {"id": self.number, "probesCount": cost}
        headers = {"Location": f"{self.url}/v1/measurements/{self.number}", **self._limits(cost)}
        return web.json_response(answer, status=202, headers=headers)

    async def _measurement(self, request: web.Request) -> web.Response:
        self.times.append(asyncio.get_running_loop().time())
        if request.match_info["id"] != self.number:
            error = {"type": "not_found", "message": "Couldn't find the requested item."}
            return web.json_response({"error": error}, status=404)
        self._waits -= 1
        body = self.requests[-1]
        running = self._waits >= 0
        rows = []
        for n, place in enumerate(body["locations"]):
            asked = (p for p in self.probes if p["location"]["asn"] == place["asn"])
            found = self.elsewhere or next(asked)
            probe = {**found["location"], "tags": found["tags"], "resolvers": found["resolvers"]}
            waits = {"status": "in-progress", "rawOutput": ""}
            rows.append(
                {
                    "probe": probe,
                    "result": waits if running else self.results[n % len(self.results)],
                }
            )
        return web.json_response(
            {
                "id": self.number,
                "type": body["type"],
                "status": "in-progress" if running else "finished",
                "createdAt": "2026-07-14T18:25:52.414Z",
                "updatedAt": "2026-07-14T18:25:53.207Z",
                "target": body["target"],
                "probesCount": len(rows),
                "results": rows,
            }
        )


def _fault(body: dict[str, Any]) -> str:
    """What the schema would refuse."""
    if extra := body.keys() - _BODY:
        return f"{sorted(extra)} is not allowed"
    kind = body.get("type")
    if kind not in _OPTIONS or not isinstance(body.get("target"), str):
        return "type and target are required"
    options = body.get("measurementOptions", {})
    if extra := options.keys() - _OPTIONS[kind]:
        return f"{sorted(extra)} is not allowed"
    request = options.get("request", {})
    if (extra := request.keys() - _REQUEST) or request.get("method", "HEAD") not in (
        "HEAD",
        "GET",
        "OPTIONS",
    ):
        return "request is not allowed"
    if options.get("protocol", "HTTPS") not in ("HTTP", "HTTPS", "HTTP2", "UDP", "TCP", "ICMP"):
        return "protocol is not allowed"
    if "limit" in body and any("limit" in place for place in body.get("locations", ())):
        return "limit is mutually exclusive with that of locations"
    for place in body.get("locations", ()):
        if extra := place.keys() - _LOCATION - {"limit"}:
            return f"{sorted(extra)} is not allowed"
    return ""
