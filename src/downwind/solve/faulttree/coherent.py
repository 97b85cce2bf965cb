"""A fault tree as bounds and cut sets want it: from the bottom up, and without opposites."""

from __future__ import annotations

import numpy as np

from downwind.solve.faulttree.diagrams.simplify import CIRCLE, Net, simplify
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError


def coherent(tree: FaultTree, top: int) -> Net:
    """What the gate `top` comes down to, from the bottom up; opposites of opposites are gone.

    Raises ModelError where the tree goes round, and where the opposite of an event counts.
    """
    net = simplify(tree.events, tree.start, tree.at_least, tree.inputs, tree.negated, top)
    if net.top == CIRCLE:
        raise ModelError(
            "the fault tree goes round.", where=f"gate {top}", todo="Make it acyclic first."
        )
    codes = net.inputs if net.top >= 2 * net.events else np.array([net.top])
    opposites = codes[(codes >= 0) & (codes % 2 == 1)]
    if len(opposites):
        event = int(opposites[0]) // 2
        raise ModelError(
            f"the opposite of event {event} counts, so its failure may repair the top.",
            where=f"gate {top}",
            todo="Bounds and truncated cut sets are for trees without `not`.",
        )
    return net
