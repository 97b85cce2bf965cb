"""Tells of an incident in the shape of Google's archive of incidents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from downwind.world.apps.statusfeeds.incident import Feed, Incident, StatusPage
from downwind.world.net.platform import Announcement

_GOOGLE_IMPACT = {
    "none": ("SERVICE_INFORMATION", "low"),
    "minor": ("SERVICE_INFORMATION", "low"),
    "major": ("SERVICE_DISRUPTION", "medium"),
    "critical": ("SERVICE_OUTAGE", "high"),
}


def _archive(page: StatusPage, incident: Incident | None, _: float) -> Any:
    return [_google_incident(page, incident)] if incident else []


def _google_incident(page: StatusPage, incident: Incident) -> dict[str, Any]:
    said, last = incident.standing, incident.last
    products = [page.named(each) for each in said.products] or list(page.components)
    one = products[0] if len(products) == 1 else None
    impact, severity = _GOOGLE_IMPACT[said.impact]
    updates = [_google_update(incident, each) for each in reversed(incident.updates)]
    places = _places(said)
    told: dict[str, Any] = {
        "id": incident.id,
        "number": str(int(incident.id, 16)),
        "begin": _iso(incident.begun),
        "created": _iso(incident.begun),
        "modified": _iso(last.at),
        "external_desc": last.title,
        "updates": updates,
        "most_recent_update": updates[0],
        "status_impact": impact,
        "severity": severity,
        "service_key": one.id if one else "zall",
        "service_name": one.name if one else "Multiple Products",
        "affected_products": [{"title": each.name, "id": each.id} for each in products],
        "uri": f"incidents/{incident.id}",
        "currently_affected_locations": [] if incident.resolved else places,
        "previously_affected_locations": places if incident.resolved else [],
    }
    return told | ({"end": _iso(last.at)} if incident.resolved else {})


def _google_update(incident: Incident, said: Announcement) -> dict[str, Any]:
    closed = said.state == "resolved"
    return {
        "created": _iso(said.at),
        "modified": _iso(said.at),
        "when": _iso(said.at),
        "text": said.text,
        "status": "AVAILABLE" if closed else _GOOGLE_IMPACT[said.impact][0],
        "affected_locations": [] if closed else _places(said),
    }


def _places(said: Announcement) -> list[dict[str, str]]:
    if not said.regions:
        return [{"title": "Global", "id": "global"}]
    return [{"title": each, "id": each} for each in said.regions]


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


FEEDS: Mapping[str, Feed] = {"/incidents.json": _archive}
