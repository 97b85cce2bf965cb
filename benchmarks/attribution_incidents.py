"""Simulated incidents: what fails, and what the probes of three vantages say, one of them bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from attribution_marks import looks
from attribution_worlds import Pair
from numpy.typing import NDArray

from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.suspects import Suspects
from downwind.terms import Scope

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


@dataclass(frozen=True)
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

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The rows of the true graph that are probed: capabilities and names."""
        falls = self.true.falls
        names = np.array([name.startswith("name:") for name in falls.rows], dtype=np.bool_)
        return np.flatnonzero(names | (falls.service >= 0))

    @cached_property
    def named(self) -> Flags:
        """Per row that is probed whether it is a name."""
        return np.asarray(self.true.falls.service[self.rows] < 0)

    @cached_property
    def nodes(self) -> list[str]:
        """What is probed, once for each vantage."""
        return [self.true.falls.rows[row] for row in self.rows.tolist() for _ in VANTAGES]

    @cached_property
    def dependants(self) -> NDArray[np.int64]:
        """Per scope how many capabilities fall with it alone."""
        found = [_capabilities(self.true, self.true.falls.of(n)).size for n in self.scopes]
        return np.array(found)

    def inside(self, fault: Scope, scope: Scope) -> bool:
        """Whether the fault lies inside the scope, or the same nodes fall with both."""
        number, falls = self.true.number_of_scope, self.true.falls
        if scope.covers(fault) or scope not in number:
            return scope.covers(fault)
        return bool(np.array_equal(falls.of(number[fault]), falls.of(number[scope])))


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
    many = watched.dependants
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
    alpha, beta = min(0.2, ALPHA * _off(rng)), min(0.2, BETA * _off(rng))
    bad, badness = rng.integers(len(VANTAGES)), rng.uniform(0.2, 1.0)
    of_row = cause[watched.rows]
    probes = (len(of_row), len(VANTAGES), ROUNDS)
    blind = rng.random(probes) < badness
    blind[:, np.arange(len(VANTAGES)) != bad] = False
    chance = np.where(of_row == -1, alpha, 1 - beta)[:, None, None]
    fails = (rng.random(probes) < chance) | blind
    weight = 0.5 ** (np.arange(ROUNDS) / HALF_LIFE)
    f, h = (fails @ weight).reshape(-1), (~fails @ weight).reshape(-1)
    return Testimony(
        watched.nodes,
        VANTAGES * len(of_row),
        f * np.log(ALPHA) + h * np.log(1 - ALPHA),
        f * np.log(1 - BETA) + h * np.log(BETA),
        looks(watched.named, of_row, faults, fails, blind, rng),
    )
