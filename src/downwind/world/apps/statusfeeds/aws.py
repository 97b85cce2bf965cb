"""Tells of an incident in the shape of AWS's public health events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.world.apps.statusfeeds.incident import Feed, Incident, StatusPage
from downwind.world.net.platform import Announcement

_LINGERS = 7 * 86_400.0
"""Closed events stay in AWS's feed for about seven days."""
_AWS_CODE = {"none": 1, "minor": 1, "major": 2, "critical": 3}


def _current_events(page: StatusPage, incident: Incident | None, now: float) -> Any:
    if incident is None or (incident.resolved and now - incident.last.at > _LINGERS):
        return []
    return [_event(page, incident, region) for region in incident.standing.regions or ("",)]


def _aws_code(said: Announcement) -> int:
    return 0 if said.state == "resolved" else _AWS_CODE[said.impact]


def _event(page: StatusPage, incident: Incident, region: str) -> dict[str, Any]:
    said, last = incident.standing, incident.last
    products = said.products or tuple(each.id for each in page.components)
    one = page.named(products[0]) if len(products) == 1 else None
    word = one.id.upper().replace("-", "_") if one else "MULTIPLE_SERVICES"
    kind = f"AWS_{word}_OPERATIONAL_ISSUE"
    tail = f"{page.key('event', region)[:5]}_{page.key(incident.id, region)[:11]}".upper()
    codes = [_aws_code(each) for each in incident.updates]
    suffix = f"-{region}" if region else ""
    event: dict[str, Any] = {
        "date": str(int(incident.begun)),
        "arn": f"arn:aws:health:{region or 'global'}::event/{word}/{kind}/{kind}_{tail}",
        "region_name": region or "Global",
        "status": str(codes[-1]),
        "service": f"{one.id if one else 'multipleservices'}{suffix}",
        "service_name": one.name if one else "Multiple services",
        "summary": f"[RESOLVED] {last.title}" if incident.resolved else last.title,
        "event_log": [_log_entry(each) for each in incident.updates],
        "impacted_services": {
            f"{each}{suffix}": {
                "service_name": page.named(each).name,
                "current": str(codes[-1]),
                "max": str(max(codes)),
            }
            for each in products
        },
        "impacted_service_status_changes": [
            {
                "service": f"{each}{suffix}",
                "current_status": str(_aws_code(update)),
                "timestamp": int(update.at * 1000),
            }
            for update in incident.updates
            for each in products
        ],
    }
    return event | ({"end_time": str(int(last.at))} if incident.resolved else {})


def _log_entry(said: Announcement) -> dict[str, Any]:
    summary = f"[RESOLVED] {said.title}" if said.state == "resolved" else said.title
    return {
        "summary": summary,
        "message": said.text,
        "status": _aws_code(said),
        "timestamp": int(said.at),
    }


FEEDS: Mapping[str, Feed] = {"/public/currentevents": _current_events}
