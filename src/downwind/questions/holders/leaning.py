"""Layer by layer whom the sites lean on, and with whom alone they fall: the solver, asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from downwind.graph.tables.ranges import starts
from downwind.graph.tables.types import NeedRows
from downwind.questions.holders.owners import PRIVATE, SOMEBODY, UNKNOWN, Owners
from downwind.questions.holders.paths import Paths
from downwind.solve.arrays import Flags, Shorts
from downwind.solve.blast.core import Reach, reach, reach_together
from downwind.solve.blast.ground import core_of
from downwind.solve.blast.tally import Counted, Tally, tally


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """One layer, or all together."""

    direct: Tally
    """Whom the sites lean on without what providers need of one another."""
    in_all: Tally
    alone: Tally
    """Who takes them down alone, without what providers need of one another."""
    alone_in_all: Tally
    backing: Backing


@dataclass(frozen=True, slots=True, eq=False)
class Backing:
    """What becomes of each site of the layer when one holder fails; each is in one of these."""

    one: Flags
    """It falls with somebody that it leans on directly."""
    behind: Flags
    """It has others to lean on, and all stand on one holder behind them."""
    own: Flags
    """It falls with what is its own only."""
    beside: Flags
    """It stands by what is its own beside one other holder."""
    unknown: Flags
    """It stands if those whom nobody could name are separate; that is not known."""
    separate: Flags
    """It stands by others whoever fails: at least two that are known to be separate."""
    soft: Flags
    """It does without the layer."""


@dataclass(slots=True)
class Solver:
    """Asks the solver, and only once where two layers leave the same needs of the core out."""

    paths: Paths
    owners: Owners
    counted: Counted
    _known: dict[tuple[bytes, bool, bool, bool], Reach] = field(default_factory=dict)

    def layer(self, layer: int | None) -> Leaning:
        """The sites' leaning in one layer; in all together where None."""
        on = self.paths.site_needs_in(layer)
        outside = self.paths.core_needs_outside(layer)
        must = on & self.paths.sites.hard & np.isfinite(self.paths.sites.grace)
        direct = self._tally(on, self._reach(outside, behind=False, all_needed=True), True)
        alone = self._tally(must, self._reach(outside, behind=False, all_needed=False), False)
        found = self._reach(outside, behind=True, all_needed=False)
        alone_in_all = self._tally(must, found, False)
        hard = self._reach(outside, behind=False, all_needed=True, soft=False)
        return Leaning(
            direct=direct,
            in_all=self._tally(on, self._reach(outside, behind=True, all_needed=True), True),
            alone=alone,
            alone_in_all=alone_in_all,
            backing=_backing(
                direct.causes > 0,
                self._tally(must, hard, True).causes > 0,
                alone,
                alone_in_all,
                self._fall_without(UNKNOWN, must, outside),
                self._fall_without(UNKNOWN | PRIVATE, must, outside),
            ),
        )

    def _reach(self, outside: Flags, *, behind: bool, all_needed: bool, soft: bool = True) -> Reach:
        """For each core node the holders that take it down, or that it leans on at all."""
        key = (outside.tobytes(), behind, all_needed, soft)
        if key not in self._known:
            rows = self.paths.core
            dropped = outside if behind else outside | self.paths.beyond
            if all_needed:
                if not soft:
                    dropped = dropped | ~rows.hard | ~np.isfinite(rows.grace)
                rows = _all_needed(rows)
            self._known[key] = reach(core_of(rows, dropped), self._causes(), np.inf)
        return self._known[key]

    def _causes(self) -> Shorts:
        return (self.paths.holder_first + np.arange(len(self.owners.holders))).astype(np.int32)

    def _tally(self, on: Flags, found: Reach, need_all: bool) -> Tally:
        sorts = self.owners.sorts
        return tally(self.paths.sites, on, need_all, found, sorts, PRIVATE, self.counted)

    def _fall_without(self, sorts: int, must: Flags, outside: Flags) -> Flags:
        """Sites that fall with somebody, or with nobody more, where holders of these sorts do not
        count."""
        sites, core = self.paths.sites, self.paths.core
        left_out = np.flatnonzero(self.owners.sorts & sorts)
        if not len(left_out):
            return np.zeros(sites.size, dtype=np.bool_)
        faults = (self.paths.holder_first + left_out).astype(np.int32)
        all_at_once = np.array([0, len(faults)], dtype=np.int64)
        first = reach_together(core_of(core, outside), all_at_once, faults, np.inf)
        gone = np.diff(first.start) > 0
        core, lost = _without(core, gone)
        found = reach(core_of(core, outside | lost), self._causes(), np.inf)
        sites, lost = _without(sites, gone)
        owner = np.repeat(np.arange(sites.size), np.diff(sites.start))
        falls = np.bincount(owner[must & lost], minlength=sites.size) > 0
        told = tally(sites, must & ~lost, False, found, self.owners.sorts, PRIVATE, self.counted)
        return falls | (told.causes > 0)


def _all_needed(rows: NeedRows) -> NeedRows:
    """The same where every need needs all of its alternatives, at once."""
    return replace(
        rows,
        k=np.diff(rows.alt_start).astype(np.int32),
        hard=np.ones(len(rows.k), dtype=np.bool_),
        grace=np.zeros(len(rows.k)),
    )


def _without(rows: NeedRows, gone: Flags) -> tuple[NeedRows, Flags]:
    """The same without the alternatives that are gone, and the needs that are lost by that."""
    kept = ~gone[rows.alt]
    many = np.diff(rows.alt_start)
    left = np.bincount(np.repeat(np.arange(len(many)), many)[kept], minlength=len(many))
    return replace(rows, alt_start=starts(left), alt=rows.alt[kept]), left < rows.k


def _backing(
    leans: Flags,
    hard: Flags,
    alone: Tally,
    alone_in_all: Tally,
    without_unknown: Flags,
    by_others_only: Flags,
) -> Backing:
    rest = leans & hard
    one = rest & (alone.sorts & SOMEBODY > 0)
    own = rest & ~one & (alone.sorts & PRIVATE > 0)
    rest &= ~one & ~own
    behind = rest & (alone_in_all.sorts & SOMEBODY > 0)
    rest &= ~behind
    unknown = rest & without_unknown
    rest &= ~unknown
    beside = rest & by_others_only
    return Backing(one, behind, own, beside, unknown, rest & ~beside, leans & ~hard)
