"""What detection publishes: the state of every target, steady and with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from downwind.watch.detection import kernels
from downwind.watch.detection.kernels import Flags, Floats, Ints


class Condition(StrEnum):
    """What is published of a target."""

    UP = "up"
    PARTLY = "partly"
    """Down as seen by some, while too few agree or others see it up."""
    DOWN = "down"
    UNKNOWN = "unknown"
    """Nobody who can see has looked of late."""


CONDITIONS = (Condition.UP, Condition.PARTLY, Condition.DOWN, Condition.UNKNOWN)
"""In the order of the kernels' numbers."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One target."""

    target: str
    condition: Condition
    since: float
    """When the condition was published, by the network's clock; -inf where it never changed. While
    it is unknown: when the condition before was."""
    posterior: float
    """Probability that it is down, all vantages taken together."""
    seeing: int
    """Groups of vantages that can see it."""
    down_seen: int
    up_seen: int
    flapping: bool
    degraded: bool
    """It answers, without a soft step."""
    slow: bool
    """It answers, slower than its own history."""


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """All targets at one time."""

    at: float
    targets: tuple[str, ...]
    states: Ints
    since: Floats
    views: Floats
    flapping: Flags
    degraded: Flags
    slow: Flags

    def __iter__(self) -> Iterator[Standing]:
        return (self.standing(n) for n in range(len(self.targets)))

    def standing(self, number: int) -> Standing:
        view = self.views[number]
        return Standing(
            self.targets[number],
            CONDITIONS[self.states[number]],
            float(self.since[number]),
            float(view[kernels.POSTERIOR]),
            int(view[kernels.SEEING]),
            int(view[kernels.DOWN_SEEN]),
            int(view[kernels.UP_SEEN]),
            bool(self.flapping[number]),
            bool(self.degraded[number]),
            bool(self.slow[number]),
        )

    def those(self, condition: Condition) -> tuple[str, ...]:
        """The targets in this condition."""
        found = np.nonzero(self.states == CONDITIONS.index(condition))[0]
        return tuple(self.targets[n] for n in found)

    def changes(self, before: Published | None) -> tuple[Standing, ...]:
        """Who is in another condition than before; at first, who is not up."""
        if before is None:
            return tuple(each for each in self if each.condition is not Condition.UP)
        if before.targets == self.targets:
            moved = np.nonzero(self.states != before.states)[0]
            return tuple(self.standing(int(n)) for n in moved)
        was = {each.target: each.condition for each in before}
        return tuple(
            each for each in self if was.get(each.target, Condition.UP) is not each.condition
        )
