"""Certificates and domains that will end: told ahead of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

DAY = 86_400.0
CERTIFICATE = (14 * DAY, 3 * DAY)
"""Seconds before the end at which a warning and an urgent one are due. An automatic renewal comes
30 days before the end of 90: under 14 it has failed more than once."""
DOMAIN = (45 * DAY, 10 * DAY)
"""A domain is renewed by people, and a lost one may not come back."""
SHORT_LIFE = 1 / 3
"""Of a life so short that the thresholds would cover more of it than this, this share counts: a
certificate of six days is not about to end when it is issued."""


class Urgency(StrEnum):
    SOON = "soon"
    URGENT = "urgent"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Ending:
    """Something ends."""

    urgency: Urgency
    ends: float
    left: float
    """Seconds until then; below zero where it is over."""


def ending(
    ends: float,
    now: float,
    thresholds: Sequence[float] = CERTIFICATE,
    *,
    begins: float | None = None,
) -> Ending | None:
    """What is to be told now of what ends at `ends`, both in seconds since 1970; None: nothing yet.

    `thresholds` are the seconds ahead for `soon` and `urgent`. With `begins` they shrink to the
    share of a short life; `urgent` shrinks alike.
    """
    soon, urgent = thresholds
    left = ends - now
    if begins is not None and ends > begins:
        shrink = min(1.0, (ends - begins) * SHORT_LIFE / soon)
        soon, urgent = soon * shrink, urgent * shrink
    if left <= 0:
        return Ending(Urgency.OVER, ends, left)
    if left <= urgent:
        return Ending(Urgency.URGENT, ends, left)
    return Ending(Urgency.SOON, ends, left) if left <= soon else None
