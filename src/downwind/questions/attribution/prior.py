"""What is believed before anything is heard: own rates, status posts, changes of one's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from downwind.questions.attribution.parameters import Parameters
from downwind.questions.suspects import Suspects
from downwind.solve.arrays import Floats
from downwind.terms import Scope

# Of 25 outages the first post came 16 minutes late in the median, and from 2 to 121 (Metrist,
# 2022-10 to 2023-03): a page that is green says next to nothing.
_POSTED = {"none": -0.1, "maintenance": 1.5, "minor": 1.5, "major": 3.0, "critical": 4.0}
_CHANGED = 3.4
"""A fresh change of one's own makes a fault of one's own some thirty times as likely."""
_FRESH = 2 * 3600.0
"""After so many seconds half of that is left."""
_MOST_OWN = 0.2


@dataclass(frozen=True, slots=True)
class Post:
    """What a provider's status page says of a scope now."""

    scope: Scope
    level: str
    """none (green), maintenance, minor, major or critical."""


@dataclass(frozen=True, slots=True)
class Change:
    """A deploy, a change of dependency or a maintenance of one's own or of a provider."""

    subject: str
    """A service, a node of the graph, or * for all services."""
    age: float
    """Seconds since it began."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnRates:
    """How often each service fails by itself, learned from rounds; a flapping one comes to fail
    often, and so stops to matter."""

    failed: Mapping[str, float]
    """Per service its decayed count of rounds in which it failed by itself."""
    rounds: float = 0.0
    """Decayed count of rounds."""

    def after(self, failing: Collection[str], half_life: float = 2880.0) -> OwnRates:
        """With one round more, in which these services failed by themselves; the half-life is in
        rounds."""
        kept = 0.5 ** (1 / half_life)
        counts = {name: n * kept for name, n in self.failed.items() if n * kept > 1e-3}
        for name in failing:
            counts[name] = counts.get(name, 0.0) + 1.0
        return replace(self, failed=counts, rounds=self.rounds * kept + 1.0)

    def of(self, services: Sequence[str], usual: float, weight: float = 500.0) -> Floats:
        """The rate of each service; `usual` counts as much as `weight` rounds."""
        failed = np.array([self.failed.get(name, 0.0) for name in services])
        return np.asarray((usual * weight + failed) / (weight + self.rounds))


NOTHING_LEARNED = OwnRates({})


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Before the witnesses speak."""

    causes: Floats
    """Per cause the log of how likely it is to be at fault at any moment."""
    rise: Floats
    """Per cause how much that log rises where it is known that somebody is at fault."""
    own: Floats
    """Per service how likely it is to fail by itself."""


def believe(
    suspects: Suspects,
    how: Parameters,
    rates: OwnRates = NOTHING_LEARNED,
    posts: Sequence[Post] = (),
    changes: Sequence[Change] = (),
) -> Prior:
    """Priors with what the status pages say and what was changed."""
    causes = np.full(len(suspects.names), np.log(how.prior))
    own = np.log(rates.of(suspects.falls.services, how.own_rate))
    for number, odds in _posted(suspects, posts).items():
        causes[number] += odds
    service = {name: number for number, name in enumerate(suspects.falls.services)}
    for change in changes:
        odds = _CHANGED * 0.5 ** (max(change.age, 0.0) / _FRESH)
        if change.subject == "*":
            own += odds
        elif change.subject in service:
            own[service[change.subject]] += odds
        elif change.subject in suspects.number:
            causes[suspects.number[change.subject]] += odds
    scoped = np.array([scope is not None for scope in suspects.scopes], dtype=np.bool_)
    rise = np.where(scoped, np.log(how.prior_told / how.prior), 0.0)
    return Prior(causes, rise, np.minimum(np.exp(own), _MOST_OWN))


def _posted(suspects: Suspects, posts: Sequence[Post]) -> dict[int, float]:
    """Per suspect the log odds of the posts on it: the strongest, and half of one that is on a
    part of it only."""
    found: dict[int, float] = {}
    for post in posts:
        odds = _POSTED.get(post.level, 0.0)
        for number in (
            suspects.of_provider.get(post.scope.provider, np.zeros(0)).astype(int).tolist()
        ):
            scope = suspects.scopes[number]
            if scope is None:
                continue
            if post.scope.covers(scope):
                here = odds
            elif scope.covers(post.scope):
                here = odds / 2
            else:
                continue
            found[number] = here if number not in found else max(found[number], here)
    return found
