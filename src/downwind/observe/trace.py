"""How far a request got, for whoever tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from downwind.observe.resolve import Addressing


@dataclass(slots=True)
class Trace:
    """How far the latest request got."""

    host: str = ""
    address: str | None = None
    passed: list[str] = field(default_factory=list)
    dns: dict[str, Any] | None = None
    dead: dict[str, str] = field(default_factory=dict)
    """Addresses that were tried in vain before one took the connection, and why in vain."""
    life: tuple[float, float] | None = None
    """When the certificate begins and ends of a connection with TLS, in seconds since 1970."""

    def passes(self, *layers: str) -> None:
        """These layers work."""
        self.passed.extend(layer for layer in layers if layer not in self.passed)

    def under_way(self) -> str:
        """The layer that the request waits for."""
        return next((layer for layer in ("dns", "dial") if layer not in self.passed), "http")


def dns_detail(a: Addressing, aaaa: Addressing) -> dict[str, Any]:
    """The answer that worked, or else the A answer: what a fault's signature is read from."""
    told = aaaa if aaaa.addresses and not a.addresses else a
    return {"rcode": told.rcode, "ede": told.ede}
