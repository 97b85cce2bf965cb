"""Globalping's limits, as its headers tell them: what is left, and until when to wait.

X-RateLimit-Remaining, X-RateLimit-Reset    tests left in this window, seconds until the next
X-Credits-Remaining                         of a signed-in user; they count beyond the limit
Retry-After                                 with 429
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from downwind.terms import CannotMeasure

_UNSAID = 60.0
"""Seconds to wait after 429 where no header says how long."""
_LONGEST = 86_400.0


class LimitReached(CannotMeasure):
    """Globalping takes no more for now."""

    def __init__(self, what: str, until: float) -> None:
        super().__init__(what, where="Globalping")
        self.until = until
        """When it takes more, by the network's clock."""


@dataclass(slots=True)
class Budget:
    """How many probes may still be asked for. One test on one probe costs one."""

    most: int | None = None
    """So many an hour at most, whatever Globalping allows; None: as it allows."""
    _left: int | None = None
    _resets: float = 0.0
    _closed: float = 0.0
    """Until when nothing is to be asked."""
    _credits: int = 0
    _spent: int = 0
    _hour: float = 0.0
    """When the hour of one's own limit began."""

    def spend(self, count: int, now: float) -> None:
        """Ask for so many probes; raises LimitReached, before anything is sent."""
        if now < self._closed:
            raise LimitReached("It asked to be left alone.", self._closed)
        if now - self._hour >= 3600.0:
            self._hour, self._spent = now, 0
        if self.most is not None and self._spent + count > self.most:
            raise LimitReached(f"{self.most} probes an hour were allowed.", self._hour + 3600.0)
        if self._left is not None and now >= self._resets:
            self._left = None
        if self._left is not None and count > self._left + self._credits:
            raise LimitReached(f"{self._left} of its probes are left.", self._resets)
        self._spent += count
        if self._left is not None:
            self._left = max(0, self._left - count)

    def heard(self, status: int, headers: Mapping[str, str], now: float) -> None:
        """Take in what an answer says; header names are in lower case."""
        left, reset = (
            _number(headers, "x-ratelimit-remaining"),
            _number(headers, "x-ratelimit-reset"),
        )
        if left is not None and reset is not None:
            self._left, self._resets = int(left), now + reset
        credits = _number(headers, "x-credits-remaining")
        if credits is not None:
            self._credits = int(credits)
        if status == 429:
            asked = _number(headers, "retry-after")
            wait = asked if asked is not None else (reset if reset is not None else _UNSAID)
            self._closed = max(self._closed, now + wait)
            raise LimitReached("It says 429, too many requests.", self._closed)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "").strip()
    if not text.isascii() or not text.isdecimal():
        return None
    return min(float(text[:12]), _LONGEST if name != "x-credits-remaining" else 1e9)
