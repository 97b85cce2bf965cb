"""Simulated incidents: what fails, and what the probes of three vantages say, one of them bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from attribution_worlds import Pair
from numpy.typing import NDArray

from downwind.catalog import Signed
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import Fault, Scope

VANTAGES = ("north", "south", "west")
PLACES = tuple(Place(v, frozenset([v])) for v in VANTAGES)
ROUNDS, HALF_LIFE = 4, 2.0
ALPHA, BETA = 0.02, 0.05
"""What the method takes the probes' error rates for; in truth they are off by up to OFF times."""
OFF = 3.0
OWN_RATE = 0.003
GRAINS = ("provider", "product", "region")
LASTS = 7200.0

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Watched:
    """One graph with its truth, ready for many incidents."""

    true: Suspects
    thought: Suspects
    scopes: tuple[int, ...]
    """Causes of the true graph that can be at fault: scopes under which somebody falls."""

    @classmethod
    def of(cls, pair: Pair) -> Watched:
        """Solve both graphs."""
        true = Suspects.of(pair.true, LASTS)
        scopes = tuple(
            n for n, (kind, scope) in enumerate(zip(true.kinds, true.scopes, strict=True))
            if scope and kind in GRAINS and _capabilities(true, true.falls.of(n)).size
        )  # fmt: skip
        return cls(true, Suspects.of(pair.thought, LASTS), scopes)


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened, and what is heard of it."""

    faults: tuple[Scope, ...]
    dependants: tuple[int, ...]
    """Per fault how many capabilities fail with it."""
    said: Testimony


def _capabilities(suspects: Suspects, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    return rows[suspects.falls.service[rows] >= 0]


def draw_incident(
    watched: Watched,
    faults: int,
    severity: float,
    bucket: tuple[int, int],
    rng: np.random.Generator,
) -> Incident | None:
    """Faults of different providers, each with a number of failing dependants in the bucket; None
    where the graph has none such."""
    true = watched.true
    many = np.array([_capabilities(true, true.falls.of(n)).size for n in watched.scopes])
    low, high = bucket
    fitting = np.flatnonzero((many * severity >= low * 0.7) & (many * severity <= high * 1.4 + 1))
    if len(fitting) < faults:
        return None
    for _ in range(20):
        chosen = [watched.scopes[n] for n in rng.choice(fitting, faults, replace=False)]
        scopes = tuple(scope for c in chosen if (scope := true.scopes[c]))
        if len({scope.provider for scope in scopes}) < faults:
            continue
        cause = _cause_of_each(true, chosen, severity, rng)
        rows = np.flatnonzero(true.falls.service >= 0)
        dependants = tuple(int((cause[rows] == n).sum()) for n in range(faults))
        if all(low <= n <= high for n in dependants):
            return Incident(scopes, dependants, _testimony(watched, scopes, cause, rng))
    return None


def draw_quiet(watched: Watched, rng: np.random.Generator) -> Incident:
    """Nobody is at fault but services by themselves, and the bad vantage."""
    return Incident(
        (), (), _testimony(watched, (), _cause_of_each(watched.true, (), 0.0, rng), rng)
    )


def _cause_of_each(
    true: Suspects, chosen: Sequence[int], severity: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Per row the fault with which it falls; -1 for none, -2 for a fault of its own."""
    falls = true.falls
    cause = np.full(len(falls.rows), -1)
    rate = OWN_RATE * _off(rng)
    own = rng.random(len(falls.services)) < rate
    cause[(falls.service >= 0) & own[falls.service]] = -2
    cause[(falls.service >= 0) & (rng.random(len(falls.rows)) < rate / 2)] = -2
    pairs = list(combinations(range(len(chosen)), 2))
    extra = falls.together([(chosen[a], chosen[b]) for a, b in pairs])
    for (a, _), rows in zip(pairs, extra, strict=True):
        cause[rows[rng.random(len(rows)) < severity]] = a
    for number, here in enumerate(chosen):
        rows = falls.of(here)
        cause[rows[rng.random(len(rows)) < severity]] = number
    return cause


def _off(rng: np.random.Generator) -> float:
    return float(OFF ** rng.uniform(-1, 1))


def _testimony(
    watched: Watched, faults: Sequence[Scope], cause: NDArray[np.int64], rng: np.random.Generator
) -> Testimony:
    true = watched.true.falls
    rows = [n for n, name in enumerate(true.rows) if true.service[n] >= 0 or name[:5] == "name:"]
    alpha, beta = min(0.2, ALPHA * _off(rng)), min(0.2, BETA * _off(rng))
    bad, badness = int(rng.integers(3)), rng.uniform(0.2, 1.0)
    weight = 0.5 ** (np.arange(ROUNDS) / HALF_LIFE)
    nodes, vantages, marks, failed, held = [], [], [], [], []
    for row in rows:
        down = cause[row] != -1
        for number, vantage in enumerate(VANTAGES):
            chance = 1 - beta if down else alpha
            blind = (rng.random(ROUNDS) < badness) & (number == bad)
            fails = (rng.random(ROUNDS) < chance) | blind
            nodes.append(true.rows[row])
            vantages.append(vantage)
            failed.append(float(weight[fails].sum()))
            held.append(float(weight[~fails].sum()))
            about = [
                _mark(true.rows[row], int(cause[row]), faults, bool(b), rng) for b in blind[fails]
            ]
            marks.append(about)
    f, h = np.array(failed), np.array(held)
    return Testimony(
        nodes,
        vantages,
        f * np.log(ALPHA) + h * np.log(1 - ALPHA),
        f * np.log(1 - BETA) + h * np.log(BETA),
        marks,
    )


def _mark(
    row: str, cause: int, faults: Sequence[Scope], blind: bool, rng: np.random.Generator
) -> Mark:
    """How a failing probe looks; rates that the method does not know."""
    luck = rng.random()
    if row.startswith("name:"):
        return _plain("dns")
    if blind:
        return _plain("dial" if luck < 0.6 else "dns")
    if cause == -1:
        return _plain("dial" if luck < 0.5 else "http")
    if luck < 0.04:  # a page that misleads
        return _page(f"edge{rng.integers(4)}", Fault.EDGE)
    luck = rng.random()
    if cause == -2:
        return _page(f"edge{rng.integers(4)}", Fault.ORIGIN) if luck < 0.4 else _plain("http")
    scope = faults[cause]
    if scope.product == "dns" or (scope.product is None and scope.provider.startswith("dns")):
        return _plain("dns" if luck < 0.85 else "dial")
    if scope.provider.startswith("edge"):
        if luck < 0.55:
            return _page(scope.provider, Fault.EDGE)
        return _page(scope.provider, Fault.ORIGIN, bare=True) if luck < 0.65 else _plain("dial")
    if scope.provider.startswith("cloud") and luck < 0.45:
        return _page(f"edge{rng.integers(4)}", Fault.ORIGIN)
    return _plain("http" if luck < 0.9 else "dial")


@lru_cache(maxsize=4096)
def _plain(layer: str) -> Mark:
    return Mark(layer)


@lru_cache(maxsize=4096)
def _page(provider: str, says: Fault, bare: bool = False) -> Mark:
    return Mark("http", (Signed(provider, "cdn", says, 0.9, "page", bare),), True)
