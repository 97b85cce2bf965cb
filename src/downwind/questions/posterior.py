"""How likely each hypothesis is, and down to which grain of a provider the evidence leads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from downwind.terms import Scope

Floats = NDArray[np.float64]

NOBODY = -1
SUSPECTED = 0.5
SEPARATES = 10.0
"""Odds that separate a part from the whole: strong evidence, by the usual reading."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Hypotheses of up to two suspects, the empty one first, and the probability of each."""

    pairs: NDArray[np.int64]
    """int[hypotheses, 2]: columns of suspects; NOBODY where there is no second, or no first."""
    mass: NDArray[np.float64]
    """float[hypotheses]; it sums to 1."""

    @classmethod
    def of(
        cls, single: NDArray[np.float64], twos: Mapping[int, NDArray[np.float64]]
    ) -> "Posterior":
        """From log scores: of each suspect alone, and of each with one of a few others.

        The empty hypothesis scores 0.
        """
        count = len(single)
        columns = np.arange(count)
        pairs = [np.array([[NOBODY, NOBODY]]), np.stack([columns, np.full(count, NOBODY)], 1)]
        scores = [np.zeros(1), single]
        for first, score in twos.items():
            # A pair of two of the few is scored from both sides; the better one counts.
            others = np.array([c != first and (c not in twos or c > first) for c in columns])
            best = score.copy()
            for other, back in twos.items():
                best[other] = max(best[other], back[first])
            pairs.append(np.stack([np.full(count, first), columns], 1)[others])
            scores.append(best[others])
        score = np.concatenate(scores)
        mass = np.exp(score - score.max())
        return cls(np.concatenate(pairs), mass / mass.sum())

    @property
    def empty(self) -> float:
        """That nobody of them is at fault."""
        return float(self.mass[0])

    def of_each(self, count: int) -> NDArray[np.float64]:
        """float[suspects]: that this one is at fault, alone or with another."""
        total = np.zeros(count)
        for side in (0, 1):
            held = self.pairs[:, side] >= 0
            np.add.at(total, self.pairs[held, side], self.mass[held])
        return total

    def holding(self, suspects: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool[hypotheses]: it holds one of these suspects."""
        padded = np.concatenate([suspects, [False]])  # NOBODY is the last place
        return np.asarray(padded[self.pairs[:, 0]] | padded[self.pairs[:, 1]])


def by_scope(posterior: Posterior, inside: Mapping[Scope, NDArray[np.bool_]]) -> dict[Scope, float]:
    """Confidence of each scope: all hypotheses that hold it or something inside it."""
    return {
        scope: float(posterior.mass[posterior.holding(suspects)].sum())
        for scope, suspects in inside.items()
    }


def finest(
    posterior: Posterior,
    inside: Mapping[Scope, NDArray[np.bool_]],
    confidence: Mapping[Scope, float],
) -> Scope | None:
    """Down from the likeliest provider as long as the evidence separates one part of it.

    It does where the part is likelier than not, and the best explanation inside it is SEPARATES
    times as likely as the best one outside it.
    """
    tops = [scope for scope in confidence if not scope.wider()]
    if not tops:
        return None
    here = max(tops, key=lambda scope: (confidence[scope], str(scope)))
    while True:
        parts = [
            part
            for part in confidence
            if confidence[part] >= SUSPECTED
            and here in part.wider()
            and _separated(posterior, inside[part], inside[here])
        ]
        if not parts:
            return here
        here = max(parts, key=lambda scope: (confidence[scope], str(scope)))


def _separated(posterior: Posterior, part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> bool:
    within = posterior.holding(part)
    beside = posterior.holding(whole) & ~within
    best = posterior.mass.max(initial=0.0, where=within)
    return bool(best >= SEPARATES * posterior.mass.max(initial=0.0, where=beside))
