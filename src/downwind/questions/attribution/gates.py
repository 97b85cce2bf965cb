"""Needs that outlive one alternative and not two: which pairs of causes would close them.

Who has a healthy second alternative is no witness against the cause of the first; once a second
cause joins, these are the needs to look at again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.graph.tables.ranges import spread, starts
from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.core import Reach

Pair = tuple[int, int]

_MOST_PAIRS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Needs of which two alternatives must fall."""

    row_start: Ints
    """Gate g stands before the rows row[row_start[g] : row_start[g + 1]]."""
    row: Shorts
    slot_start: Ints
    """Its alternatives are the slots slot_start[g] up to slot_start[g + 1]."""
    cause_start: Ints
    """Slot s falls with the causes cause[cause_start[s] : cause_start[s + 1]]; those that take
    whoever needs the gate alone are left out."""
    cause: Shorts

    def likeliest(self, weight: Floats, most: int) -> list[Pair]:
        """The pairs of causes that close the gates of most weight; `weight` is a number per row,
        positive where it fails."""
        if not len(self.row):
            return []
        running = np.concatenate([[0.0], np.cumsum(weight[self.row])])
        worth = running[self.row_start[1:]] - running[self.row_start[:-1]]
        found: dict[Pair, float] = {}
        for gate in np.argsort(-worth, kind="stable"):
            if worth[gate] <= 0 or len(found) > _MOST_PAIRS:
                break
            for pair in self._pairs(int(gate)):
                found[pair] = found.get(pair, 0.0) + float(worth[gate])
        ranked = sorted(found, key=lambda pair: (-found[pair], pair))
        return ranked[:most]

    def _pairs(self, gate: int) -> set[Pair]:
        slots = range(self.slot_start[gate], self.slot_start[gate + 1])
        lists = [
            self.cause[self.cause_start[slot] : self.cause_start[slot + 1]].tolist()
            for slot in slots
        ]
        return {
            (min(a, b), max(a, b))
            for place, causes in enumerate(lists)
            for others in lists[place + 1 :]
            for a in causes
            for b in others
            if a != b
        }


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Which rows fall with a node."""

    row_of: Shorts
    """The row that each node is; -1 for none."""
    cause_of: Shorts
    """The cause that each node is; -1 for none."""
    start: Ints
    row: Shorts
    """With cause c fall the rows row[start[c] : start[c + 1]]."""

    def of(self, node: int) -> Shorts:
        """The rows that fall with the node, itself included where it is one."""
        cause = self.cause_of[node]
        if cause >= 0:
            return self.row[self.start[cause] : self.start[cause + 1]]
        here = self.row_of[node : node + 1]
        return here[here >= 0]


def closing(rows: NeedRows, found: Reach, asked: Shorts, hits: Flags, counts: Flags) -> Ints:
    """The causes that take an alternative of a gate that matters: before one of the nodes that
    count, or before a cause that hits one. Two of them may close it where neither hits alone."""
    matters = counts.copy()
    matters[asked[hits]] = True
    gates, owner = _gates(rows)
    gates = gates[matters[owner]]
    many = (rows.alt_start[1:] - rows.alt_start[:-1])[gates]
    slots = np.unique(rows.alt[spread(rows.alt_start[gates], many)])
    taken = found.cause[spread(found.start[slots], (found.start[1:] - found.start[:-1])[slots])]
    return np.unique(found.order[taken])


def _gates(rows: NeedRows) -> tuple[Ints, Ints]:
    """The needs of which two alternatives must fall, and whose they are."""
    spare = np.diff(rows.alt_start) - rows.k
    gates = np.flatnonzero(rows.hard & np.isfinite(rows.grace) & (spare == 1))
    return gates, np.repeat(np.arange(rows.size), np.diff(rows.start))[gates]


def gates_of(rows: NeedRows, found: Reach, kept: Flags, behind: Behind) -> Gates:
    """The gates before which some row stands; `kept` marks the causes that are numbered."""
    many = np.diff(rows.alt_start)
    gates, owner = _gates(rows)
    fallen = [behind.of(node) for node in owner.tolist()]
    some = np.array([len(each) > 0 for each in fallen], dtype=np.bool_)
    gates, owner = gates[some], owner[some]
    slots = rows.alt[spread(rows.alt_start[gates], many[gates])]
    per_slot = (found.start[1:] - found.start[:-1])[slots]
    cause = found.order[found.cause[spread(found.start[slots], per_slot)]]
    slot = np.repeat(np.arange(len(slots)), per_slot)
    number = np.cumsum(kept) - 1
    held = kept[cause] & ~_alone(
        found, owner, cause, np.repeat(np.arange(len(gates)), many[gates])[slot]
    )
    return Gates(
        row_start=starts(np.array([len(each) for each in fallen if len(each)], dtype=np.int64)),
        row=np.concatenate([np.zeros(0, dtype=np.int32), *fallen]),
        slot_start=starts(many[gates]),
        cause_start=starts(np.bincount(slot[held], minlength=len(slots))),
        cause=number[cause[held]].astype(np.int32),
    )


def _alone(found: Reach, owner: Ints, cause: Shorts, gate: Ints) -> Flags:
    """Which of these causes, each with its gate, takes the owner of the gate alone."""
    per_owner = (found.start[1:] - found.start[:-1])[owner]
    taking = found.order[found.cause[spread(found.start[owner], per_owner)]]
    known = np.repeat(np.arange(len(owner)), per_owner) * found.causes + taking
    return np.isin(gate * found.causes + cause, known)
