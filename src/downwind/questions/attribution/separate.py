"""Which further probe would best tell the hypotheses apart: it is expected to say most."""

from __future__ import annotations

import numpy as np

from downwind.questions.attribution.search import Weighed
from downwind.questions.attribution.trial import Trial
from downwind.questions.attribution.verdict import Further
from downwind.solve.arrays import Floats

_HYPOTHESES = 64
_FALLS = 0.9
"""How likely a probe is to fail under a cause that takes its node down."""
_FAILS_ANYWAY = 0.02
_HEARD_ENOUGH = 3.0
"""Nats: a node that speaks so clearly already is not asked again."""
_LEAST_BITS = 0.02
_MOST = 3


def further(trial: Trial, weighed: Weighed) -> tuple[Further, ...]:
    """The most telling probes of nodes that have said little so far, three at most."""
    members = weighed.told.members[:_HYPOTHESES]
    mass = weighed.told.mass[:_HYPOTHESES]
    mass = mass / mass.sum()
    bits = _bits(trial, members.tolist(), mass)
    spoken = np.zeros(len(bits))
    spoken[trial.heard.row] = np.abs(trial.heard.ratio)
    bits[spoken > _HEARD_ENOUGH] = 0.0
    order = np.lexsort((np.arange(len(bits)), -np.round(bits, 9)))[:_MOST]
    rows = trial.suspects.falls.rows
    found = [Further(rows[n], "", float(bits[n])) for n in order if bits[n] > _LEAST_BITS]
    elsewhere = _elsewhere(trial, members.tolist(), mass)
    return tuple(sorted([*found, *elsewhere], key=lambda f: (-f.bits, f.node))[:_MOST])


def _bits(trial: Trial, members: list[list[int]], mass: Floats) -> Floats:
    """Per row of the suspects' what its outcome tells of the hypotheses."""
    falls, many = trial.suspects.falls, len(trial.suspects.names)
    fails = np.full(len(falls.rows), _FAILS_ANYWAY)
    noise = np.full(len(falls.rows), _entropy(np.array(_FAILS_ANYWAY)))
    change = float(_entropy(np.array(_FALLS)) - _entropy(np.array(_FAILS_ANYWAY)))
    for some, weight in zip(members, mass.tolist(), strict=True):
        causes = [m for m in some if 0 <= m < many]
        if causes:
            rows = np.zeros(len(fails), dtype=np.bool_)
            for cause in causes:
                rows[falls.of(cause)] = True
            fails[rows] += weight * (_FALLS - _FAILS_ANYWAY)
            noise[rows] += weight * change
    return np.asarray(np.maximum(_entropy(fails) - noise, 0.0))


def _elsewhere(trial: Trial, members: list[list[int]], mass: Floats) -> list[Further]:
    """A failing node from a vantage beside the one that may be at fault itself."""
    heard, many = trial.heard, len(trial.suspects.names)
    failing = np.flatnonzero(heard.fails)
    if not len(failing):
        return []
    asked = heard.vantage[heard.node == failing[0]]
    seen = {heard.vantages[v] for v in asked.tolist()}
    everybody = {v for place in trial.places for v in place.vantages}
    found = []
    for number, place in enumerate(trial.places):
        holds = np.array([many + number in some for some in members], dtype=np.bool_)
        bits = float(_entropy(mass[holds].sum()))
        fresh = sorted(everybody - place.vantages - seen)
        if bits > _LEAST_BITS and fresh:
            node = trial.suspects.falls.rows[int(heard.row[failing[0]])]
            found.append(Further(node, fresh[0], bits))
    return found


def _entropy(p: Floats) -> Floats:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))
