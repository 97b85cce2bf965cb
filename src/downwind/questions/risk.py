"""What can take a node down: its cut sets, how likely it is, and which events matter most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from downwind.model.openpsa import OpenPsa
from downwind.solve.arrays import Floats
from downwind.solve.faulttree.bounds import WORK as BOUNDS_WORK
from downwind.solve.faulttree.bounds import bounds
from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.cycles import acyclic
from downwind.solve.faulttree.exact import Solved, solve
from downwind.solve.faulttree.of_formulas import probabilities, tree_of_formulas
from downwind.solve.faulttree.truncated import WORK as SEARCH_WORK
from downwind.solve.faulttree.truncated import FewEvents, few_events
from downwind.solve.faulttree.types import Chance, FaultTree
from downwind.terms import UnknownCause

MOST_LISTED = 10_000
SEARCH_SECONDS, BOUNDS_SECONDS = 10.0, 5.0
"""About how long all the work of either takes."""


@dataclass(frozen=True, slots=True)
class Worth:
    """How much one event matters; the last four are shares and ratios of the top's probability."""

    event: str
    p: float
    birnbaum: float
    """P(top | event) - P(top | not event)."""
    criticality: float
    """The share of P(top) that goes when the event never happens."""
    fussell_vesely: float
    """P(event | top): how likely it is that the event has happened when the top has."""
    achievement: float
    """P(top | event) / P(top)."""
    reduction: float
    """P(top) / P(top | not event); inf where nothing is left."""


@dataclass(frozen=True, slots=True)
class Risk:
    """The answer for one top: a node, or a gate of a fault tree."""

    top: str
    events: int
    """How many events it depends on can happen by themselves."""
    by_order: tuple[int, ...]
    """by_order[i]: how many minimal cut sets have i events."""
    complete: bool
    """False where only those of up to len(by_order) - 1 events were counted."""
    cut_sets: tuple[tuple[str, ...], ...]
    """Those of up to `order` events, fewest events first; at most MOST_LISTED."""
    order: int
    chance: Chance | None
    unknown: str
    """Why there is no probability, or none that is exact."""
    repaired_by: str | None
    """An event that can make the top false by happening: the tree is not coherent. Its cut sets are
    then the least sets of events that make the top true when nothing else happens (the positive
    parts of its prime implicants); with further events they may not."""
    importance: tuple[Worth, ...]
    """By what the top's probability loses with the event; empty where it is not exact."""

    @property
    def minimal_cut_sets(self) -> int | None:
        """How many there are in all; None where not all were counted."""
        return sum(self.by_order) if self.complete else None

    @property
    def single_points(self) -> tuple[str, ...]:
        """The events that are enough alone."""
        return tuple(cut[0] for cut in self.cut_sets if len(cut) == 1)


def risk_of_formulas(
    model: OpenPsa, tops: Sequence[str], order: int, budget: Budget | None = None
) -> tuple[Risk, ...]:
    """The risk of gates of a fault tree; of those that no other gate refers to when none is named.

    Where the budget ends, what is known by then, and why there is no more; where it is interrupted,
    nothing of the gates that come after.

    Raises UnknownCause for a gate that is not there, ModelError for a tree with `not` that is too
    large for a diagram.
    """
    tree, gates, names = tree_of_formulas(model)
    wanted = tuple(tops) or model.tops
    missing = next((top for top in wanted if top not in gates), None)
    if missing is not None:
        known = ", ".join(model.tops[:5])
        raise UnknownCause(f"no gate is called {missing!r}.", todo=f"Top gates: {known}.")
    p = probabilities(model)
    budget = budget or Budget()
    return tuple(
        analyse(tree, gates[top], top, names, p, order, budget)
        for top in wanted
        if not budget.interrupted
    )


def analyse(
    tree: FaultTree,
    gate: int,
    top: str,
    names: Sequence[str],
    p: Floats | None,
    order: int,
    budget: Budget | None = None,
) -> Risk:
    """Cut sets and probability of one gate, exact where it fits; `p` may hold nan for unknown."""
    budget = budget or Budget()
    flat = acyclic(tree, [gate])
    solved = solve(flat.tree, flat.tops[0], budget=budget) if flat.exact else None
    counts, complete, cuts = _cuts(flat.tree, flat.tops[0], solved, order, budget)
    chance, unknown = (None, "no event has a probability")
    if p is not None and not np.isnan(p).all():
        chance, unknown = _chance(tree, gate, solved, p, budget)
    repairs = solved.repaired_by if solved is not None else None
    exact = solved is not None and chance is not None and not unknown
    return Risk(
        top=top,
        events=_events_below(flat.tree, flat.tops[0]),
        by_order=counts if flat.exact else (),
        complete=complete and flat.exact,
        cut_sets=tuple(tuple(names[e] for e in cut) for cut in cuts) if flat.exact else (),
        order=order,
        chance=chance,
        unknown=unknown,
        repaired_by=names[repairs] if repairs is not None else None,
        importance=_importance(solved, names, p) if exact and solved and p is not None else (),
    )


def _cuts(
    tree: FaultTree, gate: int, solved: Solved | None, order: int, budget: Budget
) -> tuple[tuple[int, ...], bool, list[tuple[int, ...]]]:
    """Counts by order, whether these are all, and those of few events."""
    if solved is not None and solved.cuts is not None:
        listed = solved.list_cuts(order, MOST_LISTED)
        return solved.cuts.by_order, True, listed or []
    few = _few_events(tree, gate, order, budget)
    kept = [cut for cut in few.cuts if len(cut) <= few.complete_to]
    return few.counted.by_order, False, kept[:MOST_LISTED]


def load_searches() -> None:
    """Load what is compiled for trees that do not fit, so that it is there when time is up."""
    tree = FaultTree(
        events=3,
        start=np.array([0, 2, 4, 6]),
        at_least=np.array([2, 1, 1], dtype=np.int32),
        inputs=np.array([4, 5, 0, 1, 0, 2], dtype=np.int32),
        negated=np.zeros(6, dtype=np.bool_),
        from_outside=np.zeros(3, dtype=np.bool_),
    )
    few_events(tree, 0, 2)
    bounds(tree, 0, np.full(3, 0.5))


def _few_events(tree: FaultTree, gate: int, order: int, budget: Budget) -> FewEvents:
    work = budget.work(SEARCH_WORK, SEARCH_SECONDS)
    found = budget.run("cut sets of few events", lambda: few_events(tree, gate, order, work=work))
    if found is not None:
        return found
    return few_events(tree, gate, order, work=budget.work(SEARCH_WORK, SEARCH_SECONDS))


def _chance(
    tree: FaultTree, gate: int, solved: Solved | None, p: Floats, budget: Budget
) -> tuple[Chance | None, str]:
    """The probability or bounds on it, and why it is not exact."""
    least, most = np.nan_to_num(p, nan=0.0), np.nan_to_num(p, nan=1.0)
    lower = None if solved is None else solved.chance(least)
    upper = None if solved is None else solved.chance(most)
    if lower is not None and upper is not None:
        missing = int(np.isnan(p).sum())
        if lower == upper or not missing:
            return Chance(lower, lower), ""
        return Chance(lower, upper), f"{missing} events have no probability: from 0 to 1 assumed"
    why = budget.why or "the decision diagram does not fit"
    floor, ceiling = (acyclic(tree, [gate], if_too_large=large) for large in (False, True))
    lower = _bounds(floor.tree, floor.tops[0], least, budget).lower
    upper = _bounds(ceiling.tree, ceiling.tops[0], most, budget).upper
    if lower == upper:
        return Chance(lower, upper), ""
    return Chance(lower, upper), f"{why}: these are bounds"


def _bounds(tree: FaultTree, gate: int, p: Floats, budget: Budget) -> Chance:
    work = budget.work(BOUNDS_WORK, BOUNDS_SECONDS)
    found = budget.run("bounds", lambda: bounds(tree, gate, p, work=work))
    if found is not None:
        return found
    return bounds(tree, gate, p, work=budget.work(BOUNDS_WORK, BOUNDS_SECONDS))


def _importance(solved: Solved, names: Sequence[str], p: Floats) -> tuple[Worth, ...]:
    known = np.nan_to_num(p, nan=0.0)
    found = solved.importance(known)
    if found is None:
        return ()
    rows = [
        Worth(
            event=names[event],
            p=float(known[event]),
            birnbaum=float(found.birnbaum[event]),
            criticality=float(found.criticality[event]),
            fussell_vesely=float(known[event] * found.achievement[event]) if known[event] else 0.0,
            achievement=float(found.achievement[event]),
            reduction=float(found.reduction[event]),
        )
        for event in np.flatnonzero(~np.isnan(found.birnbaum)).tolist()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.criticality, row.event)))


def _events_below(tree: FaultTree, gate: int) -> int:
    seen = {tree.events + gate}
    fringe = [tree.events + gate]
    while fringe:
        here = fringe.pop() - tree.events
        inputs = set(tree.inputs[tree.start[here] : tree.start[here + 1]].tolist()) - seen
        seen |= inputs
        fringe.extend(code for code in inputs if code >= tree.events)
    return sum(code < tree.events for code in seen)
