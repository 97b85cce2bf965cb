"""The published state of each capability, out of those of its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from downwind.solve.arrays import Flags, Ints
from downwind.terms import State
from downwind.watch.detection import Condition, Published
from downwind.watch.detection.published import CONDITIONS
from downwind.watch.live.latest import Latest
from downwind.watch.watched import Watched

_NONE, _UP, _DEGRADED, _DOWN = -1, 0, 1, 2
_BADNESS = {Condition.UP: _UP, Condition.PARTLY: _DEGRADED, Condition.DOWN: _DOWN}
_OF_CONDITION = np.array([_BADNESS.get(each, _NONE) for each in CONDITIONS], dtype=np.int64)
_STATES = {_NONE: None, _UP: State.UP, _DEGRADED: State.DEGRADED, _DOWN: State.DOWN}


@dataclass(frozen=True, slots=True, eq=False)
class Capabilities:
    """Which of the detector's targets are of which capability."""

    keys: tuple[str, ...]
    of: Ints
    """Per target the number of its capability; -1 where it is of none."""
    seen_up: Flags
    """Per target whether it was ever seen up; it changes in place."""

    @classmethod
    def of_targets(cls, targets: Sequence[Watched]) -> Capabilities:
        """Of these targets, in the detector's order."""
        keys = tuple(dict.fromkeys(each.capability for each in targets if each.capability))
        numbers = {key: n for n, key in enumerate(keys)}
        of = np.array([numbers.get(each.capability, -1) for each in targets], dtype=np.int64)
        return cls(keys, of, np.zeros(len(targets), dtype=np.bool_))

    def key_of(self, target: int) -> str:
        """The capability of the target of this number; empty where it is of none."""
        number = int(self.of[target])
        return self.keys[number] if number >= 0 else ""

    def states(self, published: Published, latest: Mapping[str, Latest]) -> dict[str, State | None]:
        """Each capability's: that of the worst of its targets; None where nothing is known."""
        badness = _OF_CONDITION[published.states]
        badness[(badness == _UP) & published.degraded] = _DEGRADED
        for number in np.flatnonzero((badness == _UP) & ~self.seen_up).tolist():
            self.seen_up[number] = bool(latest[published.targets[number]].seconds)
        # One that was never seen up: whether it is will be known in seconds.
        badness[(badness == _UP) & ~self.seen_up] = _NONE
        worst = np.full(len(self.keys), _NONE, dtype=np.int64)
        mine = self.of >= 0
        np.maximum.at(worst, self.of[mine], badness[mine])
        states = map(_STATES.__getitem__, worst.tolist())
        return dict(zip(self.keys, states, strict=True))
