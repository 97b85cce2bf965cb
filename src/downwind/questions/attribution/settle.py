"""One hypothesis looked at closely: how severe each fault is, and what it accounts for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from downwind.questions.attribution.parameters import SEVERITIES
from downwind.questions.attribution.search import Extra
from downwind.questions.attribution.trial import Columns, Trial
from downwind.solve.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The nodes under one hypothesis."""

    here: Floats
    severity: dict[int, float]
    """Per member the mean severity, given the others before it."""
    nodes: dict[int, Ints]
    """Per member the nodes that should fail with it."""


def settle(trial: Trial, extra: Extra, members: Sequence[int]) -> Settled:
    """Add the members one by one, places first."""
    many = len(trial.suspects.names)
    here, severity, nodes = trial.nothing, {}, {}
    ordered = sorted(members, key=lambda m: (m < many, m))
    for number, member in enumerate(ordered):
        if member >= many:
            worlds = [trial.within(member - many, float(p)) for p in SEVERITIES]
            gained = np.array([trial.log_likelihood(world) for world in worlds])
            here = worlds[int(gained.argmax())]
            nodes[member] = np.unique(trial.heard.node[trial.among[member - many]])
        else:
            column = _column(trial, extra, member, ordered[:number])
            gained = trial.add(here, column)[0]
            here = trial.hurt(here, column, 0, float(SEVERITIES[gained.argmax()]))
            nodes[member] = column.node
        weights = np.exp(gained - gained.max())
        severity[member] = float((weights * SEVERITIES).sum() / weights.sum())
    return Settled(here, severity, nodes)


def _column(trial: Trial, extra: Extra, cause: int, before: Sequence[int]) -> Columns:
    partners = extra.get(cause, {})
    return trial.joined(cause, [(m, partners[m]) for m in before if m in partners])


def accounted(trial: Trial, without: Settled, with_: Settled) -> Floats:
    """Per node the share of its failure that is due to who is in the one and not in the other."""
    before = (1 - trial.rate) * without.here + trial.rate * trial.own
    after = (1 - trial.rate) * with_.here + trial.rate * trial.own
    rest = np.exp(trial.shares(with_.here)[1])[trial.service]
    return np.asarray((1 - before / after) * rest)


def by_itself(trial: Trial, here: Settled) -> tuple[Floats, Floats]:
    """Per group the probability of a fault of its own as a whole; per node of any own fault."""
    whole = np.exp(trial.shares(here.here)[2])
    after = (1 - trial.rate) * here.here + trial.rate * trial.own
    alone = trial.rate * trial.own / after
    of_node = 1 - (1 - whole[trial.service]) * (1 - alone)
    return whole, np.asarray(of_node)
