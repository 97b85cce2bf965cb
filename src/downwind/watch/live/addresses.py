"""Which addresses of a name fail while others answer: a part of those who come there fail too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SURE = 2
"""Looks in a row that fail before an address is told of."""
_FORGOTTEN = 4
"""Turns through all addresses after which one that was not looked at is gone from the list."""
_MOST = 32
"""Addresses that are remembered."""


@dataclass(slots=True)
class _Seen:
    look: int
    failed: int = 0
    """Looks in a row."""
    reason: str = ""


@dataclass(slots=True)
class Addresses:
    """Of one target: how the latest looks at each address went, host by host."""

    _looks: int = 0
    _seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)

    def hear(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Take in the steps of a probe; an agent may have told anything."""
        for host, address, reason in _looks_of(steps):
            self._looks += 1
            seen = self._seen.setdefault((host, address), _Seen(self._looks))
            seen.look = self._looks
            seen.failed = seen.failed + 1 if reason else 0
            seen.reason = reason
        oldest = self._looks - _FORGOTTEN * max(4, len(self._seen))
        for key in [key for key, seen in self._seen.items() if seen.look < oldest]:
            del self._seen[key]
        while len(self._seen) > _MOST:
            del self._seen[min(self._seen, key=lambda key: self._seen[key].look)]

    def words(self) -> str:
        """As `1 of 4 addresses of x.test fails: 192.0.2.7 (connection refused)`; else empty."""
        for host in dict.fromkeys(host for host, _ in self._seen):
            mine = {at: seen for (its, at), seen in self._seen.items() if its == host}
            dead = {at: seen for at, seen in mine.items() if seen.failed >= _SURE}
            if dead and any(not seen.failed for seen in mine.values()):
                fails = "fails" if len(dead) == 1 else "fail"
                named = ", ".join(f"{at} ({dead[at].reason})" for at in sorted(dead)[:3])
                more = f" and {len(dead) - 3} more" if len(dead) > 3 else ""
                return f"{len(dead)} of {len(mine)} addresses of {host} {fails}: {named}{more}"
        return ""


def _looks_of(steps: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Host, address, and how it failed, if it did."""
    for step in steps:
        host, address, dead = step.get("host"), step.get("address"), step.get("dead")
        if not isinstance(host, str) or not host:
            continue
        if isinstance(dead, Mapping):
            for ip, reason in list(dead.items())[:8]:
                if ip != address:
                    yield host, str(ip)[:64], str(reason)[:120] or "it fails"
        if isinstance(address, str) and step.get("do") != "dns":
            # What a server says in words is its answer; that it says nothing is its address's.
            status = step.get("status")
            fine = step.get("ok") or (isinstance(status, int) and status < 500)
            yield host, address[:64], "" if fine else str(step.get("reason") or "it fails")[:120]
