"""Whether a vantage would be blamed before the others have seen well what fails from there."""

from __future__ import annotations

from downwind.questions.attribution.verdict import Attribution
from downwind.watch.detection import kernels
from downwind.watch.live.state import Live

_ALIVE = 3.0
"""Rounds without a word after which a vantage is not waited for."""
_ENOUGH = 0.5
"""Share of what fails from there that somebody else must have seen well since."""


def is_premature(live: Live, fault: Attribution, now: float) -> bool:
    """Others watch what fails from there as well, and have seen little of it well since it failed.

    What only one has seen yet may be a fault that all will see: the others look within a round, and
    their first failed probe weighs less than all those before it that held.
    """
    if fault.verdict != "vantage":
        return False
    others = _others(live, fault.suspect, now)
    numbers = {name: number for number, name in enumerate(live.detector.targets)}
    explained = set(fault.explains)
    watched = well = 0
    for each in live.setting.watched:
        since = live.latest[each.target.name].failing_since if each.node in explained else None
        if since is None:
            continue
        pairs = live.detector.fault.pairs[numbers[each.target.name], others]
        heard, held = pairs[:, kernels.HEARD], pairs[:, kernels.LAST] != kernels.FAILED
        watched += bool((heard > kernels.NEVER).any())
        well += bool((held & (heard >= since)).any())
    return well < _ENOUGH * watched


def heard_of_late(live: Live, now: float) -> list[int]:
    """The numbers of the vantages that see and were heard of late."""
    every = live.setting.settings.every
    return [
        number
        for number, name in enumerate(live.detector.vantages)
        if not live.detector.mute[number]
        and now - live.heard_at.get(name, float("-inf")) <= _ALIVE * every
    ]


def _others(live: Live, place: str, now: float) -> list[int]:
    inside = {v for each in live.setting.places() if each.name == place for v in each.vantages}
    return [n for n in heard_of_late(live, now) if live.detector.vantages[n] not in inside]
