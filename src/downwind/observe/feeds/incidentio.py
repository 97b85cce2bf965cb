"""Reads pages of incident.io: as Statuspage's summary.json, or as its own widget has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.parts import SEVERITY, WITHIN
from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.statuspage import read_statuspage
from downwind.observe.feeds.values import (
    Unproven,
    first,
    identifier,
    items,
    link,
    mapping,
    mappings,
    moment,
    text,
    title,
)

_CLOSED = ("resolved", "maintenance_complete", "cancelled", "canceled")


def read_incident_io(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of /api/v2/summary.json, /api/v1/summary or /proxy/<host>; raises Unproven."""
    told = mapping(data)
    widget = told if "ongoing_incidents" in told else mapping(told.get("summary"))
    if "ongoing_incidents" not in widget:
        return read_statuspage(data, now)
    names = {
        identifier(each.get("id")): title(each.get("name"))
        for each in mappings(widget.get("components"))
    }
    running = items(widget.get("in_progress_maintenances", []), "maintenances")
    to_come = items(widget.get("scheduled_maintenances", []), "maintenances")
    incidents = items(widget.get("ongoing_incidents"), "incidents")
    return (
        *(_event(each, names, "incident", "open") for each in incidents),
        *(_event(each, names, "maintenance", "open") for each in running),
        *(_event(each, names, "maintenance", "scheduled") for each in to_come),
    )


def _event(
    data: Mapping[str, Any], names: Mapping[str, str], kind: str, state: str
) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known:
        raise Unproven("an incident has no id")
    status = data.get("status")
    if status in _CLOSED:
        state = "resolved"
    elif status in ("maintenance_in_progress", "in_progress"):
        state = "open"
    affected = mappings(data.get("affected_components"))
    updated = first(moment(data.get("last_update_at")), moment(data.get("updated_at")))
    return FeedIncident(
        id=known,
        kind=kind,
        state=state,
        severity="none" if kind == "maintenance" else _severity(data, affected),
        components=tuple(dict.fromkeys(_component(each, names) for each in affected)),
        regions=(),
        started_at=first(
            moment(data.get("started_at")),
            moment(data.get("starts_at")),
            moment(data.get("created_at")),
            moment(data.get("published_at")),
        ),
        updated_at=updated,
        resolved_at=updated if state == "resolved" else None,
        title=title(data.get("name")),
        text=text(data.get("last_update_message")),
        url=link(data.get("url")),
    )


def _severity(data: Mapping[str, Any], affected: list[Mapping[str, Any]]) -> str:
    """The worst that is told of the incident, or else of what it affects."""
    told = SEVERITY.get(str(data.get("current_worst_impact")))
    if told:
        return told
    order = ("major", "partial", "minor")
    found = {
        SEVERITY.get(str(each.get("current_status") or each.get("status"))) for each in affected
    }
    return next((each for each in order if each in found), "unknown")


def _component(data: Mapping[str, Any], names: Mapping[str, str]) -> FeedComponent:
    known = identifier(data.get("id")) or identifier(data.get("component_id"))
    name = title(data.get("name")) or names.get(known, "")
    group = title(data.get("group_name"))
    return FeedComponent(known, f"{group}{WITHIN}{name}"[:300] if group and name else name)
