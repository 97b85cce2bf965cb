"""Reads Stripe's /current, which carries the time at which it was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from downwind.observe.feeds.parts import told_of, whole
from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import Unproven, mapping, moment, text, title

_STOPPED = 7 * 86_400.0
"""Seconds. The file was reported to stand still at "up" since February 2024, which says nothing."""
_SEVERITY = {"degraded": "minor", "down": "major"}


def read_stripe(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """What is not up; raises Unproven, also where the file was written long before `now`."""
    told = mapping(data)
    largest = told.get("largestatus")
    if not isinstance(largest, str) or not largest or not {"statuses", "time"} & told.keys():
        raise Unproven("it has no largestatus with its statuses and time, as Stripe's has")
    at = _written(told.get("time"))
    if now is not None and at is not None and now - at > _STOPPED:
        raise Unproven(f"it was written {(now - at) / 86_400:.0f} days ago, and not since")
    parts = tuple(
        told_of(
            FeedComponent(title(name)[:100], title(name)[:100]),
            _SEVERITY.get(str(status), "unknown"),
            title(status) or "unknown",
        )
        for name, status in mapping(told.get("statuses")).items()
        if status != "up" and title(name)
    )
    if parts or largest == "up":
        return parts
    message = title(told.get("message")) or largest
    return (whole(message, _SEVERITY.get(largest, "unknown"), text=text(message)),)


def _written(value: object) -> float | None:
    """As "February 09, 2024 @ 06:08PM +00:00"."""
    if not isinstance(value, str) or len(value) > 60:
        return None
    try:
        found = datetime.strptime(value.strip(), "%B %d, %Y @ %I:%M%p %z")
    except ValueError:
        return moment(value)
    return moment(found.isoformat())
