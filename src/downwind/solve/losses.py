"""How long faults last, and how much is lost by them in a year. Log-normal durations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from downwind.graph.tables import Table
from downwind.solve.arrays import Floats
from downwind.solve.jit import jit
from downwind.terms import ModelError

HOURS_A_YEAR = 8766.0
_Z95 = 1.6448536269514722
"""The 95th percentile of the normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Per node: faults a year, and how long one lasts; nan where not given. Seconds."""

    rate: Floats
    median: Floats
    sigma: Floats
    """Of the logarithm of the duration."""

    @property
    def mean(self) -> Floats:
        """The expected duration."""
        mean: Floats = self.median * np.exp(self.sigma**2 / 2)
        return mean

    def beyond(self, node: int, after: float) -> float:
        """The expected time for which a fault lasts beyond `after` seconds."""
        return float(_beyond(self.median[node], self.sigma[node], after))

    def share(self, node: int, after: float) -> float:
        """The share of faults that last longer than `after` seconds."""
        return float(_share(self.median[node], self.sigma[node], after))


def spells_of(table: Table) -> Spells | None:
    """Rates and durations of the nodes; None where no node has both.

    Raises ModelError for a rate with one of the two durations only: the other is not invented.
    """
    if table.rate is None or (table.dur_p50 is None and table.dur_p95 is None):
        return None
    nothing = np.full(table.size, np.nan)
    median = nothing if table.dur_p50 is None else table.dur_p50
    late = nothing if table.dur_p95 is None else table.dur_p95
    half = np.flatnonzero(~np.isnan(table.rate) & (np.isnan(median) != np.isnan(late)))
    if len(half):
        raise ModelError(
            f"{len(half):,} nodes have a rate and one of dur_p50_s and dur_p95_s.",
            where="node table",
            todo="Give both: how a fault's duration spreads is not guessed.",
        )
    rate = np.where(np.isnan(median) | ~(median > 0), np.nan, table.rate)
    if np.isnan(rate).all():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = np.log(late / median) / _Z95
    return Spells(rate, median, sigma)


@jit
def _share(median: float, sigma: float, after: float) -> float:
    if after <= 0.0:
        return 1.0
    if sigma == 0.0:
        return 1.0 if median > after else 0.0
    return 0.5 * math.erfc(math.log(after / median) / sigma / math.sqrt(2.0))


@jit
def _beyond(median: float, sigma: float, after: float) -> float:
    mean = median * math.exp(sigma * sigma / 2)
    if after <= 0.0:
        return mean
    if sigma == 0.0:
        return max(0.0, median - after)
    if after == np.inf:
        return 0.0
    z = math.log(after / median) / sigma
    upper = 0.5 * math.erfc((z - sigma) / math.sqrt(2.0))
    return max(0.0, mean * upper - after * 0.5 * math.erfc(z / math.sqrt(2.0)))


@jit
def expected_losses(
    rate: Floats, median: Floats, sigma: Floats, edges: Floats, weight: Floats
) -> Floats:
    """Per cause the expected loss in a year, in weight x seconds.

    weight[c, j] is down while the fault lasts from edges[j] to edges[j + 1], the last one on.
    """
    loss = np.zeros(len(rate))
    for cause in range(len(rate)):
        for step in range(len(edges)):
            if weight[cause, step] == 0.0:
                continue
            lasts = _beyond(median[cause], sigma[cause], edges[step])
            if step + 1 < len(edges):
                lasts -= _beyond(median[cause], sigma[cause], edges[step + 1])
            loss[cause] += rate[cause] * weight[cause, step] * lasts
    return loss


@jit
def rate_above(
    losses: Floats, rate: Floats, median: Floats, sigma: Floats, edges: Floats, weight: Floats
) -> Floats:
    """How many faults a year lose more than each of `losses` (weight x seconds)."""
    above = np.zeros(len(losses))
    for cause in range(len(rate)):
        for place in range(len(losses)):
            after = _lasts_until(losses[place], edges, weight[cause])
            if after < np.inf:
                above[place] += rate[cause] * _share(median[cause], sigma[cause], after)
    return above


@jit
def _lasts_until(loss: float, edges: Floats, weight: Floats) -> float:
    """How long a fault lasts when so much is lost by it; inf where it never is."""
    lost = 0.0
    for step in range(len(edges)):
        if weight[step] == 0.0:
            continue
        needs = (loss - lost) / weight[step]
        if step + 1 == len(edges) or edges[step] + needs <= edges[step + 1]:
            return float(edges[step] + needs)
        lost += weight[step] * (edges[step + 1] - edges[step])
    return np.inf
