"""Whether IPv6 leads anywhere from here: where it does not, nobody's IPv6 is at fault."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LEAST = 3
"""Networks to which nothing came through, and none to which something did meanwhile."""
_PREFIX = 32
"""Bits of an address by which networks are told apart: registries give no provider less."""


@dataclass(slots=True)
class Ipv6:
    """Of one vantage: the IPv6 networks that took no connection since one last did."""

    _dead: set[int] = field(default_factory=set)

    def hear(self, value: Mapping[str, Any]) -> None:
        """Take in the value of a probe."""
        for step in value["steps"]:
            if step.get("server") or step["do"] == "dns":
                continue
            if step["address"] and "dial" in step["passed"]:
                self._reached(step["address"])
            elif step["address"] and step["layer"] == "dial":
                self._missed(step["address"])
            for ip, reason in step.get("dead", {}).items():
                if reason.startswith("dial:"):
                    self._missed(ip)

    @property
    def lost(self) -> bool:
        """Whether unrelated networks are out of reach, all of them."""
        return len(self._dead) >= _LEAST

    def _reached(self, ip: str) -> None:
        if ":" in ip:
            self._dead.clear()

    def _missed(self, ip: str) -> None:
        if ":" in ip:
            self._dead.add(int(ipaddress.IPv6Address(ip)) >> (128 - _PREFIX))


def fails_by_ipv6(value: Mapping[str, Any]) -> bool:
    """Whether the step that failed got no connection to an IPv6 address."""
    failed = (step for step in value["steps"] if not step["ok"])
    return any(step["layer"] == "dial" and ":" in (step["address"] or "") for step in failed)


def without_ipv6(value: Mapping[str, Any]) -> dict[str, Any]:
    """The value without the IPv6 addresses that its journey passed over."""
    return {**value, "steps": [_spared(step) for step in value["steps"]]}


def _spared(step: Mapping[str, Any]) -> dict[str, Any]:
    dead = {ip: why for ip, why in step.get("dead", {}).items() if ":" not in ip}
    rest = {name: told for name, told in step.items() if name != "dead"}
    return {**rest, "dead": dead} if dead else rest
