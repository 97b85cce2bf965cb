"""Reads the incidents of Salesforce Trust."""

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
    mappings,
    moment,
    text,
    title,
)

_SEVERITY = {"minor": "minor", "major": "partial", "critical": "major"}
_ORDER = ("major", "partial", "minor")
_MOST_INSTANCES = 200


def read_salesforce(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of /v1/incidents/active; raises Unproven."""
    return tuple(_incident(each) for each in items(data, "incidents"))


def _incident(data: Mapping[str, Any]) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known or not {"instanceKeys", "serviceKeys", "IncidentImpacts"} & data.keys():
        raise Unproven("an incident has no id with instances or services, as Salesforce's have")
    impacts = mappings(data.get("IncidentImpacts"))
    latest = latest_of(mappings(data.get("IncidentEvents")), _said_at)
    closed = str(data.get("status")).lower() in ("resolved", "post-incident")
    starts = [at for each in impacts if (at := moment(each.get("startTime"))) is not None]
    ends = [at for each in impacts if (at := moment(each.get("endTime"))) is not None]
    told = {_SEVERITY.get(str(each.get("severity"))) for each in impacts}
    services = _keys(data.get("serviceKeys"))
    instances = () if data.get("affectsAll") is True else _keys(data.get("instanceKeys"))
    what = title(impacts[0].get("type")) if impacts else ""
    return FeedIncident(
        id=known,
        kind="incident",
        state="resolved" if closed else "open",
        severity=next((each for each in _ORDER if each in told), "unknown"),
        components=tuple(FeedComponent(each, each) for each in services),
        # What Salesforce calls an instance is where a customer's data live.
        regions=tuple(each.lower() for each in instances),
        started_at=min(starts) if starts else moment(data.get("createdAt")),
        updated_at=first(_said_at(latest), moment(data.get("updatedAt"))),
        resolved_at=first(max(ends, default=None), _said_at(latest)) if closed else None,
        title=title(f"{what or 'incident'}: {', '.join(services) or 'all services'}"),
        text=text(latest.get("message")),
        url=f"https://status.salesforce.com/incidents/{known}" if known.isdigit() else "",
    )


def _keys(value: object) -> tuple[str, ...]:
    told = value if isinstance(value, list) else []
    found = (identifier(each)[:60] for each in told)
    return tuple(dict.fromkeys(each for each in found if each))[:_MOST_INSTANCES]


def _said_at(event: Mapping[str, Any]) -> float | None:
    return moment(event.get("createdAt"))
