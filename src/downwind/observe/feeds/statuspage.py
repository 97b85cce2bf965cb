"""Reads the API of Atlassian Statuspage, version 2, and of pages that are compatible with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from downwind.observe.feeds.grouping import Grouping
from downwind.observe.feeds.parts import MAINTENANCE, SEVERITY, not_told_yet, told_of, whole
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

_CLOSED = ("resolved", "postmortem", "completed", "maintenance_complete")
_SCHEDULED = ("scheduled", "maintenance_scheduled")
_SEVERITY = {
    "none": "none",
    "minor": "minor",
    "major": "partial",
    "critical": "major",
    "maintenance": "none",
}


def read_statuspage(data: Any, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of summary.json, incidents.json, components.json or status.json.

    Raises Unproven. The overall indicator counts only in status.json, which has nothing else: of
    hundreds of components some are always bad.
    """
    page = mapping(mapping(data).get("page"))
    if not (identifier(page.get("id")) or link(page.get("url"))):
        raise Unproven("it names no page, as Statuspage does")
    if not {"incidents", "components", "scheduled_maintenances"} & data.keys():
        return _overall(mapping(data.get("status")), page)
    components = items(data.get("components", []), "components")
    # components.json and the lists of maintenances tell no incidents.
    told = items(data.get("incidents", []), "incidents")
    maintenances = items(data.get("scheduled_maintenances", []), "maintenances")
    grouping = Grouping.of(components)
    incidents = (
        *(_incident(each, grouping, maintenance=False) for each in told),
        *(_incident(each, grouping, maintenance=True) for each in maintenances),
    )
    parts = not_told_yet(_products(components, grouping), incidents)
    said = {code for each in incidents if each.state == "open" for code in each.regions}
    return (*incidents, *parts, *_places(components, grouping, said))


def _overall(status: Mapping[str, Any], page: Mapping[str, Any]) -> tuple[FeedIncident, ...]:
    indicator, described = str(status.get("indicator")), title(status.get("description"))
    if indicator not in _SEVERITY or not described:
        raise Unproven("there is no list of incidents")
    if indicator in ("none", "maintenance"):
        return ()
    at = moment(page.get("updated_at"))
    return (whole(described, _SEVERITY[indicator], at=at),)


def _incident(data: Mapping[str, Any], grouping: Grouping, *, maintenance: bool) -> FeedIncident:
    known = identifier(data.get("id"))
    if not known:
        raise Unproven("an incident has no id")
    latest = latest_of(mappings(data.get("incident_updates")), _said_at)
    impact = data.get("impact")
    maintenance = maintenance or impact == "maintenance"
    state = _state(data.get("status"))
    components, regions = _affected(data, latest, grouping)
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


def _id(component: Mapping[str, Any]) -> str:
    return identifier(component.get("id"))


def _said_at(update: Mapping[str, Any]) -> float | None:
    return first(moment(update.get("display_at")), moment(update.get("created_at")))


def _affected(
    data: Mapping[str, Any], latest: Mapping[str, Any], grouping: Grouping
) -> tuple[tuple[FeedComponent, ...], tuple[str, ...]]:
    told = mappings(data.get("components")) or mappings(latest.get("affected_components"))
    components: list[FeedComponent] = []
    groups: list[FeedComponent] = []
    regions: list[str] = []
    for each in told:
        name = title(each.get("name"))
        known = identifier(each.get("id")) or identifier(each.get("code"))
        if code := grouping.place(known, name):
            regions.append(code)
        elif grouping.in_place(known):
            continue
        elif grouping.is_group(known) or each.get("group") is True:
            groups.append(FeedComponent(known, name))
        elif known or name:
            components.append(FeedComponent(known, grouping.named(known, name)))
    # A group stands beside its members, and alone only where nothing finer is told.
    components = components or ([] if regions else groups)
    return tuple(dict.fromkeys(components)), tuple(dict.fromkeys(regions))


def _products(
    components: Sequence[Mapping[str, Any]], grouping: Grouping
) -> tuple[FeedIncident, ...]:
    """The products that are marked as not well; groups and places are none."""
    found = []
    for each in components:
        known, name = identifier(each.get("id")), title(each.get("name"))
        status = str(each.get("status"))
        if not (known or name) or (status not in SEVERITY and status != MAINTENANCE):
            continue
        if grouping.is_group(known) or grouping.in_place(known) or grouping.place(known, name):
            continue
        at = moment(each.get("updated_at"))
        component = FeedComponent(known, grouping.named(known, name))
        severity = SEVERITY.get(status, "none")
        word = status.replace("_", " ")
        found.append(told_of(component, severity, word, at=at, maintenance=status == MAINTENANCE))
    return tuple(found)


def _places(
    components: Sequence[Mapping[str, Any]], grouping: Grouping, said: Collection[str]
) -> tuple[FeedIncident, ...]:
    """The places of each status of which no incident speaks, as one silent notice.

    On a normal day some thirty of Cloudflare's are re-routed: it is no news, and yet says where.
    """
    found: dict[str, list[str]] = {}
    for each in components:
        code = grouping.place(_id(each), title(each.get("name")))
        status = str(each.get("status"))
        unwell = status in SEVERITY or status == MAINTENANCE
        if code and unwell and code not in said and not grouping.is_group(_id(each)):
            found.setdefault(status, []).append(code)
    return tuple(
        FeedIncident(
            id=f"places:{status}",
            kind="maintenance" if status == MAINTENANCE else "notice",
            state="open",
            severity="none",
            components=(),
            regions=tuple(dict.fromkeys(codes)),
            started_at=None,
            updated_at=None,
            resolved_at=None,
            title=f"Places: {status.replace('_', ' ')}",
            text="",
            url="",
        )
        for status, codes in found.items()
    )
