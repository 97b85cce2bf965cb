"""Reads the public API of status.io."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downwind.observe.feeds.parts import WITHIN, not_told_yet, told_of
from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import (
    Unproven,
    code,
    first,
    identifier,
    items,
    latest_of,
    mapping,
    mappings,
    moment,
    text,
    title,
)

_MAINTENANCE = 200
_SEVERITY = {300: "minor", 400: "partial", 500: "major", 600: "major"}
_RESOLVED = 400
"""As the `state` of a message; as its `status` the same number is a partial disruption."""


def read_status_io(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents, maintenances and components of /1.0/status/<id>; raises Unproven."""
    result = mapping(mapping(data).get("result"))
    if code(mapping(result.get("status_overall")).get("status_code")) is None:
        raise Unproven("it tells no overall status code, as status.io does")
    maintenance = mapping(result.get("maintenance"))
    told = (
        *(_event(each) for each in items(result.get("incidents", []), "incidents")),
        *(_maintenance(each, "open") for each in mappings(maintenance.get("active"))),
        *(_maintenance(each, "scheduled") for each in mappings(maintenance.get("upcoming"))),
    )
    return (*told, *not_told_yet(_parts(items(result.get("status", []), "components")), told))


def _event(data: Mapping[str, Any]) -> FeedIncident:
    latest = latest_of(mappings(data.get("messages")), _said_at)
    codes = [code(each.get("status")) for each in mappings(data.get("messages"))]
    worst = max((each for each in codes if each in _SEVERITY), default=None)
    closed = code(latest.get("state")) == _RESOLVED or bool(data.get("datetime_resolved"))
    return _make(data, latest, "incident", closed, _SEVERITY.get(worst or 0, "unknown"))


def _maintenance(data: Mapping[str, Any], state: str) -> FeedIncident:
    latest = latest_of(mappings(data.get("messages")), _said_at)
    return _make(data, latest, "maintenance", False, "none", state)


def _make(
    data: Mapping[str, Any],
    latest: Mapping[str, Any],
    kind: str,
    closed: bool,
    severity: str,
    state: str = "open",
) -> FeedIncident:
    known = identifier(data.get("_id")) or identifier(data.get("id"))
    if not known:
        raise Unproven("an incident has no id")
    ended = first(moment(data.get("datetime_resolved")), _said_at(latest))
    return FeedIncident(
        id=known,
        kind=kind,
        state="resolved" if closed else state,
        severity=severity,
        components=_affected(data),
        regions=(),
        started_at=first(
            moment(data.get("datetime_planned_start")), moment(data.get("datetime_open"))
        ),
        updated_at=_said_at(latest),
        resolved_at=ended if closed else None,
        title=title(data.get("name")),
        text=text(latest.get("details")),
        url="",
    )


def _affected(data: Mapping[str, Any]) -> tuple[FeedComponent, ...]:
    """The components, with the place ("container") after the name where there is only one."""
    places = [title(each.get("name")) for each in mappings(data.get("containers_affected"))]
    found = (
        FeedComponent(
            identifier(each.get("_id") or each.get("id")), _in_place(each.get("name"), places)
        )
        for each in mappings(data.get("components_affected"))
    )
    return tuple(dict.fromkeys(each for each in found if each.id or each.name))


def _in_place(name: object, places: list[str]) -> str:
    known = title(name)
    return f"{known}{WITHIN}{places[0]}"[:300] if len(places) == 1 and places[0] else known


def _parts(components: list[Mapping[str, Any]]) -> list[FeedIncident]:
    """The components that are not well, and where, as their containers tell."""
    found = []
    for each in components:
        status = code(each.get("status_code"))
        if status not in _SEVERITY and status != _MAINTENANCE:
            continue
        places = [
            title(part.get("name"))
            for part in mappings(each.get("containers"))
            if code(part.get("status_code")) == status
        ]
        known = identifier(each.get("id"))
        component = FeedComponent(known, _in_place(each.get("name"), places))
        found.append(
            told_of(
                component,
                _SEVERITY.get(status or 0, "none"),
                title(each.get("status")) or str(status),
                at=moment(each.get("updated")),
                maintenance=status == _MAINTENANCE,
            )
        )
    return [each for each in found if each.components[0].id or each.components[0].name]


def _said_at(message: Mapping[str, Any]) -> float | None:
    return moment(message.get("datetime"))
