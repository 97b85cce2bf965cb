"""What can take the nodes of an edge table down, and for how many hours a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from downwind.graph.tables import Table
from downwind.model.openpsa import OpenPsa
from downwind.questions.concentration import grains_of
from downwind.questions.risk import Risk, analyse
from downwind.questions.spread import find_cause, node_name
from downwind.solve.arrays import Arrays, Floats, Ints
from downwind.solve.compile import arrays_with_site
from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.cycles import acyclic
from downwind.solve.faulttree.of_arrays import NodeTree, reached_part, tree_of
from downwind.solve.faulttree.of_formulas import formulas_of_tree
from downwind.solve.losses import HOURS_A_YEAR, Spells, spells_of
from downwind.solve.prepared import prepare
from downwind.solve.propagate import propagate
from downwind.terms import CannotMeasure, UsageError

MOST_SITES = 200


@dataclass(frozen=True, slots=True)
class Exposure:
    """The risk of one node of a table."""

    risk: Risk
    hours_down: float | None
    """Expected hours a year, from lone faults: graces and recovery lags are counted."""
    unknown: str
    """Why there are no hours."""

    @property
    def judged(self) -> bool:
        """False where nothing below the node can fail; `risk.unknown` says why."""
        return self.risk.events > 0


def exposures(
    table: Table, nodes: Sequence[str], order: int, budget: Budget | None = None
) -> tuple[Exposure, ...]:
    """The risk of the named nodes; of all sites when none is named and they are few.

    Where the budget ends, what is known by then, and why there is no more; where it is interrupted,
    nothing of the nodes that come after.

    Raises UnknownCause for a name that is not there, UsageError where the sites are none or many
    and none is named.
    """
    if not nodes and not table.sites.size:
        raise UsageError(
            "The graph has no site: something needs every node.",
            todo="Name those that you ask for.",
        )
    if not nodes and table.sites.size > MOST_SITES:
        raise UsageError(
            f"The graph has {table.sites.size:,} sites.",
            todo="Name those that you ask for, or use --portfolio for all of them together.",
        )
    numbers = [find_cause(table, name) for name in nodes]
    numbers = numbers or list(range(table.core.size, table.size))
    chances, spells = chances_of(table), spells_of(table)
    budget = budget or Budget()
    return tuple(
        _exposure(table, node, chances, spells, order, budget)
        for node in numbers
        if not budget.interrupted
    )


def chances_of(table: Table) -> Floats | None:
    """The probability that each node itself is down, nan for those that cannot fail by
    themselves: p, else the share of the year by rate and duration. None where no table says."""
    spells = spells_of(table)
    p = np.full(table.size, np.nan) if table.p is None else table.p.copy()
    if spells is not None:
        share = np.minimum(1.0, spells.rate * spells.mean / HOURS_A_YEAR / 3600)
        p = np.where(np.isnan(p), share, p)
    return None if np.isnan(p).all() else p


def fault_tree(table: Table, name: str) -> OpenPsa:
    """What takes one node down as a fault tree of Open-PSA MEF; circles are unrolled.

    Raises UnknownCause for a name that is not there, CannotMeasure where nothing below it can fail,
    or where the unrolled tree would only bound it.
    """
    node = find_cause(table, name)
    chances = chances_of(table)
    tree, events, (part, top, _) = _tree(table, node, chances)
    if not events.size:
        raise CannotMeasure(f"there is no tree: {_why_unjudged(part, top)}.", where=name)
    flat = acyclic(tree.tree, tree.tops)
    if not flat.exact:
        raise CannotMeasure("its circles unroll to more gates than are kept.", where=name)
    gates = [f"gate-{number}" for number in range(flat.tree.gates)]
    gates[flat.tops[0]] = name
    names = [node_name(table, int(event)) for event in events]
    p = None if chances is None else chances[events]
    return formulas_of_tree(flat.tree, names, gates, p, flat.tops)


def _tree(
    table: Table, node: int, chances: Floats | None
) -> tuple[NodeTree, Ints, tuple[Arrays, int, Ints]]:
    """The fault tree of a node, the table's node that each event is, and the part that it reaches:
    its arrays, the node's number there, and the table's node behind each number."""
    arrays, top = arrays_with_site(table, node)
    reached, part = reached_part(arrays, [top])
    numbers = np.where(reached < table.core.size, reached, node)
    can_fail = _can_fail(table, numbers, node, chances)
    tree = tree_of(arrays, [top], reached[can_fail].tolist())
    events = np.where(tree.nodes < table.core.size, tree.nodes, node)
    return tree, events, (part, int(np.searchsorted(reached, top)), numbers)


def _exposure(
    table: Table,
    node: int,
    chances: Floats | None,
    spells: Spells | None,
    order: int,
    budget: Budget,
) -> Exposure:
    tree, events, (part, top, numbers) = _tree(table, node, chances)
    names = [node_name(table, int(event)) for event in events]
    p = None if chances is None else chances[events]
    risk = analyse(tree.tree, tree.tops[0], node_name(table, node), names, p, order, budget)
    if not risk.events:
        why = _why_unjudged(part, top)
        return Exposure(replace(risk, unknown=why), None, why)
    hours, unknown = _hours(part, top, numbers, spells)
    return Exposure(risk, hours, unknown)


def _why_unjudged(part: Arrays, top: int) -> str:
    if part.need_start[top] < part.need_start[top + 1]:
        return "nothing that it needs can fail by itself, as far as the table says"
    return "it has no hard need here, and falls only with itself"


def _can_fail(table: Table, numbers: Ints, node: int, chances: Floats | None) -> Ints:
    """Those that a table gives a chance; else every node but the top itself.

    A node that says only how fine the evidence is cannot fail.
    """
    if chances is not None:
        return np.flatnonzero(~np.isnan(chances[numbers]))
    return np.flatnonzero((numbers != node) & ~grains_of(table)[numbers])


def _hours(
    part: Arrays, top: int, numbers: Ints, spells: Spells | None
) -> tuple[float | None, str]:
    """Hours down a year by one fault at a time."""
    if spells is None:
        return None, "no node has a rate and a duration"
    known = np.flatnonzero(~np.isnan(spells.rate[numbers]))
    prepared = prepare(part)
    hours = 0.0
    for event in known.tolist():
        fallout = propagate(part, [event], inf, prepared=prepared)
        after = float(fallout.down_at[top])
        if after == inf:
            continue
        # Any end that comes after the fall has the same lags behind it.
        ended = propagate(part, [event], after + 1.0, prepared=prepared)
        lag = float(ended.back_at[top]) - (after + 1.0)
        one = int(numbers[event])
        if lag == inf:
            return inf, ""
        hours += spells.rate[one] * (spells.beyond(one, after) + lag * spells.share(one, after))
    return hours / 3600, ""
