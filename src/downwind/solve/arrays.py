"""The graph as numbers: what the solver reads, checked once on the way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.terms import ModelError

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class NeedRow(NamedTuple):
    """One need, written by hand."""

    alternatives: Sequence[int]
    k: int = 1
    hard: bool = True
    grace: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Nodes 0..n-1, their needs, and the alternatives that meet each need."""

    need_start: Ints
    """The needs of node i are need_start[i] up to need_start[i + 1]; n + 1 entries."""
    need_k: Shorts
    """How many of a need's alternatives must stand."""
    need_hard: Flags
    """True where the node is down without the need, False where it is degraded."""
    need_grace: Floats
    """Seconds for which the node goes on after the need is lost; inf for a need never missed."""
    alt_start: Ints
    """The alternatives of need q are alt_start[q] up to alt_start[q + 1]."""
    alt_node: Shorts
    """The node that each alternative is; no repeats within a need."""
    recovery_lag: Floats
    """Seconds for which a node stays down after its needs are back."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def size(self) -> int:
        """The number of nodes."""
        return len(self.recovery_lag)

    @property
    def need_counts(self) -> Flags:
        """True for hard needs that can be missed: with a grace without end none is."""
        counts: Flags = self.need_hard & np.isfinite(self.need_grace)
        return counts

    @property
    def need_owner(self) -> Ints:
        """The node whose need each need is."""
        return np.repeat(np.arange(self.size, dtype=np.int64), np.diff(self.need_start))

    @property
    def alt_need(self) -> Ints:
        """The need that each alternative belongs to."""
        return np.repeat(np.arange(len(self.need_k), dtype=np.int64), np.diff(self.alt_start))

    @classmethod
    def build(
        cls,
        nodes: Iterable[Iterable[NeedRow | tuple[Sequence[int], *tuple[float, ...]]]],
        recovery_lag: Sequence[float] = (),
    ) -> Arrays:
        """Arrays from rows `(alternatives, k, hard, grace)`; repeated alternatives are merged."""
        needs = [[_merged(NeedRow(*row)) for row in rows] for rows in nodes]
        flat = [need for rows in needs for need in rows]
        return cls(
            need_start=_starts(len(rows) for rows in needs),
            need_k=np.array([need.k for need in flat], dtype=np.int32),
            need_hard=np.array([need.hard for need in flat], dtype=np.bool_),
            need_grace=np.array([need.grace for need in flat], dtype=np.float64),
            alt_start=_starts(len(need.alternatives) for need in flat),
            alt_node=np.array([a for need in flat for a in need.alternatives], dtype=np.int32),
            recovery_lag=np.array(recovery_lag or [0.0] * len(needs), dtype=np.float64),
        )


def check(arrays: Arrays) -> None:
    """Raise ModelError, naming the node and the need, where the arrays make no sense."""
    _check_starts("need_start", arrays.need_start, arrays.size, len(arrays.need_k))
    _check_starts("alt_start", arrays.alt_start, len(arrays.need_k), len(arrays.alt_node))
    if not len(arrays.need_k) == len(arrays.need_hard) == len(arrays.need_grace):
        raise ModelError("need_k, need_hard and need_grace differ in length.", where="arrays")
    if not (arrays.recovery_lag >= 0).all():
        node = int(np.flatnonzero(~(arrays.recovery_lag >= 0))[0])
        raise ModelError(
            f"the recovery lag is {arrays.recovery_lag[node]}; it must be 0 or more.",
            where=f"node {node}",
        )
    _check_needs(arrays)
    _check_alternatives(arrays)


def _check_starts(name: str, starts: Ints, rows: int, end: int) -> None:
    rises = len(starts) == rows + 1 and starts[0] == 0 and starts[-1] == end
    if not rises or (np.diff(starts) < 0).any():
        raise ModelError(f"{name} does not rise from 0 to {end} in {rows} steps.", where="arrays")


def _check_needs(arrays: Arrays) -> None:
    many = np.diff(arrays.alt_start)
    wrong = np.flatnonzero((arrays.need_k < 1) | (arrays.need_k > many))
    if len(wrong):
        need = int(wrong[0])
        raise ModelError(
            f"it asks for {arrays.need_k[need]} of {many[need]} alternatives.",
            where=_place(arrays, need),
            todo="k must be at least 1 and at most the number of different alternatives.",
        )
    wrong = np.flatnonzero(~(arrays.need_grace >= 0))
    if len(wrong):
        need = int(wrong[0])
        raise ModelError(
            f"its grace is {arrays.need_grace[need]}; it must be 0 or more.",
            where=_place(arrays, need),
        )


def _check_alternatives(arrays: Arrays) -> None:
    wrong = np.flatnonzero((arrays.alt_node < 0) | (arrays.alt_node >= arrays.size))
    if len(wrong):
        spot = int(wrong[0])
        raise ModelError(
            f"its alternative {arrays.alt_node[spot]} is no node; there are {arrays.size}.",
            where=_place(arrays, int(arrays.alt_need[spot])),
        )
    pairs = np.sort(arrays.alt_need * max(arrays.size, 1) + arrays.alt_node)
    again = np.flatnonzero(pairs[1:] == pairs[:-1])
    if len(again):
        need, node = divmod(int(pairs[again[0]]), arrays.size)
        raise ModelError(
            f"its alternative {node} is given more than once.",
            where=_place(arrays, need),
            todo="Merge repeated alternatives.",
        )


def _place(arrays: Arrays, need: int) -> str:
    node = int(arrays.need_owner[need])
    return f"node {node}, need {need - int(arrays.need_start[node])}"


def _merged(row: NeedRow) -> NeedRow:
    return row._replace(alternatives=tuple(dict.fromkeys(row.alternatives)))


def _starts(lengths: Iterable[int]) -> Ints:
    return np.cumsum(np.array([0, *lengths], dtype=np.int64), dtype=np.int64)
