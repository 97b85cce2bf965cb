"""Tries the orders of variables with more and more room, until a diagram fits."""

from __future__ import annotations

import numpy as np

from downwind.solve.arrays import Ints
from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.diagrams.build import Diagrams, build
from downwind.solve.faulttree.diagrams.order import WAYS_FOR_FUNCTIONS, WAYS_FOR_SETS
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.diagrams.table import FULL

AT_ONCE = 2**14
"""Nodes at work in the first round, which ends in a tenth of a second and so is not watched."""
MORE = 8
"""Each further round has so many times the nodes, and tries the half of the orders that came
furthest in the last one."""


class Search:
    """The search for a diagram of one kind; it goes on where it stopped."""

    def __init__(self, net: Net, sets: bool, node_limit: int, budget: Budget) -> None:
        """With `sets` for one of the minimal cut sets, else for one of the function."""
        self._net = net
        self._sets = sets
        self._node_limit = node_limit
        self._budget = budget
        self._ways = np.array(WAYS_FOR_SETS if sets else WAYS_FOR_FUNCTIONS)
        self._room = min(AT_ONCE, node_limit)
        self._ended = False
        self._found: Diagrams | None = None

    def up_to(self, limit: int) -> Diagrams | None:
        """The diagrams; None where they do not fit into so many nodes at work, or time is up."""
        limit = min(limit, self._node_limit)
        while self._found is None and not self._ended and self._room <= limit:
            diagrams = self._round(self._room, self._ways)
            if diagrams is None:
                return None
            if diagrams.root[-1] != FULL:
                self._found = diagrams
                break
            self._ended = self._room == self._node_limit
            self._ways = diagrams.ways
            if self._room > AT_ONCE:
                self._ways = self._ways[: max(2, len(self._ways) // 2)]
            self._room = min(MORE * self._room, self._node_limit)
        return self._found

    def _round(self, room: int, ways: Ints) -> Diagrams | None:
        signal = self._budget.signal
        if room <= AT_ONCE:
            return build(self._net, self._sets, ways, room, signal)
        what = "cut sets" if self._sets else "decision diagram"
        return self._budget.run(what, lambda: build(self._net, self._sets, ways, room, signal))
