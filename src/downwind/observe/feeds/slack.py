"""Reads Slack's own status API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import (
    Unproven,
    identifier,
    items,
    latest_of,
    link,
    mapping,
    mappings,
    moment,
    text,
    title,
)

_CLOSED = ("resolved", "completed", "cancelled")
_KIND = {"maintenance": "maintenance", "notice": "notice"}
_SEVERITY = {"outage": "major", "incident": "partial", "notice": "minor", "maintenance": "none"}


def read_slack(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of /api/v2.0.0/current; raises Unproven."""
    told = mapping(data)
    status = told.get("status")
    if status not in ("ok", "active"):
        raise Unproven("its status is neither ok nor active, as Slack's is")
    found = tuple(_incident(each) for each in items(told.get("active_incidents"), "incidents"))
    if status == "active" and not found:
        raise Unproven("it is active and tells of no incident")
    return found


def _incident(data: Mapping[str, Any]) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known:
        raise Unproven("an incident has no id")
    kind, status = str(data.get("type")), data.get("status")
    latest = latest_of(mappings(data.get("notes")), _said_at)
    updated = moment(data.get("date_updated")) or _said_at(latest)
    closed = status in _CLOSED
    return FeedIncident(
        id=known,
        kind=_KIND.get(kind, "incident"),
        state="resolved" if closed else ("scheduled" if status == "scheduled" else "open"),
        severity=_SEVERITY.get(kind, "unknown"),
        components=_services(data.get("services")),
        regions=(),
        started_at=moment(data.get("date_created")),
        updated_at=updated,
        resolved_at=updated if closed else None,
        title=title(data.get("title")),
        text=text(latest.get("body")),
        url=link(data.get("url")),
    )


def _services(told: object) -> tuple[FeedComponent, ...]:
    """Names, in some answers with an id beside each."""
    found: dict[FeedComponent, None] = {}
    for each in told if isinstance(told, list) else ():
        part = mapping(each)
        name = title(part.get("name")) if part else title(each)
        if name:
            found[FeedComponent(identifier(part.get("id")), name)] = None
    return tuple(found)


def _said_at(note: Mapping[str, Any]) -> float | None:
    return moment(note.get("date_created"))
