"""A clock that is set back: what was heard before it keeps its age."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from downwind.terms import Evidence

if TYPE_CHECKING:
    from downwind.watch.live.state import Live

_LEAST = 120.0
"""Seconds by which probes of one place may be told out of their order."""


def keep_age(live: Live, record: Evidence) -> None:
    """Where the hub's own clock was set back before this probe, set back what was heard as well.

    It would otherwise lie in the future, and no probe would count until that has come.
    """
    if record.vantage != live.detector.vantages[0]:
        return  # an agent's records may come late
    back = live.heard_at.get(record.vantage, record.at) - record.at
    if back <= max(_LEAST, 2 * live.setting.settings.timeout):
        return
    live.detector.shift(-back)
    live.heard_at = {vantage: at - back for vantage, at in live.heard_at.items()}
    live.sights = {key: replace(each, at=each.at - back) for key, each in live.sights.items()}
    for latest in live.latest.values():
        if latest.failing_since is not None:
            latest.failing_since -= back
