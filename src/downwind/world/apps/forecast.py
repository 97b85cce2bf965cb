"""A home's sun and load for the hours ahead, and when its battery charges and discharges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HOURS = 24
_HOUR = 3600.0
_PRIOR_READINGS = 3
"""Readings of an hour of the day for which the curve of the whole day stands."""

SOLAR_PRIOR = tuple(
    max(0.0, 600.0 * math.sin(math.pi * (hour + 0.5 - 6) / 12)) for hour in range(HOURS)
)
"""Watts by the hour of the day, UTC. Made up: half a sine from 6 to 18, 600 W at noon."""

LOAD_PRIOR = (150.0,) * 6 + (300.0,) * 12 + (450.0,) * 5 + (150.0,)
"""Watts by the hour of the day, UTC. Made up: a low night, an even day, a busy evening."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What a battery does in one hour of the day, UTC: charge (above 0 watts) or discharge."""

    hour: int
    watts: float


def hour_of(at: float) -> int:
    """The hour of the day, UTC, of a time in seconds since 1970."""
    return int(at // _HOUR) % HOURS


def forecast(readings: Sequence[tuple[int, float]], prior: Sequence[float]) -> tuple[float, ...]:
    """Watts to expect in each hour of the day, from pairs of hour and watts that were read.

    The prior curve is scaled to the readings by least squares, with one day of the prior itself
    counted in. Then each hour is the mean of its readings and of the scaled curve, which stands
    for three. Without readings it is the prior.
    """
    weight = sum(watts * watts for watts in prior)
    matched = sum(watts * prior[hour] for hour, watts in readings)
    squares = sum(prior[hour] ** 2 for hour, _ in readings)
    scale = (weight + matched) / (weight + squares)
    totals = [_PRIOR_READINGS * scale * watts for watts in prior]
    counts = [_PRIOR_READINGS] * HOURS
    for hour, watts in readings:
        totals[hour] += watts
        counts[hour] += 1
    return tuple(total / count for total, count in zip(totals, counts, strict=True))


def schedule_of(
    solar: Sequence[float],
    load: Sequence[float],
    *,
    at: float,
    capacity_wh: float,
    charge_wh: float,
) -> tuple[Hour, ...]:
    """What to do in the rest of this hour and in the 23 after it.

    A surplus of sun over load charges, a need discharges, and the charge stays within 0 and the
    capacity if the hours are kept. Watts are cut to tenths.
    """
    hours = []
    share = 1.0 - (at % _HOUR) / _HOUR
    for step in range(HOURS):
        hour = (hour_of(at) + step) % HOURS
        room, held = capacity_wh - charge_wh, charge_wh
        watts = min(max(solar[hour] - load[hour], -held / share), room / share)
        watts = math.trunc(watts * 10) / 10
        charge_wh = min(max(charge_wh + watts * share, 0.0), capacity_wh)
        hours.append(Hour(hour, watts))
        share = 1.0
    return tuple(hours)
