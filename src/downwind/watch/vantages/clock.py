"""How far a vantage's clock is from the hub's, measured by asking (as in RFC 5905, one server)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_KEPT = 8
_OLDEST = 3600.0
"""Seconds after which a measurement no longer speaks: quartz drifts by about 0.1 s in that time."""
WORTH_TELLING = 1.0
"""Seconds of skew from which on a record says that its time was corrected."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The hub's clock minus this one, in seconds; the truth lies within `within` of it."""

    seconds: float
    within: float
    at: float
    """When it was measured, by this clock."""

    @property
    def skewed(self) -> bool:
        """True where the clock is surely wrong by more than is worth telling."""
        return abs(self.seconds) - self.within > WORTH_TELLING


@dataclass(slots=True)
class OffsetMeter:
    """Keeps the sharpest of the last measurements."""

    _samples: deque[Offset] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def heard(self, sent: float, received: float, theirs: float) -> None:
        """The hub said `theirs` between these two moments of this clock."""
        within = max(0.0, received - sent) / 2
        new = Offset(theirs - (sent + received) / 2, within, received)
        best = self.offset(received)
        if best and abs(best.seconds - new.seconds) > best.within + new.within + WORTH_TELLING:
            self._samples.clear()  # somebody set one of the two clocks
        self._samples.append(new)

    def restore(self, offset: Offset) -> None:
        """Go on with what an earlier process had measured."""
        self._samples.append(offset)

    def offset(self, now: float) -> Offset | None:
        """The sharpest measurement that still speaks, else the last one; None before the first."""
        recent = [each for each in self._samples if now - each.at <= _OLDEST]
        if recent:
            return min(recent, key=lambda each: each.within)
        return self._samples[-1] if self._samples else None
