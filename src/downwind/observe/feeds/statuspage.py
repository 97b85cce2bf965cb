"""Reads the API of Atlassian Statuspage, version 2, and of pages that are compatible with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.reading import FeedComponent, FeedIncident
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

_CLOSED = ("resolved", "postmortem", "completed", "maintenance_complete")
_SCHEDULED = ("scheduled", "maintenance_scheduled")
_SEVERITY = {
    "none": "none",
    "minor": "minor",
    "major": "partial",
    "critical": "major",
    "maintenance": "none",
}
# Cloudflare's points of presence are components of this form, by the code of their airport.
_PLACE = re.compile(r".*\(([A-Z]{3})\)", re.ASCII)


def read_statuspage(data: Any) -> tuple[FeedIncident, ...]:
    """The incidents and maintenances of summary.json or incidents.json; raises Unproven.

    The page's overall indicator is passed over: with hundreds of components some are always bad.
    """
    page = mapping(mapping(data).get("page"))
    if not (identifier(page.get("id")) or link(page.get("url"))):
        raise Unproven("it names no page, as Statuspage does")
    incidents = items(data.get("incidents"), "incidents")
    maintenances = items(data.get("scheduled_maintenances", []), "maintenances")
    return (
        *(_incident(each, maintenance=False) for each in incidents),
        *(_incident(each, maintenance=True) for each in maintenances),
    )


def _incident(data: Mapping[str, Any], *, maintenance: bool) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known:
        raise Unproven("an incident has no id")
    # Newest first, by custom; of two at the same time the first listed is the latest.
    told = mappings(data.get("incident_updates"))[::-1]
    updates = sorted(told, key=lambda each: _said_at(each) or 0.0)
    latest = updates[-1] if updates else {}
    impact = data.get("impact")
    maintenance = maintenance or impact == "maintenance"
    state = _state(data.get("status"))
    components, regions = _affected(data, latest)
    resolved = moment(data.get("resolved_at")) or (_said_at(latest) if latest else None)
    return FeedIncident(
        id=known,
        kind="maintenance" if maintenance else "incident",
        state=state,
        severity="none" if maintenance else _SEVERITY.get(str(impact), "unknown"),
        components=components,
        regions=regions,
        started_at=first(
            moment(data.get("scheduled_for")) if maintenance else None,
            moment(data.get("started_at")),
            moment(data.get("created_at")),
        ),
        updated_at=first(moment(data.get("updated_at")), _said_at(latest)),
        resolved_at=resolved if state == "resolved" else None,
        title=title(data.get("name")),
        text=text(latest.get("body")),
        url=link(data.get("shortlink")),
    )


def _state(status: object) -> str:
    """What nobody knows is open: a word of a newer version is no all-clear."""
    if status in _CLOSED:
        return "resolved"
    return "scheduled" if status in _SCHEDULED else "open"


def _said_at(update: Mapping[str, Any]) -> float | None:
    return first(moment(update.get("display_at")), moment(update.get("created_at")))


def _affected(
    data: Mapping[str, Any], latest: Mapping[str, Any]
) -> tuple[tuple[FeedComponent, ...], tuple[str, ...]]:
    told = mappings(data.get("components")) or mappings(latest.get("affected_components"))
    components: list[FeedComponent] = []
    regions: list[str] = []
    for each in told:
        name = title(each.get("name"))
        place = _PLACE.fullmatch(name)
        known = identifier(each.get("id")) or identifier(each.get("code"))
        if place:
            regions.append(place[1].lower())
        elif known or name:
            components.append(FeedComponent(known, name))
    return tuple(dict.fromkeys(components)), tuple(dict.fromkeys(regions))
