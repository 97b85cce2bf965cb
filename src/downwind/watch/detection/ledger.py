"""What was heard of all targets from all vantages, and what is published of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.watch.detection import kernels
from downwind.watch.detection.kernels import Flags, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Arrays over targets and vantages that change in place; one for each thing that is judged."""

    pairs: Floats
    targets: Floats
    turns: Floats

    @staticmethod
    def new(intervals: Floats, vantages: int) -> Ledger:
        """Nothing heard yet; `intervals` are the targets' own, in seconds."""
        many = len(intervals)
        pairs = np.zeros((many, vantages, kernels.PAIR))
        pairs[:, :, kernels.HEARD] = kernels.NEVER
        targets = np.zeros((many, kernels.TARGET))
        targets[:, [kernels.SINCE, kernels.CALM, kernels.ASKED_AT]] = kernels.NEVER
        targets[:, kernels.ASKED] = np.inf
        targets[:, kernels.INTERVAL] = intervals
        return Ledger(pairs, targets, np.full((many, kernels.TURNS), kernels.NEVER))

    def hear(
        self,
        which: Ints,
        vantages: Ints,
        at: Floats,
        outcomes: Ints,
        rule: Floats,
        *,
        confirms: bool = False,
    ) -> None:
        """Count probes in their order; with `confirms`, first failures start a confirmation."""
        kernels.hear_many(self.pairs, self.targets, which, vantages, at, outcomes, confirms, rule)

    def judge(self, groups: Ints, mute: Flags, now: float, rule: Floats) -> tuple[Ints, Floats]:
        """Published states, and a view of `kernels.VIEW` numbers for each target."""
        views = np.zeros((len(self.targets), kernels.VIEW))
        states = np.zeros(len(self.targets), np.int64)
        kernels.judge_many(
            self.pairs, self.targets, self.turns, groups, mute, now, rule, views, states
        )
        return states, views

    def likelihoods(self, now: float, rule: Floats) -> tuple[Floats, Floats]:
        """log P(heard | up) and log P(heard | down), targets x vantages."""
        up = np.zeros(self.pairs.shape[:2])
        down = np.zeros_like(up)
        kernels.likelihoods_many(self.pairs, self.targets, now, rule, up, down)
        return up, down

    def shift(self, seconds: float) -> None:
        """All that was heard was heard so much later: the clock was set by as much."""
        self.pairs[:, :, kernels.HEARD] += seconds
        self.targets[:, [kernels.SINCE, kernels.CALM, kernels.ASKED_AT]] += seconds
        self.turns[:] += seconds

    def flapping(self, now: float, changes: int, window: float) -> Flags:
        """Who went down or came back `changes` times in the last `window` seconds."""
        return np.asarray(now - self.turns[:, kernels.TURNS - changes] <= window)
