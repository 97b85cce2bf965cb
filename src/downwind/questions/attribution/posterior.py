"""How likely each hypothesis is, and down to which grain of a provider the evidence leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from downwind.questions.suspects import Suspects
from downwind.solve.arrays import Flags, Floats, Ints
from downwind.terms import Scope

NOBODY = -1
SUSPECTED = 0.5
SEPARATES = 10.0
"""Odds that separate a part from the whole: strong evidence, by the usual reading."""
_NEGLIGIBLE, _MOST = 10.0, 1000
"""Hypotheses so many nats below the best one are left out, and all beyond so many."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Hypotheses, the best first, and the probability of each."""

    members: Ints
    """int[hypotheses, 4]: suspects, and behind them the places; rising, NOBODY before them."""
    mass: Floats
    """float[hypotheses]; it sums to 1."""

    @classmethod
    def of(cls, members: Ints, scores: Floats, temperature: float = 1.0) -> Posterior:
        """From log scores of hypotheses, the empty one among them; of repeats the best counts."""
        kept = scores > scores.max() - _NEGLIGIBLE * temperature
        members, scores = np.sort(members[kept], axis=1), scores[kept]
        order = np.lexsort((*members.T, -scores))
        _, first = np.unique(members[order], axis=0, return_index=True)
        order = order[np.sort(first)][:_MOST]
        members, scores = members[order], scores[order] / temperature
        mass = np.exp(scores - scores.max())
        return cls(members, mass / mass.sum())

    @property
    def best(self) -> tuple[int, ...]:
        """The suspects of the likeliest hypothesis."""
        return tuple(m for m in self.members[0].tolist() if m != NOBODY)

    @property
    def empty(self) -> float:
        """That nobody of them is at fault."""
        return float(self.mass[(self.members == NOBODY).all(axis=1)].sum())

    def of_any(self, wanted: Callable[[int], bool]) -> float:
        """That one of the wanted suspects is at fault, alone or with others."""
        return float(self.mass[self.holding(wanted)].sum())

    def holding(self, wanted: Callable[[int], bool]) -> Flags:
        """bool[hypotheses]: it holds one of the wanted suspects."""
        known = {m: wanted(m) for m in np.unique(self.members).tolist() if m != NOBODY}
        yes = np.array([m for m, is_wanted in known.items() if is_wanted], dtype=np.int64)
        return np.asarray(np.isin(self.members, yes).any(axis=1))

    def of_each(self) -> dict[int, float]:
        """Each suspect that is in some hypothesis: that it is at fault."""
        found: dict[int, float] = {}
        for members, mass in zip(self.members.tolist(), self.mass.tolist(), strict=True):
            for member in members:
                if member != NOBODY:
                    found[member] = found.get(member, 0.0) + mass
        return found


def by_scope(posterior: Posterior, suspects: Suspects) -> dict[Scope, float]:
    """Confidence of each scope: all hypotheses that hold it or something inside it."""
    found: dict[Scope, float] = {}
    for members, mass in zip(posterior.members.tolist(), posterior.mass.tolist(), strict=True):
        scopes = {s for m in members if 0 <= m < len(suspects.names) for s in suspects.within[m]}
        for scope in scopes:
            found[scope] = found.get(scope, 0.0) + mass
    return found


def finest(
    posterior: Posterior,
    suspects: Suspects,
    confidence: dict[Scope, float],
    top: Scope,
    members: Sequence[int],
) -> Scope:
    """Down from a provider as long as the evidence separates one part that covers the members.

    It does where the part is likelier than not, and the best explanation inside it is SEPARATES
    times as likely as the best one outside it.
    """
    common = frozenset.intersection(*(suspects.within[m] for m in members))
    here = top
    while True:
        parts = [
            part
            for part in common
            if confidence[part] >= SUSPECTED
            and here in part.wider()
            and _separated(posterior, suspects, part, here)
        ]
        if not parts:
            return here
        here = max(parts, key=lambda scope: (confidence[scope], str(scope)))


def _separated(posterior: Posterior, suspects: Suspects, part: Scope, whole: Scope) -> bool:
    many = len(suspects.names)
    within = posterior.holding(lambda m: m < many and part in suspects.within[m])
    beside = posterior.holding(lambda m: m < many and whole in suspects.within[m]) & ~within
    best = posterior.mass.max(initial=0.0, where=within)
    return bool(best >= SEPARATES * posterior.mass.max(initial=0.0, where=beside))
