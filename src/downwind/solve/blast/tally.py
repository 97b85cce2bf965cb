"""One walk over the sites: whom each site's needs lead to, counted by group of sites."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.core import THREADS, Reach
from downwind.solve.jit import jit

Bits = NDArray[np.uint8]


class Counted(NamedTuple):
    """How much each row of the sites counts, and where."""

    many: Ints
    """How many sites it stands for."""
    weight: Floats
    group: Shorts
    """The group that it is part of, from 0; -1 for none."""
    groups: int


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Whom the sites need, or fall with, by group and cause; and each site on its own."""

    many: Ints
    """Sites: [group, cause]."""
    weight: Floats
    """Their weight: [group, cause]."""
    split: Floats
    """Their weight, each site's split evenly among its causes: [group, cause]."""
    causes: Shorts
    """Per site how many causes it has."""
    sorts: Bits
    """Per site the sorts of its causes, as bits."""


def tally(
    needs: NeedRows, on: Flags, need_all: bool, found: Reach, sort: Bits, counted: Counted
) -> Tally:
    """Who loses a need with each cause of `found`; `sort` is a bit for each cause, as given.

    Only the needs in `on` count. With `need_all` a need is lost with any of its alternatives, so
    the causes of a site are all that it leans on.
    """
    edges = np.linspace(0, needs.size, THREADS + 1).astype(np.int64).tolist()
    given = found.order.astype(np.int64)
    enough = np.ones(len(needs.k), dtype=np.int32)
    if not need_all:
        enough = (np.diff(needs.alt_start) - needs.k + 1).astype(np.int32)
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(
            pool.map(
                lambda i: _tally(
                    edges[i], edges[i + 1], needs.start, on, enough, needs.alt_start, needs.alt,
                    found.start, found.cause, sort[given], *counted,
                ),
                range(THREADS),
            )
        )  # fmt: skip
    many, weight, split = (np.sum([part[i] for part in parts], axis=0) for i in range(3))
    causes, sorts = (np.concatenate([part[i] for part in parts]) for i in (3, 4))
    back = np.argsort(given)
    return Tally(many[:, back], weight[:, back], split[:, back], causes, sorts)


@jit
def _tally(
    begin: int, end: int, start: Ints, on: Flags, enough: Shorts, alt_start: Ints, alt: Shorts,
    cause_start: Ints, cause: Shorts, sort: Bits, many: Ints, weight: Floats, group: Shorts,
    groups: int,
) -> tuple[Ints, Floats, Floats, Shorts, Bits]:  # fmt: skip
    size = len(sort)
    sites = np.zeros((groups, size), dtype=np.int64)
    weights, split = np.zeros((groups, size)), np.zeros((groups, size))
    causes, sorts = np.zeros(end - begin, dtype=np.int32), np.zeros(end - begin, dtype=np.uint8)
    last_need, last_site = np.full(size, -1), np.full(size, -1)
    lost = np.zeros(size, dtype=np.int32)
    here = np.empty(size, dtype=np.int32)
    for site in range(begin, end):
        found = 0
        for need in range(start[site], start[site + 1]):
            if not on[need]:
                continue
            for spot in range(alt_start[need], alt_start[need + 1]):
                for place in range(cause_start[alt[spot]], cause_start[alt[spot] + 1]):
                    each = cause[place]
                    if last_need[each] != need:
                        last_need[each] = need
                        lost[each] = 0
                    lost[each] += 1
                    if lost[each] >= enough[need] and last_site[each] != site:
                        last_site[each] = site
                        here[found] = each
                        found += 1
        causes[site - begin] = found
        for place in range(found):
            sorts[site - begin] |= sort[here[place]]
            if group[site] >= 0:
                sites[group[site], here[place]] += many[site]
                weights[group[site], here[place]] += weight[site]
                split[group[site], here[place]] += weight[site] / found
    return sites, weights, split, causes, sorts
