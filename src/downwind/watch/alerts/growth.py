"""When more victims are worth an alert: with the opening at first, then each time they double."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.watch.alerts.types import GATHER, GROW
from downwind.watch.incidents import IncidentEvent

TURNS = {"escalated": "escalated", "named": "escalated", "moved": "moved"}
"""Events of another verdict -> the alerts that tell it."""
_BEGINNINGS = frozenset({"opened", "reopened"})


def growth(timeline: Sequence[IncidentEvent]) -> str:
    """What the last event of a timeline, which tells of more victims, is told as; empty: not.

    An alert that still waits is told anew with the numbers of now.
    """
    event = timeline[-1]
    began = next(each for each in reversed(timeline) if each.kind in _BEGINNINGS)
    if event.at - began.at <= GATHER:
        return began.kind
    doubled_at = _doubled_at(timeline, began.at + GATHER)
    if doubled_at is None or event.at - doubled_at > GROW:
        return ""
    # Found in the same round as another cause: it is told as that.
    return next((TURNS[each.kind] for each in timeline[-4:] if _is_turn(each, event.at)), "grew")


def _doubled_at(timeline: Sequence[IncidentEvent], gathered: float) -> float | None:
    """When there were last twice as many as was told before; None where there never were."""
    hit: set[str] = set()
    told, at = 1, None
    for each in timeline:
        hit.update(each.joined)
        waits = at is not None and each.at - at <= GROW
        if each.at > gathered and not waits:
            if each.kind != "victims" or len(hit) < 2 * told:
                continue
            at = each.at
        told = max(1, len(hit))
    return at


def _is_turn(event: IncidentEvent, at: float) -> bool:
    return event.at == at and event.kind in TURNS
