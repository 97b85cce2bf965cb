"""The limits that hold among strangers, and those of an emulated internet, where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Manners:
    """Limits of one mapping (docs/measuring.md); times are seconds by the network's clock."""

    host_wait: float = 1.0
    """Between the starts of two requests to one host."""
    at_once: int = 2
    """Requests and handshakes under way at one address (NANOG, ZMap)."""
    network_at_once: int = 2
    """The same for all addresses of one /24, or /48 of IPv6; 0 for as many as there are."""
    rate: float = 20.0
    """Requests and handshakes a second to all together; 0 for no limit."""
    server_wait: float = 0.1
    """Between two questions put directly to one address of a name server."""
    longest_wait: float = 30.0
    """A server that asks for more patience (Retry-After) is not asked again."""
    robots: bool = True
    """Ask robots.txt before anything is fetched but the front page of a name that a user gave."""


ALONE = Manners(host_wait=0.0, network_at_once=0, rate=0.0, server_wait=0.0, robots=False)
"""In an emulated internet there are no strangers; two at once at one address stay."""


def read_manners(form: Mapping[str, Any] | None) -> Manners:
    """The limits that a handout sets, over those of an emulated internet; raises ValueError."""
    values = {field.name: getattr(ALONE, field.name) for field in fields(Manners)}
    for name, value in (form or {}).items():
        if name not in values:
            raise ValueError(f"{name!r} is none of the manners {', '.join(values)}")
        values[name] = type(values[name])(value)
        if values[name] < 0:
            raise ValueError(f"{name} is below nothing")
    return Manners(**values)
