"""Reads the incidents.json of Google Cloud, Workspace and Firebase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

# `severity` may be low on a real disruption; status_impact says what the dashboard shows.
_SEVERITY = {
    "SERVICE_INFORMATION": "minor",
    "SERVICE_DISRUPTION": "partial",
    "SERVICE_OUTAGE": "major",
}
_MANY = "Multiple Products"


def read_google(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of the archive, open and closed; raises Unproven."""
    return tuple(_incident(each) for each in items(data, "incidents"))


def _incident(data: Mapping[str, Any]) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known or "begin" not in data or "external_desc" not in data:
        raise Unproven("an incident has no id, begin and external_desc, as Google's have")
    latest = _latest(data)
    closed = bool(data.get("end")) or latest.get("status") == "AVAILABLE"
    impact = data.get("status_impact")
    updated = first(moment(data.get("modified")), _said_at(latest))
    return FeedIncident(
        id=known,
        kind="notice" if impact == "SERVICE_INFORMATION" else "incident",
        state="resolved" if closed else "open",
        severity=_SEVERITY.get(str(impact), "unknown"),
        components=_products(data),
        regions=_regions(data, closed),
        started_at=first(moment(data.get("begin")), moment(data.get("created"))),
        updated_at=updated,
        resolved_at=_closed_at(data, latest) if closed else None,
        title=title(data.get("external_desc")),
        text=text(latest.get("text")),
        url=link(data.get("uri")),
    )


def _closed_at(data: Mapping[str, Any], latest: Mapping[str, Any]) -> float | None:
    return moment(data.get("end")) if data.get("end") else _said_at(latest)


def _latest(data: Mapping[str, Any]) -> Mapping[str, Any]:
    told = mapping(data.get("most_recent_update"))
    return told or latest_of(mappings(data.get("updates")), _said_at)


def _said_at(update: Mapping[str, Any]) -> float | None:
    return first(moment(update.get("when")), moment(update.get("modified")))


def _products(data: Mapping[str, Any]) -> tuple[FeedComponent, ...]:
    """By affected_products: large incidents go by the service name "Multiple Products"."""
    told = [
        FeedComponent(identifier(each.get("id")), title(each.get("title")))
        for each in mappings(data.get("affected_products"))
    ]
    name = title(data.get("service_name"))
    if not told and name != _MANY:
        told = [FeedComponent(identifier(data.get("service_key")), name)]
    return tuple(dict.fromkeys(each for each in told if each.id or each.name))


def _regions(data: Mapping[str, Any], closed: bool) -> tuple[str, ...]:
    """An open incident without places, or with "global" among them, is everywhere."""
    places = mappings(data.get("currently_affected_locations"))
    if closed:
        places = places + mappings(data.get("previously_affected_locations"))
    found = [identifier(each.get("id")) for each in places]
    return () if "global" in found else tuple(dict.fromkeys(each for each in found if each))
