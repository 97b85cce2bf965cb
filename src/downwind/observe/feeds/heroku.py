"""Reads Heroku's status API, version 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.parts import not_told_yet, told_of
from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import (
    Unproven,
    first,
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

_SEVERITY = {"yellow": "partial", "orange": "partial", "red": "major"}
_MAINTENANCE = "blue"


def read_heroku(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents, maintenances and systems of /api/v4/current-status; raises Unproven."""
    told = mapping(data)
    systems = items(told.get("status"), "systems")
    if not systems or not all(title(each.get("system")) for each in systems):
        raise Unproven("it names no systems, as Heroku does")
    incidents = (
        *(_incident(each, "incident") for each in items(told.get("incidents"), "incidents")),
        *(_incident(each, "maintenance") for each in items(told.get("scheduled", []), "plans")),
    )
    parts = (
        told_of(
            FeedComponent("", title(each.get("system"))),
            _SEVERITY.get(color, "none"),
            color,
            maintenance=color == _MAINTENANCE,
        )
        for each in systems
        if (color := str(each.get("status"))) in _SEVERITY or color == _MAINTENANCE
    )
    return (*incidents, *not_told_yet(parts, incidents))


def _incident(data: Mapping[str, Any], kind: str) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known:
        raise Unproven("an incident has no id")
    latest = latest_of(mappings(data.get("updates")), _said_at)
    state = _state(data, latest)
    updated = first(_said_at(latest), moment(data.get("updated_at")))
    systems = mappings(data.get("systems")) or mappings(data.get("statuses"))
    colors = {str(each.get("status")) for each in systems}
    worst = "major" if "red" in colors else ("partial" if colors & set(_SEVERITY) else "unknown")
    names = (title(each.get("name")) or title(each.get("system")) for each in systems)
    return FeedIncident(
        id=known,
        kind=kind,
        state=state,
        severity="none" if kind == "maintenance" else worst,
        components=tuple(dict.fromkeys(FeedComponent("", name) for name in names if name)),
        regions=(),
        started_at=first(moment(data.get("scheduled_for")), moment(data.get("created_at"))),
        updated_at=updated,
        resolved_at=updated if state == "resolved" else None,
        title=title(data.get("title")),
        text=text(latest.get("contents")),
        url=link(data.get("full_url")),
    )


def _state(data: Mapping[str, Any], latest: Mapping[str, Any]) -> str:
    told = {str(data.get("state")).lower(), str(latest.get("update_type")).lower()}
    if data.get("resolved") is True or "resolved" in told:
        return "resolved"
    return "scheduled" if "scheduled" in told or data.get("upcoming") is True else "open"


def _said_at(update: Mapping[str, Any]) -> float | None:
    return first(moment(update.get("created_at")), moment(update.get("updated_at")))
