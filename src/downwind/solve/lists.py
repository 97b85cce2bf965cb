"""The arrays as plain lists, which Python walks faster, and the needs that use each node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.solve.arrays import Arrays


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """The columns of Arrays, row by row, with the reverse index of alternatives."""

    need_start: list[int]
    k: list[int]
    hard: list[bool]
    """Arrays.need_counts."""
    grace: list[float]
    owner: list[int]
    alt_start: list[int]
    alt: list[int]
    user_start: list[int]
    user: list[int]
    """user[user_start[n] : user_start[n + 1]] are the needs that node n is an alternative of."""

    def alternatives(self, need: int) -> list[int]:
        return self.alt[self.alt_start[need] : self.alt_start[need + 1]]

    def hard_needs(self, node: int) -> list[int]:
        return [q for q in range(self.need_start[node], self.need_start[node + 1]) if self.hard[q]]

    def users(self, node: int) -> list[int]:
        return self.user[self.user_start[node] : self.user_start[node + 1]]


def listed(arrays: Arrays) -> Lists:
    """Plain lists of the arrays, and the reverse index."""
    by_node = np.argsort(arrays.alt_node, kind="stable")
    starts = np.zeros(arrays.size + 1, dtype=np.int64)
    np.cumsum(np.bincount(arrays.alt_node, minlength=arrays.size), out=starts[1:])
    return Lists(
        need_start=arrays.need_start.tolist(),
        k=arrays.need_k.tolist(),
        hard=arrays.need_counts.tolist(),
        grace=arrays.need_grace.tolist(),
        owner=arrays.need_owner.tolist(),
        alt_start=arrays.alt_start.tolist(),
        alt=arrays.alt_node.tolist(),
        user_start=starts.tolist(),
        user=arrays.alt_need[by_node].tolist(),
    )
