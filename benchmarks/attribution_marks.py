"""How the failing probes of a simulated incident look, at rates that the method does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from downwind.catalog import Signed
from downwind.questions.witnesses import Mark
from downwind.terms import Fault, Scope

Flags = NDArray[np.bool_]
Looks = Mapping[Mark, float]
"""Marks with their shares, which sum to 1."""

DIAL, DNS, HTTP = Mark("dial"), Mark("dns"), Mark("http")
MISLEADING = 0.04
"""The share of a fallen node's failing probes that show an edge's page for no reason."""


def page(provider: str, says: Fault, bare: bool = False) -> Mark:
    """An error page of a provider's edge."""
    return Mark("http", (Signed(provider, "cdn", says, 0.9, "page", bare),), True)


_AN_EDGE = tuple(f"edge{i}" for i in range(4))
_BLAMING_THE_ORIGIN = {page(edge, Fault.ORIGIN): 1 / len(_AN_EDGE) for edge in _AN_EDGE}
_BLAMING_ITSELF = {page(edge, Fault.EDGE): 1 / len(_AN_EDGE) for edge in _AN_EDGE}
_NAME: Looks = {DNS: 1.0}
_BLIND: Looks = {DIAL: 0.6, DNS: 0.4}
_NOISE: Looks = {DIAL: 0.5, HTTP: 0.5}


def _mixed(*parts: tuple[float, Looks]) -> Looks:
    found: dict[Mark, float] = {}
    for share, looks_ in parts:
        for mark, many in looks_.items():
            found[mark] = found.get(mark, 0.0) + share * many
    return found


_OWN: Looks = _mixed((0.4, _BLAMING_THE_ORIGIN), (0.6, {HTTP: 1.0}))


def _of(scope: Scope) -> Looks:
    """Under a fault of this scope, misleading pages left out."""
    if scope.product == "dns" or (scope.product is None and scope.provider.startswith("dns")):
        return {DNS: 0.85, DIAL: 0.15}
    if scope.provider.startswith("edge"):
        own, bare = page(scope.provider, Fault.EDGE), page(scope.provider, Fault.ORIGIN, bare=True)
        return {own: 0.55, bare: 0.1, DIAL: 0.35}
    if scope.provider.startswith("cloud"):
        return _mixed((0.45, _BLAMING_THE_ORIGIN), (0.55, {HTTP: 9 / 11, DIAL: 2 / 11}))
    return {HTTP: 0.9, DIAL: 0.1}


def looks(
    named: Flags,
    cause: NDArray[np.int64],
    faults: Sequence[Scope],
    fails: Flags,
    blind: Flags,
    rng: np.random.Generator,
) -> list[tuple[Mark, ...]]:
    """Per node and vantage the marks of its failing probes.

    `named` and `cause` are per node: whether it is a name, and with which fault it fell (-1 none,
    -2 its own). `fails` and `blind` are bool[nodes, vantages, rounds].
    """
    kinds = [_NAME, _BLIND, _NOISE]
    kinds += [_mixed((MISLEADING, _BLAMING_ITSELF), (1 - MISLEADING, own)) for own in
              (_OWN, *map(_of, faults))]  # fmt: skip
    usual = np.where(cause == -1, 2, np.where(cause == -2, 3, cause + 4))
    kind = np.where(blind, 1, usual[:, None, None])
    kind[named] = 0
    at = np.flatnonzero(fails)
    of_probe, luck = kind.reshape(-1)[at], rng.random(len(at))
    found: list[list[Mark]] = [[] for _ in range(fails.shape[0] * fails.shape[1])]
    marks: list[Mark | None] = [None] * len(at)
    for number, some in enumerate(kinds):
        here = np.flatnonzero(of_probe == number)
        edges = np.cumsum(list(some.values()))[:-1]
        known = list(some)
        for place, chosen in zip(
            here.tolist(), np.searchsorted(edges, luck[here], side="right").tolist(), strict=True
        ):
            marks[place] = known[chosen]
    for witness, mark in zip((at // fails.shape[2]).tolist(), marks, strict=True):
        assert mark is not None
        found[witness].append(mark)
    return [tuple(some) for some in found]
