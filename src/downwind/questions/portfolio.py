"""What all sites together lose in a year by lone faults, and how bad the bad years are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.graph.tables import Table
from downwind.questions.spread import node_name
from downwind.solve.arrays import Floats
from downwind.solve.blast.blast import falling_weight, site_weight
from downwind.solve.losses import expected_losses, rate_above, spells_of
from downwind.terms import CannotMeasure

RETURN_PERIODS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
_MOST_EDGES = 400


@dataclass(frozen=True, slots=True)
class Exceedance:
    """So much or more is lost by a single fault once in so many years."""

    years: float
    loss: float
    """Weight x hours; 0 where faults that lose anything are rarer."""
    probability: float
    """That it happens within a year."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What one cause costs a year."""

    cause: str
    weight_hours: float


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The answer for all sites; losses are weight x hours."""

    sites: int
    weight: float
    causes: int
    """How many nodes have a rate and durations."""
    left_out: int
    """Core nodes without them: what they cost is not known."""
    a_year: float
    """The expected loss."""
    exceedance: tuple[Exceedance, ...]
    losses: tuple[Loss, ...]
    """By cause, the largest first."""
    exact: bool
    """False where falls are too many and were put a little earlier: the losses are upper bounds."""


def portfolio(table: Table) -> Portfolio:
    """Expected loss and loss exceedance over all sites, one fault at a time, graces counted.

    Raises CannotMeasure where no node has a rate and durations.
    """
    spells = spells_of(table)
    if spells is None:
        raise CannotMeasure(
            "no node has a rate and durations.",
            where="node table",
            todo="Give rate, dur_p50_s and dur_p95_s with --nodes; they are not invented.",
        )
    known = np.flatnonzero(~np.isnan(spells.rate))
    causes = known[known < table.core.size].astype(np.int32)
    moments, weight = falling_weight(table, causes, _MOST_EDGES)
    sites = known[known >= table.core.size]
    own = np.zeros((len(sites), len(moments.at)))
    own[:] = site_weight(table)[sites - table.core.size, None]
    weight = np.concatenate([weight, own])
    nodes = np.concatenate([causes, sites])
    columns = (spells.rate[nodes], spells.median[nodes], spells.sigma[nodes], moments.at, weight)
    losses = expected_losses(*columns) / 3600
    order = np.argsort(-losses, kind="stable")
    return Portfolio(
        sites=table.sites.size,
        weight=float(site_weight(table).sum()),
        causes=len(nodes),
        left_out=table.core.size - len(causes),
        a_year=float(losses.sum()),
        exceedance=_exceedance(*columns),
        losses=tuple(Loss(node_name(table, int(nodes[i])), float(losses[i])) for i in order),
        exact=moments.all,
    )


def _exceedance(
    rate: Floats, median: Floats, sigma: Floats, edges: Floats, weight: Floats
) -> tuple[Exceedance, ...]:
    """By bisection: the rate of losses above x falls as x grows."""
    wanted = 1.0 / np.array(RETURN_PERIODS)
    most = rate_above(np.zeros(1), rate, median, sigma, edges, weight)[0]
    low, high = np.zeros(len(wanted)), np.full(len(wanted), 1.0)
    while (rate_above(high, rate, median, sigma, edges, weight) > wanted).any():
        high *= 4.0
    for _ in range(80):
        middle = (low + high) / 2
        above = rate_above(middle, rate, median, sigma, edges, weight) > wanted
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return tuple(
        Exceedance(years, float(loss) / 3600 if most > often else 0.0, float(-np.expm1(-often)))
        for years, loss, often in zip(RETURN_PERIODS, high, wanted, strict=True)
    )
