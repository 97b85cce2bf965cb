"""How likely it is that two fall together by chance, and how much likelier by a shared need.

Two null models, and the one that makes chance likelier counts:

- **by the clock**: each falls on its own share of the occasions (hypergeometric);
- **by the company**: falls come in bursts of their own accord, and who falls in a burst is drawn
  by how often each falls at all (the configuration model of the bipartite graph of falls and
  occasions). Occasions on which both fell are left out of its measure of burstiness, since they
  are what is to be explained.

Under a shared need, the share of common occasions may be anything (uniform prior).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one pair: on how many occasions each fell, and both."""

    first: int
    second: int
    both: int

    @property
    def any(self) -> int:
        return self.first + self.second - self.both


@dataclass(frozen=True, slots=True)
class Bursts:
    """How falls crowd: over some occasions, the sum of s and that of s(s-1), s falls each."""

    falls: int = 0
    ordered_pairs: int = 0

    def without(self, other: Bursts) -> Bursts:
        return Bursts(self.falls, self.ordered_pairs - other.ordered_pairs)


def by_chance(counts: Counts, occasions: int, bursts: Bursts) -> float:
    """The probability that two that have nothing to do with each other fall together as often."""
    clock = hypergeometric_tail(counts, max(occasions, counts.any))
    return min(1.0, max(clock, poisson_tail(counts.both, _by_company(counts, bursts))))


def likelihood_ratio(counts: Counts, occasions: int, bursts: Bursts) -> float:
    """P(so many together | a shared need) / P(so many together | none)."""
    mean = max(
        counts.first * counts.second / max(occasions, counts.any), _by_company(counts, bursts)
    )
    share = min(0.5, max(mean / counts.any, 1e-12))
    log_none = (
        _log_choose(counts.any, counts.both)
        + counts.both * math.log(share)
        + (counts.any - counts.both) * math.log1p(-share)
    )
    log_shared = -math.log(counts.any + 1)
    return math.exp(min(700.0, log_shared - log_none))


def posterior(ratio: float, pairs: int) -> float:
    """The probability of a shared need, where one is expected among so many pairs."""
    odds = ratio / max(1, pairs)
    return odds / (1 + odds)


def hypergeometric_tail(counts: Counts, occasions: int) -> float:
    """P(at least `both` in common) of two random subsets of the occasions."""
    first, second = counts.first, counts.second
    total = _log_choose(occasions, second)
    most = min(first, second)
    least = max(counts.both, first + second - occasions)
    terms = [
        _log_choose(first, k) + _log_choose(occasions - first, second - k) - total
        for k in range(least, most + 1)
    ]
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def poisson_tail(count: int, mean: float) -> float:
    """P(at least `count`) of a Poisson variable; 1 where that is no more than is expected."""
    if count <= mean or count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    total = 0.0
    k = count
    while True:
        total += term
        k += 1
        term *= mean / k
        if term <= total * 1e-12:
            return min(1.0, total)


def _by_company(counts: Counts, bursts: Bursts) -> float:
    """How often both are expected in one burst, if who is in it is drawn by lot."""
    if bursts.falls <= 0:
        return 0.0
    return counts.first * counts.second * bursts.ordered_pairs / bursts.falls**2


def _log_choose(n: int, k: int) -> float:
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
