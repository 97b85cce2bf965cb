"""What the tests of Globalping ask, and on which network."""

from __future__ import annotations

import ipaddress
from typing import Any

from downwind.observe.globalping import Avoid, Globalping, asked_for
from downwind.observe.network import Clock, Network

from .server import FakeGlobalping

HTTP = asked_for("x.test/feed", "http", "https://www.x.test/feed?page=2")
CLOUDFLARE = Avoid(
    asns=frozenset({13335}),
    prefixes=(ipaddress.ip_network("1.1.1.0/24"),),
    providers=frozenset({"aws"}),
)


def network(speed: float = 50.0) -> Network:
    return Network(
        resolvers=(),
        dial=None,
        trust=None,
        allowed_private=(ipaddress.ip_network("127.0.0.0/8"),),
        clock=Clock(scenario=1_000_000.0, speed=speed, floor=2.0),
    )


def client(server: FakeGlobalping, **changes: Any) -> Globalping:
    return Globalping(network(), api=server.url, **changes)


def step(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.evidence.value["steps"][0]
    return found
