"""The core made ready for holders: each is a node, and what stands before the first is kept apart.

Three runs of nodes: the core as it is, whose providers all need their holder; a copy of each
component, for the way from a site to the first provider; the holders. So a layer can be cut off
before the first provider and leave alone what providers need of one another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from downwind.graph.tables import Table
from downwind.graph.tables.ranges import spread, starts
from downwind.graph.tables.types import NeedRows
from downwind.questions.holders.owners import Owners
from downwind.solve.arrays import Flags, Floats, Ints, Shorts

NOT_FOLLOWED = frozenset({"delegation", "registration"})
"""Needs that nothing can stand in for: a zone has one parent, a name one registry."""
_NUMBERED = re.compile(r"(.+?) \d+\Z")


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The sites and the core with holders."""

    sites: NeedRows
    core: NeedRows
    holder_first: int
    """Holder h is node holder_first + h of the core."""
    layers: tuple[str, ...]
    site_layer: Shorts
    """Per need of a site the layer that it leads into; -1 where it leads to a component only, -2
    where it is not followed."""
    core_layer: Shorts
    """Per need of the core the same for copies of components; -1 or -2 for all others."""
    beyond: Flags
    """The core's needs that lie behind a provider, other than on its holder."""

    def site_needs_in(self, layer: int | None) -> Flags:
        """The sites' needs that lead into the layer, or into any, or to a component."""
        return _inside(self.site_layer, layer)

    def core_needs_outside(self, layer: int | None) -> Flags:
        """The core's needs that lead from a component before the first provider elsewhere."""
        outside: Flags = ~_inside(self.core_layer, layer)
        return outside


@dataclass(slots=True)
class _Needs:
    """Needs in any order, as columns."""

    owner: Ints
    k: Shorts
    hard: Flags
    grace: Floats
    many: Ints
    alt: Shorts
    layer: Shorts
    beyond: Flags


def paths_of(table: Table, owners: Owners) -> Paths:
    """The sites and the core, with a copy of each component and a node for each holder.

    The layer of a need is its name, without the number that tells apart several of one name; a
    need has one where it names a provider, or where a component leads to nobody.
    """
    names = [_base(name) for name in table.need_names] + [need for _, need, _ in owners.untraced]
    layers = tuple(dict.fromkeys(name for name in names if name not in NOT_FOLLOWED))
    number = np.array([layers.index(n) if n in layers else -2 for n in names], dtype=np.int32)
    component = np.flatnonzero(owners.of_node < 0)
    copy = np.arange(table.core.size, dtype=np.int32)
    copy[component] = table.core.size + np.arange(len(component))
    holder_first = table.core.size + len(component)
    needs = _joined(
        _originals(table.core, number),
        _copies(table.core, owners, component, copy, number),
        _owned(owners, holder_first),
        _untraced(owners, holder_first, copy, layers),
    )
    core, order = _rows(needs, holder_first + len(owners.holders))
    return Paths(
        sites=replace(table.sites, alt=copy[table.sites.alt]),
        core=core,
        holder_first=holder_first,
        layers=layers,
        site_layer=_layers_of(table.sites, owners, number),
        core_layer=needs.layer[order],
        beyond=needs.beyond[order],
    )


def _base(name: str) -> str:
    found = _NUMBERED.match(name)
    return found[1] if found else name


def _inside(layers: Shorts, layer: int | None) -> Flags:
    inside: Flags = (layers >= -1) if layer is None else (layers == layer) | (layers == -1)
    return inside


def _layers_of(rows: NeedRows, owners: Owners, number: Shorts) -> Shorts:
    """Per need its layer where it names a provider, else -1; -2 where it is not followed."""
    assert rows.name is not None, "a table read with names"
    many = np.diff(rows.alt_start)
    at = np.repeat(np.arange(len(many)), many)
    enters = np.bincount(at[owners.of_node[rows.alt] >= 0], minlength=len(many)) > 0
    layer = number[rows.name]
    found: Shorts = np.where(enters | (layer == -2), layer, -1).astype(np.int32)
    return found


def _originals(rows: NeedRows, number: Shorts) -> _Needs:
    owner = np.repeat(np.arange(rows.size), np.diff(rows.start))
    many = np.diff(rows.alt_start)
    assert rows.name is not None, "a table read with names"
    layer = np.minimum(number[rows.name], -1)
    beyond = np.ones(len(owner), dtype=np.bool_)
    return _Needs(owner, rows.k, rows.hard, rows.grace, many, rows.alt, layer, beyond)


def _copies(
    rows: NeedRows, owners: Owners, component: Ints, copy: Shorts, number: Shorts
) -> _Needs:
    needs = spread(rows.start[component], np.diff(rows.start)[component])
    many = np.diff(rows.alt_start)[needs]
    return _Needs(
        owner=np.repeat(copy[component].astype(np.int64), np.diff(rows.start)[component]),
        k=rows.k[needs],
        hard=rows.hard[needs],
        grace=rows.grace[needs],
        many=many,
        alt=copy[rows.alt[spread(rows.alt_start[needs], many)]],
        layer=_layers_of(rows, owners, number)[needs],
        beyond=np.zeros(len(needs), dtype=np.bool_),
    )


def _owned(owners: Owners, first: int) -> _Needs:
    """Each provider needs its holder, each component that leads to nobody an unknown one."""
    nodes = np.flatnonzero(owners.of_node >= 0)
    holder = owners.of_node[nodes]
    untraced = np.array([node for node, _, _ in owners.untraced], dtype=np.int64)
    theirs = np.array([holder for _, _, holder in owners.untraced], dtype=np.int32)
    return _lone(np.append(nodes, untraced), np.append(holder, theirs) + first)


def _untraced(owners: Owners, first: int, copy: Shorts, layers: tuple[str, ...]) -> _Needs:
    nodes = np.array([copy[node] for node, _, _ in owners.untraced], dtype=np.int64)
    holder = np.array([first + holder for _, _, holder in owners.untraced], dtype=np.int32)
    layer = [layers.index(need) for _, need, _ in owners.untraced]
    needs = _lone(nodes, holder)
    needs.layer = np.array(layer, dtype=np.int32)
    return needs


def _lone(owner: Ints, alt: Shorts) -> _Needs:
    """A hard need of each on one other, without grace."""
    many = len(owner)
    return _Needs(
        owner=owner,
        k=np.ones(many, dtype=np.int32),
        hard=np.ones(many, dtype=np.bool_),
        grace=np.zeros(many),
        many=np.ones(many, dtype=np.int64),
        alt=alt.astype(np.int32),
        layer=np.full(many, -1, dtype=np.int32),
        beyond=np.zeros(many, dtype=np.bool_),
    )


def _joined(*parts: _Needs) -> _Needs:
    columns = ([getattr(part, name) for part in parts] for name in _Needs.__slots__)
    return _Needs(*(np.concatenate(column) for column in columns))


def _rows(needs: _Needs, size: int) -> tuple[NeedRows, Ints]:
    """The needs node by node, and where each stood before."""
    order = np.argsort(needs.owner, kind="stable")
    begins = starts(needs.many)[:-1]
    rows = NeedRows(
        start=starts(np.bincount(needs.owner, minlength=size)),
        k=needs.k[order],
        hard=needs.hard[order],
        grace=needs.grace[order],
        alt_start=starts(needs.many[order]),
        alt=needs.alt[spread(begins[order], needs.many[order])],
    )
    return rows, order
