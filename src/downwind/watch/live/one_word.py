"""Whether a provider or a service would be blamed on the word of one vantage alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from downwind.questions.attribution.verdict import Attribution
from downwind.solve.arrays import Ints
from downwind.watch.detection import kernels
from downwind.watch.live.state import Live
from downwind.watch.live.unheard import heard_of_late

_CONFIRMED = 15.0
"""Seconds within which a failure is confirmed: it is looked at again at once, after 5 and 10."""
_ENOUGH = 0.5
"""Share of what fails that a second voice must have seen fail."""
_NAMED = frozenset({"provider", "suspected", "own"})


def on_one_word(
    live: Live, fault: Attribution, now: float, targets: Mapping[str, Sequence[int]]
) -> bool:
    """Others watch what is said to fail, and have seen little of it fail.

    What fails from one place only may be the fault of that place, which shows within a round: by
    then whatever else it looks at has failed too. So it waits for a round and what confirms its
    last failure, and no longer: a provider may truly fail for one place only. `targets` are, per
    node, the numbers of its targets (`targets_of`).
    """
    if fault.verdict not in _NAMED:
        return False
    present = heard_of_late(live, now)
    groups = live.detector.groups[present]
    watched = failed = 0
    first = math.inf
    for number in (n for node in fault.explains for n in targets.get(node, ())):
        since = live.latest[live.detector.targets[number]].failing_since
        if since is None:
            continue
        pairs = live.detector.fault.pairs[number, present]
        saying = _voices(groups[pairs[:, kernels.LAST] == kernels.FAILED])
        if _voices(groups[pairs[:, kernels.HEARD] > kernels.NEVER]) < 2:
            continue
        watched += 1
        failed += saying > 1
        first = first if saying > 1 else min(first, since)
    waits = now - first < live.setting.settings.every + _CONFIRMED
    return waits and failed < _ENOUGH * watched


def targets_of(live: Live) -> dict[str, list[int]]:
    """Per node the numbers of its targets, in the detector's order."""
    numbers = {name: number for number, name in enumerate(live.detector.targets)}
    found: dict[str, list[int]] = {}
    for each in live.setting.watched:
        if each.node:
            found.setdefault(each.node, []).append(numbers[each.target.name])
    return found


def _voices(groups: Ints) -> int:
    return len(np.unique(groups))
