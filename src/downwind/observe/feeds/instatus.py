"""Reads the summary.json of pages on Instatus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.parts import not_told_yet, told_of, whole
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

_PAGE = ("UP", "HASISSUES", "UNDERMAINTENANCE")
_SEVERITY = {
    "OPERATIONAL": "none",
    "DEGRADEDPERFORMANCE": "minor",
    "MINOROUTAGE": "partial",
    "PARTIALOUTAGE": "partial",
    "MAJOROUTAGE": "major",
}
_CLOSED = ("RESOLVED", "COMPLETED")
_SCHEDULED = ("NOTSTARTEDYET", "SCHEDULED")


def read_instatus(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of summary.json, or of v2/components.json with its page; raises Unproven.

    The lists are left out where they are empty; the state of the page proves the shape.
    """
    told = mapping(data)
    page = mapping(told.get("page"))
    status = page.get("status")
    if status not in _PAGE:
        raise Unproven("it tells no state of the page, as Instatus does")
    incidents = items(told.get("activeIncidents", []), "incidents")
    maintenances = items(told.get("activeMaintenances", []), "maintenances")
    found = (
        *(_event(each, maintenance=False) for each in incidents),
        *(_event(each, maintenance=True) for each in maintenances),
    )
    parts = not_told_yet(_parts(told.get("components", [])), found)
    if status == "HASISSUES" and not any(each.speaks for each in (*found, *parts)):
        return (*found, *parts, whole("The page has issues", "unknown"))
    return (*found, *parts)


def _event(data: Mapping[str, Any], *, maintenance: bool) -> FeedIncident:
    name, url = title(data.get("name")), link(data.get("url"))
    known = identifier(data.get("id")) or url or name
    if not known:
        raise Unproven("an incident has no id, url or name")
    state = _state(data.get("status"))
    impact = _SEVERITY.get(str(data.get("impact")), "unknown")
    updated = moment(data.get("updatedAt"))
    return FeedIncident(
        id=known[:300],
        kind="maintenance" if maintenance else "incident",
        state=state,
        severity="none" if maintenance else impact,
        components=tuple(
            FeedComponent(identifier(each.get("id")), title(each.get("name")))
            for each in mappings(data.get("components"))
        ),
        regions=(),
        started_at=first(moment(data.get("started")), moment(data.get("start"))),
        updated_at=updated,
        resolved_at=first(moment(data.get("resolved")), updated) if state == "resolved" else None,
        title=name,
        text=text(data.get("message")),
        url=url,
    )


def _state(status: object) -> str:
    if status in _CLOSED:
        return "resolved"
    return "scheduled" if status in _SCHEDULED else "open"


def _parts(told: object) -> tuple[FeedIncident, ...]:
    return tuple(
        told_of(
            FeedComponent(identifier(each.get("id")), title(each.get("name"))),
            _SEVERITY.get(status, "none"),
            status.lower(),
            maintenance=status == "UNDERMAINTENANCE",
        )
        for each in items(told, "components")
        if (status := str(each.get("status"))) not in ("OPERATIONAL", "None")
        and (status in _SEVERITY or status == "UNDERMAINTENANCE")
    )
