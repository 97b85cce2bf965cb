"""Reads the index.json of pages on Better Stack, which is JSON:API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.parts import not_told_yet, told_of, whole
from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import (
    Unproven,
    identifier,
    items,
    latest_of,
    mapping,
    mappings,
    moment,
    text,
    title,
)

_SEVERITY = {"degraded": "minor", "downtime": "major", "operational": "none", "resolved": "none"}
_STATES = (*_SEVERITY, "maintenance", "not_monitored")


def read_better_stack(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The reports of the page, and its resources that are not well; raises Unproven.

    Without `now`, maintenance with an end is taken for one that goes on.
    """
    page = mapping(mapping(data).get("data"))
    state = str(mapping(page.get("attributes")).get("aggregate_state"))
    if page.get("type") != "status_page" or state not in _STATES:
        raise Unproven("it is no status page with its aggregate state, as Better Stack's are")
    included = items(mapping(data).get("included", []), "included resources")
    resources = _attributes(included, "status_page_resource")
    names = {known: title(each.get("public_name")) for known, each in resources.items()}
    updates = list(_attributes(included, "status_update").values())
    reports = tuple(
        _report(known, each, names, updates, now)
        for known, each in _attributes(included, "status_report").items()
    )
    parts = (
        told_of(
            FeedComponent(known, names[known]),
            _SEVERITY.get(status, "none"),
            status,
            maintenance=status == "maintenance",
        )
        for known, each in resources.items()
        if (status := str(each.get("status"))) in ("degraded", "downtime", "maintenance")
    )
    found = (*reports, *not_told_yet(parts, reports))
    if state in ("degraded", "downtime") and not any(
        each.speaks and each.state == "open" for each in found
    ):
        return (*found, whole(f"The page is {state}", _SEVERITY[state]))
    return found


def _attributes(included: list[Mapping[str, Any]], kind: str) -> dict[str, Mapping[str, Any]]:
    return {
        identifier(each.get("id")): mapping(each.get("attributes"))
        for each in included
        if each.get("type") == kind and identifier(each.get("id"))
    }


def _report(
    known: str,
    data: Mapping[str, Any],
    names: Mapping[str, str],
    updates: list[Mapping[str, Any]],
    now: float | None,
) -> FeedIncident:
    maintenance = data.get("report_type") == "maintenance"
    affected = mappings(data.get("affected_resources"))
    own = [each for each in updates if identifier(each.get("status_report_id")) == known]
    latest = latest_of(own, _said_at)
    starts, ends = moment(data.get("starts_at")), moment(data.get("ends_at"))
    state = _state(data, affected, maintenance, now)
    keys = (identifier(each.get("status_page_resource_id")) for each in affected)
    return FeedIncident(
        id=known,
        kind="maintenance" if maintenance else "incident",
        state=state,
        severity="none" if maintenance else _worst(data, affected),
        components=tuple(
            dict.fromkeys(FeedComponent(key, names.get(key, "")) for key in keys if key)
        ),
        regions=(),
        started_at=starts,
        updated_at=_said_at(latest) or starts,
        resolved_at=(ends or _said_at(latest)) if state == "resolved" else None,
        title=title(data.get("title")),
        text=text(latest.get("message")),
        url="",
    )


def _state(
    data: Mapping[str, Any], affected: list[Mapping[str, Any]], maintenance: bool, now: float | None
) -> str:
    starts, ends = moment(data.get("starts_at")), moment(data.get("ends_at"))
    statuses = {str(each.get("status")) for each in affected}
    if statuses == {"resolved"} or data.get("aggregate_state") in ("resolved", "operational"):
        return "resolved"
    if not maintenance:
        return "resolved" if ends is not None and (now is None or ends <= now) else "open"
    if now is not None and starts is not None and now < starts:
        return "scheduled"
    return "resolved" if now is not None and ends is not None and ends <= now else "open"


def _worst(data: Mapping[str, Any], affected: list[Mapping[str, Any]]) -> str:
    told = {str(each.get("status")) for each in affected} | {str(data.get("aggregate_state"))}
    if "downtime" in told:
        return "major"
    return "minor" if "degraded" in told else "unknown"


def _said_at(update: Mapping[str, Any]) -> float | None:
    return moment(update.get("published_at"))
