"""How many are down against how long a fault lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.solve.arrays import Floats

_MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """How many are down when the fault has lasted just longer than so many seconds."""

    after: float
    down: int
    down_weight: float


def steps(down_at: Floats, weight: Floats) -> tuple[Step, ...]:
    """A step for each moment at which somebody falls; where these are many, fifty of them.

    `down_at` in seconds, inf for those who stand.
    """
    order = np.argsort(down_at, kind="stable")[: int(np.isfinite(down_at).sum())]
    times = down_at[order]
    weights = np.cumsum(weight[order])
    moments: Floats = np.unique(times)
    if len(moments) > _MOST_STEPS:
        places = np.linspace(0, len(moments) - 1, _MOST_STEPS).astype(np.int64)
        moments = moments[places]
    ends = np.searchsorted(times, moments, side="right")
    return tuple(
        Step(float(after), int(end), float(weights[end - 1]))
        for after, end in zip(moments, ends, strict=True)
    )
