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
    """Their weight, each site's split evenly among its causes, those set aside only where it has no
    others: [group, cause]."""
    causes: Shorts
    """Per site how many causes it has."""
    sorts: Bits
    """Per site the sorts of its causes, as bits."""


class Room(NamedTuple):
    """Columns of the causes, made ready for the next site by numbers and never as a whole."""

    last_need: Ints
    """The last need that lost an alternative with the cause."""
    last_site: Ints
    """The last site that was counted for it."""
    lost: Shorts
    """How many alternatives the last need lost."""
    here: Shorts
    """The causes of the site at hand; no column, a list."""


def tally(
    needs: NeedRows, on: Flags, need_all: bool, found: Reach, sort: Bits, aside: int,
    counted: Counted,
) -> Tally:  # fmt: skip
    """Who loses a need with each cause of `found`; `sort` is a bit for each cause, as given.

    Only the needs in `on` count. With `need_all` a need is lost with any of its alternatives, so
    the causes of a site are all that it leans on. Causes of a sort in `aside` are set aside.
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
                    found.start, found.cause, sort[given], aside, *counted,
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
    cause_start: Ints, cause: Shorts, sort: Bits, aside: int, many: Ints, weight: Floats,
    group: Shorts, groups: int,
) -> tuple[Ints, Floats, Floats, Shorts, Bits]:  # fmt: skip
    size = len(sort)
    sites = np.zeros((groups, size), dtype=np.int64)
    weights, split = np.zeros((groups, size)), np.zeros((groups, size))
    causes, sorts = np.zeros(end - begin, dtype=np.int32), np.zeros(end - begin, dtype=np.uint8)
    room = Room(
        np.full(size, -1, dtype=np.int64),
        np.full(size, -1, dtype=np.int64),
        np.zeros(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
    )
    for site in range(begin, end):
        found = 0
        for need in range(start[site], start[site + 1]):
            if on[need]:
                alternatives = alt[alt_start[need] : alt_start[need + 1]]
                found = _lose(
                    site, need, alternatives, enough[need], cause_start, cause, room, found
                )
        causes[site - begin] = found
        others = 0
        for each in room.here[:found]:
            sorts[site - begin] |= sort[each]
            others += sort[each] & aside == 0
        if group[site] < 0:
            continue
        for each in room.here[:found]:
            sites[group[site], each] += many[site]
            weights[group[site], each] += weight[site]
            if others == 0 or sort[each] & aside == 0:
                split[group[site], each] += weight[site] / (others if others > 0 else found)
    return sites, weights, split, causes, sorts


@jit
def _lose(
    site: int, need: int, alternatives: Shorts, enough: int, cause_start: Ints, cause: Shorts,
    room: Room, found: int,
) -> int:  # fmt: skip
    """Note the causes that take away so many of the alternatives; how many the site has now."""
    for node in alternatives:
        for each in cause[cause_start[node] : cause_start[node + 1]]:
            if room.last_need[each] != need:
                room.last_need[each] = need
                room.lost[each] = 0
            room.lost[each] += 1
            if room.lost[each] >= enough and room.last_site[each] != site:
                room.last_site[each] = site
                room.here[found] = each
                found += 1
    return found
