"""Who falls in an edge table if these causes fail together, however many sites it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from downwind.graph.tables import NeedRows, Table, find_node
from downwind.questions.concentration import kind_of
from downwind.questions.curve import Step, steps
from downwind.questions.whatif import meant_by
from downwind.solve.arrays import Arrays, Ints
from downwind.solve.blast.blast import site_weight
from downwind.solve.blast.fates import Fates, site_fates
from downwind.solve.compile import core_arrays
from downwind.solve.propagate import Fallout, chain, propagate
from downwind.terms import State, UnknownCause

_HINT = "`downwind rank` lists what others need; name a site as the table or the map has it."
_MOST_COMPARED = 2_000


@dataclass(frozen=True, slots=True)
class TableLink:
    """One link of a chain: a node, and the name of the need that it loses with the next."""

    node: str
    need: str


@dataclass(frozen=True, slots=True)
class TableFate:
    """What becomes of one node of a table; times in seconds since the fault began."""

    node: str
    kind: str | None
    weight: float
    state: State
    down_at: float
    degraded_at: float
    back_at: float
    chain: tuple[TableLink, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The answer as columns; the fate of a node is made when it is asked for."""

    table: Table
    causes: tuple[str, ...]
    duration: float
    arrays: Arrays
    core: Fallout
    sites: Fates

    @property
    def down(self) -> Ints:
        """The sites that fall, by their place among the sites; the soonest first."""
        fallen = np.flatnonzero(self.sites.down_at < self.duration)
        return fallen[np.argsort(self.sites.down_at[fallen], kind="stable")]

    @property
    def degraded(self) -> Ints:
        """The sites that lack a soft need and do not fall."""
        late = self.sites.down_at >= self.duration
        return np.flatnonzero(late & (self.sites.degraded_at < self.duration))

    @property
    def somebody_falls(self) -> bool:
        """True where a node falls or is degraded that is no cause."""
        itself = len(self.causes) - sum(name in self.table.core_names for name in self.causes)
        sites = len(self.down) + len(self.degraded)
        return sites > itself or any(True for _ in self.core_fates())

    @property
    def ungrounded(self) -> tuple[str, ...]:
        """Core nodes that stand only on each other."""
        return tuple(self.table.core_names[node] for node in self.core.ungrounded.tolist())

    def weight_of(self, sites: Ints) -> float:
        """The weight of these sites."""
        return float(site_weight(self.table)[sites].sum())

    def site(self, place: int) -> TableFate:
        """The fate of a site."""
        fates = self.sites
        times = (fates.down_at[place], fates.degraded_at[place], fates.back_at[place])
        node = self.table.core.size + place
        state = _state(times[0], times[1], self.duration)
        need, via = int(fates.cause_need[place]), int(fates.cause_node[place])
        if state is State.DEGRADED:
            need, via = int(fates.degraded_need[place]), int(fates.degraded_node[place])
        links: tuple[TableLink, ...] = (
            TableLink(self._name(node), self._need(self.table.sites, need)),
        )
        if via >= 0 and state is not State.UP:
            links += self._chain(via)
        return self._fate(node, state, times, links)

    def core_fates(self) -> Iterator[TableFate]:
        """The core nodes that fall or are degraded, the causes left out; the soonest first."""
        times = np.minimum(self.core.down_at, self.core.degraded_at)
        for node in np.argsort(times, kind="stable").tolist():
            if times[node] >= self.duration:
                return
            down_at, degraded_at = self.core.down_at[node], self.core.degraded_at[node]
            name = self._name(node)
            if name in self.causes:
                continue
            state = _state(down_at, degraded_at, self.duration)
            moments = (down_at, degraded_at, self.core.back_at[node])
            yield self._fate(node, state, moments, self._chain(node))

    def curve(self) -> tuple[Step, ...]:
        """Sites down against how long the fault lasts, be it longer than it does here."""
        return steps(self.sites.down_at, site_weight(self.table))

    def _fate(
        self,
        node: int,
        state: State,
        times: tuple[float, float, float],
        links: tuple[TableLink, ...],
    ) -> TableFate:
        table = self.table
        kind = kind_of(table, node)
        weight = 1.0 if table.weight is None else float(table.weight[node])
        down_at, degraded_at, back_at = map(float, times)
        return TableFate(
            self._name(node), kind, weight, state, down_at, degraded_at, back_at, links
        )

    def _chain(self, node: int) -> tuple[TableLink, ...]:
        rows, fallout = self.table.core, self.core
        numbers = chain(self.arrays, fallout, node)
        soft = fallout.degraded_at[node] < self.duration <= fallout.down_at[node]
        links = []
        for here in numbers:
            need = int(
                fallout.degraded_need[here] if soft and here == node else fallout.cause_need[here]
            )
            links.append(TableLink(self._name(here), self._need(rows, need)))
        return tuple(links)

    def _name(self, node: int) -> str:
        return node_name(self.table, node)

    def _need(self, rows: NeedRows, need: int) -> str:
        if need < 0 or rows.name is None:
            return ""
        return self.table.need_names[int(rows.name[need])]


def spread(table: Table, causes: Sequence[str], duration: float) -> Spread:
    """Let the causes, core nodes or sites by name, fail together for `duration` seconds.

    Raises UnknownCause for a name that the table does not hold.
    """
    numbers = list(dict.fromkeys(find_cause(table, name) for name in causes))
    names = tuple(node_name(table, number) for number in numbers)
    size = table.core.size
    arrays = core_arrays(table)
    core = propagate(arrays, [n for n in numbers if n < size], duration)
    sites = site_fates(
        table.sites,
        np.array([n - size for n in numbers if n >= size], dtype=np.int32),
        duration,
        core.down_at,
        core.back_at,
        None if table.recovery is None else table.recovery[size:],
    )
    return Spread(table, names, duration, arrays, core, sites)


def find_cause(table: Table, name: str) -> int:
    """The number of the node that a person means: a node's name, a host name or a scope.

    Raises UnknownCause with the names that come close.
    """
    for meant in meant_by(name, table.core_names):
        node = find_node(table, meant)
        if node is not None:
            return node
    known = [*table.core_names, *_few_sites(table)]
    close = get_close_matches(name, [each for each in known if not each.endswith("?")], n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else _HINT
    raise UnknownCause(f"the graph has no node {name!r}.", todo=hint)


def _few_sites(table: Table) -> Sequence[str]:
    """The sites' names, where they are few enough to be compared with one that is not there."""
    few = table.site_names is not None and table.sites.size <= _MOST_COMPARED
    return table.site_names if few and table.site_names is not None else ()


def node_name(table: Table, node: int) -> str:
    """The name of a node."""
    if node < table.core.size:
        return table.core_names[node]
    assert table.site_names is not None
    return table.site_names[node - table.core.size]


def _state(down_at: float, degraded_at: float, duration: float) -> State:
    if down_at < duration:
        return State.DOWN
    return State.DEGRADED if degraded_at < duration else State.UP
