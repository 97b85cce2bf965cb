"""How often something falls by itself: learned from its own past, and never from its future."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

DAY = 86_400.0
# Fitted by maximum likelihood to the quiet days of one half of ../shared/data/upptime alone
# (benchmarks/backtest.py fit): falls a day of a site that is watched, one an hour at most, 4xx and
# refusals left out. 31 falls in 1,605 site-days.
USUAL_A_DAY = 0.02
SHAPE = 0.1
"""Gamma shape: most sites never fall, a few often."""
SHARED_SHAPE = 0.25
"""The same for owners by answer: wider than what fits, since 31 falls are few."""
CLASSES: Mapping[str, float] = {
    "none": 0.4,
    "500": 0.1,
    "502": 0.2,
    "503": 0.1,
    "504": 0.05,
    "edge": 0.15,
}
"""Which share of them each answer has: `none` is no HTTP answer, `edge` 520 to 530."""


OTHER = "other"
"""What no fault beneath a site answers: 404 and its like."""
LEAST_CHANCE = 1e-3
"""That a site falls by itself within an hour, at least: so short a past shows nothing rarer."""


@dataclass(slots=True)
class Habit:
    """How often something fell, and how long it was watched meanwhile."""

    watched: float = 0.0
    """Seconds."""
    falls: int = 0
    last: float = -math.inf

    def fell(self, at: float, once_in: float) -> None:
        """Count a fall, one in `once_in` seconds at most."""
        if at - self.last > once_in:
            self.falls += 1
            self.last = at


def rate_of(falls: int, watched: float, usual: float, shape: float) -> float:
    """Falls a second: the mean of a gamma posterior, with mean `usual` before any watching."""
    return (shape + falls) / (watched + shape / usual)


def chance(rate: float, seconds: float) -> float:
    """That it falls at least once within so many seconds."""
    return -math.expm1(-rate * seconds)


def class_of(code: int) -> str | None:
    """The class of an answer, as far as a shared cause could give it; None for others."""
    if code == 0:
        return "none"
    if code in (500, 502, 503, 504):
        return str(code)
    if 520 <= code <= 530:
        return "edge"
    return None


def answer_of(code: int) -> str:
    """The class of any answer."""
    return class_of(code) or OTHER


def share_of(answer: str) -> float:
    """Which share of the usual falls has this answer."""
    return CLASSES.get(answer, 1.0)
