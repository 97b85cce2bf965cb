"""What each vantage is asked to probe at once, beside its rounds: somebody saw a target fail."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import CannotMeasure

FRESH = 15.0
"""Seconds after which it is too late to confirm."""
MOST = 2_000
"""Kept for each vantage; the oldest go first."""
LONGEST_WAIT = 25
"""Seconds for which a question may wait."""
_NUMBERED = 1_000_000.0
"""Numbers begin at the microseconds of the clock, so that those of an earlier hub are lower."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Targets to probe now, and the number to go on from."""

    number: int
    targets: tuple[str, ...] = ()


@dataclass(slots=True)
class _Line:
    """What waits for one vantage."""

    rows: deque[tuple[int, float, str]] = field(default_factory=lambda: deque(maxlen=MOST))
    """Its number, when it was asked, and the target."""
    more: asyncio.Event = field(default_factory=asyncio.Event)


class Confirmations:
    """The hub's side: one question of each vantage waits; another of the same one replaces it."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is the hub's clock, in seconds."""
        self._now = now
        self._first = self._number = int(now() * _NUMBERED)
        self._lines: dict[str, _Line] = {}

    def ask(self, vantage: str, target: str) -> None:
        """That vantage is to probe that target now."""
        line = self._line(vantage)
        self._number += 1
        line.rows.append((self._number, self._now(), target))
        line.more.set()

    async def after(self, vantage: str, number: int, wait: float) -> Asked:
        """What was asked of it after that number; waits so many real seconds for the first.

        A number that this hub never gave tells of nothing: all that is fresh is told.
        """
        line = self._line(vantage)
        asked = self._fresh(line, number)
        if asked.targets or wait <= 0:
            return asked
        line.more.set()  # whoever waits already has gone, or will ask again
        line.more = more = asyncio.Event()
        try:
            async with asyncio.timeout(min(wait, LONGEST_WAIT)):
                await more.wait()
        except TimeoutError:
            pass
        return self._fresh(line, number)

    def _line(self, vantage: str) -> _Line:
        return self._lines.setdefault(vantage, _Line())

    def _fresh(self, line: _Line, number: int) -> Asked:
        since = number if self._first <= number <= self._number else 0
        now = self._now()
        found = (target for n, at, target in line.rows if n > since and abs(now - at) <= FRESH)
        return Asked(self._number, tuple(dict.fromkeys(found)))


def asked_to_json(asked: Asked) -> dict[str, Any]:
    """The JSON form."""
    return {"number": asked.number, "targets": list(asked.targets)}


def asked_from_json(data: object) -> Asked:
    """What that JSON asks; raises CannotMeasure where it asks nothing that can be read."""
    number = data.get("number") if isinstance(data, Mapping) else None
    targets = data.get("targets") if isinstance(data, Mapping) else None
    if (
        isinstance(number, bool)
        or not isinstance(number, int)
        or not isinstance(targets, list)
        or not all(isinstance(each, str) for each in targets)
    ):
        raise CannotMeasure(
            "What the hub asks for at once cannot be read.",
            where="/api/v1/confirmations",
            todo="The hub and this vantage may be of versions that do not fit.",
        )
    return Asked(number, tuple(targets))
