"""A table of sites with one need each, from plain mappings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from downwind.graph.tables import NeedRows, Table
from downwind.graph.tables.ranges import starts
from downwind.graph.tables.types import Ints


def small_table(
    need: str,
    sites: Mapping[str, Collection[str]],
    kinds: Mapping[str, str],
    carriers: Mapping[str, str],
) -> Table:
    """Every site has one hard need, any one of whose alternatives will do; `kinds` has the core.

    `carriers` says who carries a core node: it needs that one. A name may be a site's and a core
    node's: these are two nodes.
    """
    number = {name: place for place, name in enumerate(kinds)}
    many = np.array([len(held) for held in sites.values()], dtype=np.int64)
    size = len(sites)
    kind_names = tuple(dict.fromkeys((*kinds.values(), "site")))
    kind = [kind_names.index(each) for each in kinds.values()]
    return Table(
        core_names=tuple(kinds),
        site_names=tuple(sites),
        core=_needs(
            np.array([name in carriers for name in kinds], dtype=np.int64),
            np.ones(len(carriers), dtype=np.int64),
            [number[carriers[name]] for name in kinds if name in carriers],
            name=1,
        ),
        sites=_needs(
            np.ones(size, dtype=np.int64),
            many,
            [number[name] for held in sites.values() for name in held],
            name=0,
        ),
        need_names=(need, "carrier"),
        kinds=kind_names,
        kind=np.array([*kind, *[kind_names.index("site")] * size], dtype=np.int32),
    )


def _needs(each: Ints, many: Ints, alternatives: list[int], *, name: int) -> NeedRows:
    needs = len(many)
    return NeedRows(
        start=starts(each),
        k=np.ones(needs, dtype=np.int32),
        hard=np.ones(needs, dtype=np.bool_),
        grace=np.zeros(needs),
        alt_start=starts(many),
        alt=np.array(alternatives, dtype=np.int32),
        name=np.full(needs, name, dtype=np.int32),
    )
