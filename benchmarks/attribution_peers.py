"""What attribution is held against: largest provider, SCORE, and signatures alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from downwind.questions.attribution.heard import Heard, Testimony
from downwind.questions.suspects import Suspects
from downwind.terms import Fault, Scope

Flags = NDArray[np.bool_]


def _failing(suspects: Suspects, heard: Heard) -> Flags:
    """Per row of the suspects' a capability that fails by the vantages taken together."""
    fails = np.zeros(len(suspects.falls.rows), dtype=np.bool_)
    fails[heard.row] = heard.fails
    return np.asarray(fails & (suspects.falls.service >= 0))


def _providers(suspects: Suspects) -> list[int]:
    return [n for n, scope in enumerate(suspects.scopes) if scope]


def largest(suspects: Suspects, heard: Heard) -> set[str]:
    """The provider with which the most of those who fail would fall."""
    fails = _failing(suspects, heard)
    found: Counter[str] = Counter()
    for cause in _providers(suspects):
        scope = suspects.scopes[cause]
        if scope and not scope.wider():
            found[scope.provider] = int(fails[suspects.falls.of(cause)].sum())
    if not found or not max(found.values()):
        return set()
    return {found.most_common(1)[0][0]}


def score(suspects: Suspects, heard: Heard, threshold: float, least: int) -> set[str]:
    """SCORE (Kompella, Yates, Greenberg and Snoeren, 2005): of the groups of which `threshold`
    fails, take the one that covers most, again and again; at least `least` newly covered."""
    fails = _failing(suspects, heard)
    watched = np.zeros(len(fails), dtype=np.bool_)
    watched[heard.row] = True
    watched &= suspects.falls.service >= 0
    groups = []
    for cause in _providers(suspects):
        rows = suspects.falls.of(cause)
        rows = rows[watched[rows]]
        if len(rows) and fails[rows].mean() >= threshold:
            groups.append((cause, rows))
    left, named = fails.copy(), set()
    for _ in range(3):
        best = max(groups, key=lambda g: (int(left[g[1]].sum()), -len(g[1])), default=None)
        if best is None or int(left[best[1]].sum()) < least:
            break
        scope = suspects.scopes[best[0]]
        assert isinstance(scope, Scope)
        named.add(scope.provider)
        left[best[1]] = False
    return named


def signatures(said: Testimony, threshold: float) -> set[str]:
    """The providers that own pages of the edge blame, where they are so many of all marks."""
    marks = [mark for some in said.marks for mark in some if mark.layer in ("http", "expect")]
    blamed = Counter(
        mark.signs[0].provider for mark in marks if mark.signs and mark.signs[0].says is Fault.EDGE
    )
    return {name for name, many in blamed.items() if many >= max(3, threshold * len(marks))}
