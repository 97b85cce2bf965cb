"""A fault tree made as small as it gets before diagrams are built."""

from __future__ import annotations

from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.faulttree.diagrams.absorb import absorb
from downwind.solve.faulttree.diagrams.modules import gather
from downwind.solve.faulttree.diagrams.simplify import Net, simplify
from downwind.solve.jit import jit

ROUNDS = 8
LITTLE = 64
"""A round that takes away less than one input in so many is the last."""


@jit
def reduce(
    events: int, start: Ints, at_least: Shorts, inputs: Shorts, negated: Flags, top: int
) -> Net:
    """The net of a gate, with what goes together gathered; a constant or CIRCLE in `top`."""
    net = simplify(events, start, at_least, inputs, negated, top)
    for _ in range(ROUNDS):
        if net.top < 0:
            return net
        start, at_least, inputs, negated, top, gone = absorb(net)
        net = simplify(events, start, at_least, inputs, negated, top)
        if LITTLE * gone <= len(inputs):
            break
    return net if net.top < 0 else gather(net)
