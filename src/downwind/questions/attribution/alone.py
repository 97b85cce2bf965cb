"""What no cause accounts for: services that fail by themselves, or too many of them for that."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from downwind.questions.attribution.search import Weighed
from downwind.questions.attribution.settle import Settled, by_itself
from downwind.questions.attribution.trial import Trial
from downwind.questions.attribution.verdict import Attribution, Further
from downwind.solve.arrays import Flags

CHANCE = 1e-6
"""So unlikely it must be that so many services fail by themselves at once, to say that they share
something that the graph does not know."""


def own_or_unknown(
    trial: Trial,
    weighed: Weighed,
    settled: Settled,
    left: Flags,
    named: Collection[int],
    rivals: tuple[tuple[str, float], ...],
    tell_apart: tuple[Further, ...],
) -> list[Attribution]:
    """Verdicts on all nodes that are left: one for each service, or one for all."""
    groups = np.unique(trial.service[left])
    if not len(groups):
        return []
    falls, rows = trial.suspects.falls, trial.heard.row
    names = {
        g: tuple(falls.rows[r] for r in rows[left & (trial.service == g)]) for g in groups.tolist()
    }
    if chance_of(len(groups), float(_expected(trial))) < CHANCE:
        fails = tuple(sorted(name for some in names.values() for name in some))
        confidence = _nobody_else(trial, weighed, left, named)
        return [
            Attribution(
                "unknown", None, "", confidence, (), fails, (), rivals, (), separating=tell_apart
            )
        ]
    whole, alone = by_itself(trial, settled)
    shares = {
        group: max(float(whole[group]), float(alone[left & (trial.service == group)].mean()))
        for group in names
    }
    found = []
    for group in sorted(names, key=lambda g: (-shares[g], -len(names[g]), g)):
        nodes = left & (trial.service == group)
        confidence = shares[group] * _nobody_else(trial, weighed, nodes, named)
        service = falls.services[falls.service[rows[nodes][0]]]
        found.append(
            Attribution(
                "own", None, service, confidence, tuple(sorted(names[group])), (), (), rivals, (),
                separating=tell_apart,
            )
        )  # fmt: skip
    return found


def chance_of(many: int, expected: float) -> float:
    """That `many` or more services fail by themselves at once, where `expected` do in the mean.

    The tail of the Poisson distribution, which is heavier than that of a sum of different coins.
    """
    if many <= expected:
        return 1.0
    logs = [
        k * math.log(max(expected, 1e-300)) - expected - math.lgamma(k + 1)
        for k in range(many, many + 60)
    ]
    top = max(logs)
    return math.exp(min(0.0, top + math.log(sum(math.exp(each - top) for each in logs))))


def _expected(trial: Trial) -> float:
    """How many services fail by themselves in the mean, as a whole or in part."""
    of_service = trial.suspects.falls.service[trial.heard.row] >= 0
    parts = np.bincount(
        trial.service[of_service],
        weights=np.log1p(-trial.rate[of_service]),
        minlength=len(trial.service_rate),
    )
    groups = np.unique(trial.service[of_service])
    return float((1 - (1 - trial.service_rate[groups]) * np.exp(parts[groups])).sum())


def _nobody_else(trial: Trial, weighed: Weighed, nodes: Flags, named: Collection[int]) -> float:
    """The probability that no suspect beside the named ones takes any of these nodes."""
    many, total = len(trial.suspects.names), 0.0
    takes: dict[int, bool] = {}
    for members, mass in zip(
        weighed.told.members.tolist(), weighed.told.mass.tolist(), strict=True
    ):
        for member in members:
            if member < 0 or member in named:
                continue
            if member not in takes:
                takes[member] = member >= many or bool(nodes[_heard(trial, member)].any())
            if takes[member]:
                total += mass
                break
    return max(0.0, 1.0 - total)


def _heard(trial: Trial, cause: int) -> np.ndarray:
    nodes = trial.heard.place_of[trial.suspects.falls.of(cause)]
    return nodes[nodes >= 0]
