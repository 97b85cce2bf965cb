"""Reads the events of AWS's public Health Dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import (
    Unproven,
    code,
    epoch,
    first,
    identifier,
    items,
    mapping,
    mappings,
    text,
    title,
)

_SEVERITY = {1: "minor", 2: "partial", 3: "major"}
_RESOLVED = "[RESOLVED]"
_MANY = "multipleservices"


def read_aws(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of /public/currentevents; raises Unproven."""
    return tuple(_event(each) for each in items(data, "events"))


def _event(data: Mapping[str, Any]) -> FeedIncident:
    arn = identifier(data.get("arn"))
    if not arn.startswith("arn:") or "service" not in data or "status" not in data:
        raise Unproven("an event has no arn, service and status, as AWS's have")
    # Parsers contradict each other on the order of the log.
    log = sorted(mappings(data.get("event_log")), key=_said_at)
    latest = log[-1] if log else {}
    summary = title(data.get("summary")) or title(latest.get("summary"))
    status = code(data.get("status"))
    resolved = _is_resolved(status, summary, latest)
    said = first(*(epoch(each.get("timestamp")) for each in reversed(log)))
    region = _region(arn)
    return FeedIncident(
        id=arn,
        kind="incident",
        state="resolved" if resolved else "open",
        severity=_severity(status, log, resolved),
        components=_components(data, region, resolved),
        regions=(region,) if region else (),
        started_at=epoch(data.get("date")),
        updated_at=said,
        resolved_at=first(epoch(data.get("end_time")), said) if resolved else None,
        title=summary.removeprefix(_RESOLVED).strip(),
        text=text(latest.get("message")),
        url=f"/health/status?eventID={quote(arn, safe=':/')}",
    )


def _said_at(entry: Mapping[str, Any]) -> float:
    return epoch(entry.get("timestamp")) or 0.0


def _is_resolved(status: int | None, summary: str, latest: Mapping[str, Any]) -> bool:
    if status == 0 or summary.startswith(_RESOLVED):
        return True
    return status is None and code(latest.get("status")) == 0


def _severity(status: int | None, log: list[Mapping[str, Any]], resolved: bool) -> str:
    """The code as it is; of a closed event the worst that its log tells."""
    if not resolved:
        return _SEVERITY.get(status or -1, "unknown")
    codes = (code(each.get("status")) for each in log)
    worst = max((each for each in codes if each in _SEVERITY), default=-1)
    return _SEVERITY.get(worst, "unknown")


def _region(arn: str) -> str:
    """arn:aws:health:<region>::event/...; empty for all regions."""
    parts = arn.split(":")
    region = parts[3] if len(parts) > 3 else ""
    return "" if region == "global" else region


def _components(data: Mapping[str, Any], region: str, resolved: bool) -> tuple[FeedComponent, ...]:
    """The services that are still hit; all of them once the event is closed."""
    impacted = mapping(data.get("impacted_services"))
    still = {key: each for key, each in impacted.items() if code(mapping(each).get("current"))}
    told = {
        key: mapping(each).get("service_name")
        for key, each in (impacted if resolved or not still else still).items()
    }
    if not told and not identifier(data.get("service")).startswith(_MANY):
        told = {identifier(data.get("service")): data.get("service_name")}
    found = (
        FeedComponent(identifier(key).removesuffix(f"-{region}" if region else ""), title(name))
        for key, name in told.items()
    )
    return tuple(dict.fromkeys(each for each in found if each.id))
