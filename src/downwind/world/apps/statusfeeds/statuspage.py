"""Tells of an incident in the shape of Atlassian Statuspage's API, version 2."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from downwind.world.apps.statusfeeds.incident import Component, Feed, Incident, StatusPage
from downwind.world.net.platform import Announcement

_INDICATORS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
_COMPONENT_STATUS = {
    "none": "operational",
    "minor": "degraded_performance",
    "major": "partial_outage",
    "critical": "major_outage",
}


def _summary(page: StatusPage, incident: Incident | None, now: float) -> Any:
    return {
        **_status(page, incident, now),
        **_components(page, incident, now),
        **_unresolved(page, incident, now),
        "scheduled_maintenances": [],
    }


def _status(page: StatusPage, incident: Incident | None, _: float) -> Any:
    indicator = incident.standing.impact if incident and not incident.resolved else "none"
    status = {"indicator": indicator, "description": _INDICATORS[indicator]}
    return {"page": _page(page, incident), "status": status}


def _components(page: StatusPage, incident: Incident | None, _: float) -> Any:
    lines = [_line(page, each, incident) for each in _on_page(page, incident)]
    return {"page": _page(page, incident), "components": lines}


def _incidents(page: StatusPage, incident: Incident | None, _: float) -> Any:
    told = [_statuspage_incident(page, incident)] if incident else []
    return {"page": _page(page, incident), "incidents": told}


def _unresolved(page: StatusPage, incident: Incident | None, now: float) -> Any:
    return _incidents(page, None if incident and incident.resolved else incident, now) | {
        "page": _page(page, incident)
    }


def _page(page: StatusPage, incident: Incident | None) -> dict[str, Any]:
    return {
        "id": page.key("page"),
        "name": page.name,
        "url": f"https://{page.host}",
        "time_zone": "Etc/UTC",
        "updated_at": _iso_ms(incident.last.at if incident else page.since),
    }


def _affected(page: StatusPage, said: Announcement) -> tuple[Component, ...]:
    """The lines that an announcement speaks of; places may be lines as well."""
    named = {*said.products, *said.regions}
    hit = tuple(each for each in page.components if each.id in named)
    new = tuple(each for each in map(page.named, said.products) if each not in hit)
    return (*hit, *new) or page.components


def _on_page(page: StatusPage, incident: Incident | None) -> tuple[Component, ...]:
    """The lines of the page; a product that was not on it is when it is announced."""
    hit = _affected(page, incident.standing) if incident else ()
    return tuple(dict.fromkeys((*page.components, *hit)))


def _line(page: StatusPage, component: Component, incident: Incident | None) -> dict[str, Any]:
    hit = incident is not None and component in _affected(page, incident.standing)
    bad = hit and incident is not None and not incident.resolved
    impact = incident.standing.impact if incident and bad else "none"
    return {
        "id": component.id,
        "name": component.name,
        "status": _COMPONENT_STATUS[impact],
        "created_at": _iso_ms(page.since),
        "updated_at": _iso_ms(incident.last.at if incident and hit else page.since),
        "position": _on_page(page, incident).index(component) + 1,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page.key("page"),
        "group": False,
        "only_show_if_degraded": False,
    }


def _statuspage_incident(page: StatusPage, incident: Incident) -> dict[str, Any]:
    watched = [each.at for each in incident.updates if each.state == "monitoring"]
    updates = [_update(page, incident, n) for n in range(len(incident.updates))]
    return {
        "id": incident.id,
        "name": incident.last.title,
        "status": incident.last.state,
        "created_at": _iso_ms(incident.begun),
        "updated_at": _iso_ms(incident.last.at),
        "monitoring_at": _iso_ms(watched[-1]) if watched else None,
        "resolved_at": _iso_ms(incident.last.at) if incident.resolved else None,
        "impact": incident.standing.impact,
        "shortlink": f"https://{page.host}/incidents/{incident.id}",
        "started_at": _iso_ms(incident.begun),
        "page_id": page.key("page"),
        "incident_updates": updates[::-1],
        "components": [_line(page, each, incident) for each in _affected(page, incident.standing)],
    }


def _update(page: StatusPage, incident: Incident, number: int) -> dict[str, Any]:
    said = incident.updates[number]
    before = incident.updates[number - 1] if number else None
    affected = [
        {
            "code": each.id,
            "name": each.name,
            "old_status": _said_of(page, each, before),
            "new_status": _said_of(page, each, said),
        }
        for each in _affected(page, incident.standing)
    ]
    return {
        "id": page.key("update", incident.id, number),
        "status": said.state,
        "body": html.escape(said.text, quote=False),
        "incident_id": incident.id,
        "created_at": _iso_ms(said.at),
        "updated_at": _iso_ms(said.at),
        "display_at": _iso_ms(said.at),
        "affected_components": affected or None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _said_of(page: StatusPage, component: Component, said: Announcement | None) -> str:
    if said is None or said.state == "resolved" or component not in _affected(page, said):
        return "operational"
    return _COMPONENT_STATUS[said.impact]


def _iso_ms(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


FEEDS: Mapping[str, Feed] = {
    "/api/v2/summary.json": _summary,
    "/api/v2/status.json": _status,
    "/api/v2/components.json": _components,
    "/api/v2/incidents.json": _incidents,
    "/api/v2/incidents/unresolved.json": _unresolved,
}
