"""Hears probes, asks for more where one failed, and says who is down. No I/O and no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from downwind.terms import UsageError
from downwind.watch.detection import kernels, latency
from downwind.watch.detection.kernels import Flags, Floats, Ints
from downwind.watch.detection.latency import Counts
from downwind.watch.detection.ledger import Ledger
from downwind.watch.detection.outage import Outcome
from downwind.watch.detection.published import Published
from downwind.watch.detection.settings import Settings

LEAST_ANSWERS = 60.0
"""Answers of history before any is called slow."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A probe that is asked for out of turn."""

    target: str
    vantage: str
    due: float


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """Per witness, what attribution reads; arrays over targets x vantages, in nats."""

    up: Floats
    """log P(its probes | the target is up), decayed; 0 where nothing was heard."""
    down: Floats


@dataclass(frozen=True, slots=True)
class Detector:
    """All targets from all vantages. It changes in place; times are the network's clock."""

    targets: tuple[str, ...]
    vantages: tuple[str, ...]
    groups: Ints
    """Per vantage the number of its group, which has one voice."""
    settings: Settings
    fault: Ledger
    degraded: Ledger
    slow: Ledger
    histories: Counts
    mute: Flags
    rule: Floats
    _target_of: dict[str, int] = field(repr=False)
    _vantage_of: dict[str, int] = field(repr=False)

    @staticmethod
    def new(
        targets: Sequence[str],
        vantages: Sequence[str],
        *,
        intervals: float | Sequence[float] = 30.0,
        groups: Sequence[int] | None = None,
        settings: Settings | None = None,
    ) -> Detector:
        """Nothing heard yet. `intervals` in seconds, one for all or one each; without `groups`
        every vantage is a voice of its own, which takes that they share nothing."""
        settings = settings or Settings()
        groups = range(len(vantages)) if groups is None else groups
        if len(groups) != len(vantages) or any(not 0 <= g < len(vantages) for g in groups):
            raise UsageError("Every vantage has one group, from 0 to the number of vantages - 1.")
        for names, what in ((targets, "target"), (vantages, "vantage")):
            if len(set(names)) != len(names):
                raise UsageError(f"The same {what} is given twice.")
        spaced = np.empty(len(targets))
        spaced[:] = intervals
        if not (np.isfinite(spaced) & (spaced > 0)).all():
            raise UsageError("An interval is a number of seconds above 0.")
        shape = (len(targets), len(vantages))
        return Detector(
            tuple(targets),
            tuple(vantages),
            np.array(groups, np.int64),
            settings,
            Ledger.new(spaced, shape[1]),
            Ledger.new(spaced, shape[1]),
            Ledger.new(spaced, shape[1]),
            np.zeros((*shape, latency.BINS), np.float32),
            np.zeros(shape[1], np.bool_),
            settings.rule(),
            {name: n for n, name in enumerate(targets)},
            {name: n for n, name in enumerate(vantages)},
        )

    def hear(
        self, target: str, vantage: str, at: float, outcome: Outcome, seconds: float = math.nan
    ) -> None:
        """Count one probe; `seconds` is how long the answer took, where that says something.

        A target or vantage that is not known raises KeyError.
        """
        self.hear_many(
            np.array([self._target_of[target]]),
            np.array([self._vantage_of[vantage]]),
            np.array([at], np.float64),
            np.array([outcome], np.int64),
            np.array([seconds], np.float64),
        )

    def hear_many(
        self, which: Ints, vantages: Ints, at: Floats, outcomes: Ints, seconds: Floats
    ) -> None:
        """Count probes, given as numbers of targets and of vantages, in the order of their time."""
        lesser = outcomes == Outcome.DEGRADED
        basic = np.where(lesser, Outcome.ANSWERED, outcomes)
        self.fault.hear(which, vantages, at, basic, self.rule, confirms=True)
        answered = basic == Outcome.ANSWERED
        which, vantages, at = which[answered], vantages[answered], at[answered]
        self.degraded.hear(which, vantages, at, lesser[answered].astype(np.int64), self.rule)
        found = np.empty(len(which), np.int64)
        latency.note_many(self.histories, which, vantages, seconds[answered], LEAST_ANSWERS, found)
        timed = found >= 0
        self.slow.hear(which[timed], vantages[timed], at[timed], found[timed], self.rule)

    def set_mute(self, vantage: str, is_mute: bool) -> None:
        """Pass a vantage over that cannot see; mute it before its probes of that time are heard,
        and do not hear them: they are no evidence of the targets."""
        self.mute[self._vantage_of[vantage]] = is_mute

    def shift(self, seconds: float) -> None:
        """The clock was set, by so much: what was heard keeps its age."""
        for ledger in (self.fault, self.degraded, self.slow):
            ledger.shift(seconds)

    def next_due(self) -> float:
        """When the next confirmation is due; infinite where none is under way."""
        rows = self.fault.targets
        under_way = [n for n in self._confirming() if rows[n, kernels.ASKED] >= 0]
        return min((self._due(number) for number in under_way), default=math.inf)

    def wanted(self, now: float) -> tuple[Wanted, ...]:
        """Probes due by now, from every vantage that is not mute; each is handed out once. The
        same target is due again seconds later: see `next_due`. Of many that fail at once, some
        wait until others are confirmed."""
        asked = []
        confirming = self._confirming()
        allowed = self.settings.confirm_at_once
        self.fault.targets[confirming[allowed:], kernels.ASKED] = kernels.WAITS
        for number in confirming[:allowed]:
            row = self.fault.targets[number]
            if row[kernels.ASKED] == kernels.WAITS:
                row[kernels.ASKED], row[kernels.ASKED_AT] = 0, now
            due = self._due(number)
            if due > now:
                continue
            row[kernels.ASKED] += 1
            asked += [
                Wanted(self.targets[number], vantage, due)
                for vantage, is_mute in zip(self.vantages, self.mute, strict=True)
                if not is_mute
            ]
        return tuple(asked)

    def judge(self, now: float) -> Published:
        """Move and publish the states of all targets; call it at least once a round, and whenever
        confirmations have come in."""
        states, views = self.fault.judge(self.groups, self.mute, now, self.rule)
        lesser = [
            ledger.judge(self.groups, self.mute, now, self.rule)[0] == kernels.DOWN
            for ledger in (self.degraded, self.slow)
        ]
        answering = states != kernels.DOWN
        settings = self.settings
        return Published(
            now,
            self.targets,
            states,
            self.fault.targets[:, kernels.SINCE].copy(),
            views,
            self.fault.flapping(now, settings.flaps, settings.flap_window),
            *(flags & answering for flags in lesser),
        )

    def likelihoods(self, now: float) -> Likelihoods:
        """What attribution reads, of pairs whose vantage is not mute; the others say nothing."""
        up, down = self.fault.likelihoods(now, self.rule)
        up[:, self.mute] = down[:, self.mute] = 0.0
        return Likelihoods(up, down)

    def slowness(self, now: float) -> Likelihoods:
        """The same of whether a target is slow; of one that is not published as up nothing is
        said."""
        up, down = self.slow.likelihoods(now, self.rule)
        silent = self.fault.targets[:, kernels.STATE] != kernels.UP
        up[silent] = down[silent] = 0.0
        up[:, self.mute] = down[:, self.mute] = 0.0
        return Likelihoods(up, down)

    def false_alarms(self, target: str, vantage: str) -> float:
        """How often a probe fails there though the target is up, as learned."""
        pair = self.fault.pairs[self._target_of[target], self._vantage_of[vantage]]
        return float(kernels.false_alarms(pair, self.rule))

    def regrouped(self, groups: Sequence[int]) -> Detector:
        """The same arrays with other groups: more has become known of the vantages."""
        if len(groups) != len(self.vantages):
            raise UsageError("Every vantage has one group.")
        return replace(self, groups=np.array(groups, np.int64))

    def _confirming(self) -> list[int]:
        """Targets whose confirmation is under way, then those that wait for it, each in the order
        of their first failures."""
        rows = self.fault.targets
        left = np.nonzero(rows[:, kernels.ASKED] < len(self.settings.confirm_after))[0]
        waits = rows[left, kernels.ASKED] <= 0
        doubtful = rows[left, kernels.STATE] != kernels.DOWN
        doubtful &= (self.fault.pairs[left, :, kernels.LAST] == kernels.FAILED).any(axis=1)
        left = left[~waits | doubtful]
        order = np.lexsort((rows[left, kernels.ASKED_AT], rows[left, kernels.ASKED] <= 0))
        return [int(number) for number in left[order]]

    def _due(self, number: int) -> float:
        row = self.fault.targets[number]
        return float(row[kernels.ASKED_AT]) + self.settings.confirm_after[int(row[kernels.ASKED])]
