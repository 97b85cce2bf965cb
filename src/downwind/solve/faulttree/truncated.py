"""Minimal cut sets of few events, all of them, also of trees whose diagram does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from downwind.solve.arrays import Ints
from downwind.solve.faulttree.bench import FORBIDDEN, Bench, new_bench
from downwind.solve.faulttree.coherent import coherent
from downwind.solve.faulttree.diagrams.simplify import ALWAYS, NEVER, Net
from downwind.solve.faulttree.hitting import cuts_of_order, gates_below
from downwind.solve.faulttree.types import Cuts, FaultTree

LIMIT = 100_000
WORK = 5_000_000_000
"""Inputs of gates looked at; some ten seconds."""

Cut = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FewEvents:
    """Minimal cut sets of few events."""

    cuts: tuple[Cut, ...]
    """Each sorted; fewest events first, then by number. Not all of those with more than
    `complete_to` events; of those, too, each is minimal."""
    complete_to: int
    """All that have up to so many events are there."""

    @property
    def counted(self) -> Cuts:
        """How many there are of each order that is complete."""
        sizes = np.bincount([len(cut) for cut in self.cuts], minlength=self.complete_to + 1)
        return Cuts(tuple(sizes[: self.complete_to + 1].tolist()), complete=False)


def few_events(
    tree: FaultTree, top: int, most: int, *, limit: int = LIMIT, work: int = WORK
) -> FewEvents:
    """The minimal cut sets of gate `top` that have up to `most` events.

    Stops where there are more than `limit`, or more than `work` would have to be done, and says
    by `complete_to` how far it came. The one cut set of a top that is always true is empty.

    Raises ModelError where the tree goes round or is not coherent.
    """
    net = coherent(tree, top)
    if net.top == NEVER:
        return FewEvents((), most)
    if net.top == ALWAYS:
        return FewEvents(((),), most)
    bench = new_bench(net, work)
    singles, gates = _parts(net, bench)
    cuts: set[Cut] = {(event,) for event in singles if most > 0}
    if len(cuts) > limit:
        return FewEvents(_sorted(cuts)[:limit], 0)
    for order in range(1, most + 1):
        found = np.zeros((limit + 1, order), dtype=np.int64)
        for gate in gates:
            below = np.sort(gates_below(net, bench, gate))
            rows, complete = cuts_of_order(net, bench, below, order, found)
            cuts |= _minimal(found[:rows], cuts)
            if not complete or len(cuts) > limit:
                return FewEvents(_sorted(cuts)[:limit], order - 1)
        bench.state[[cut[0] for cut in cuts if len(cut) == 1]] = FORBIDDEN
    return FewEvents(_sorted(cuts), most)


def single_points(tree: FaultTree, top: int) -> list[int]:
    """The events that make the gate true by themselves; sorted.

    Raises ModelError where the tree goes round or is not coherent.
    """
    return [cut[0] for cut in few_events(tree, top, 1, limit=tree.events).cuts if cut]


def _parts(net: Net, bench: Bench) -> tuple[list[int], list[int]]:
    """The events and gates of which any is enough, so that each can be asked by itself.

    The top alone where they have so much in common that asking each would take much longer.
    """
    events, gates = _ways_in(net)
    work = 0
    for gate in gates:
        work += len(gates_below(net, bench, gate))
        if work > 4 * len(net.at_least):
            return [], [net.top // 2 - net.events]
    return events, gates


def _ways_in(net: Net) -> tuple[list[int], list[int]]:
    """The events and the gates other than `or` to which only `or` leads from the top."""
    events: list[int] = []
    gates: list[int] = []
    seen = {net.top}
    fringe = [net.top]
    while fringe:
        code = fringe.pop()
        gate = code // 2 - net.events
        if gate < 0:
            events.append(code // 2)
        elif net.at_least[gate] > 1:
            gates.append(gate)
        else:
            inputs = net.inputs[net.start[gate] : net.start[gate + 1]].tolist()
            fringe.extend(set(inputs) - seen)
            seen.update(inputs)
    return sorted(events), sorted(gates)


def _minimal(rows: Ints, cuts: set[Cut]) -> set[Cut]:
    """The rows that hold no cut set of those known, which are all that have fewer events."""
    new = set(map(tuple, np.sort(rows, axis=1).tolist()))
    sizes = {len(cut) for cut in cuts} - {rows.shape[1]}
    return {
        cut
        for cut in new
        if all(cuts.isdisjoint(combinations(cut, size)) for size in sorted(sizes))
    }


def _sorted(cuts: Iterable[Cut]) -> tuple[Cut, ...]:
    return tuple(sorted(cuts, key=lambda cut: (len(cut), cut)))
