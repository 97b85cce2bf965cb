"""Incidents and their events as JSON and as evidence, and back, strictly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from downwind.terms import Evidence, LogDamaged, Seen
from downwind.watch.incidents.types import Cause, Change, Incident, IncidentEvent, StatusPage

KIND = "watch.incident"
VERSION = 1


def event_to_evidence(event: IncidentEvent, vantage: str) -> Evidence:
    """The record that the log keeps of an event."""
    return Evidence(event.incident, KIND, Seen(_event_value(event)), event.at, vantage)


def event_of_evidence(evidence: Evidence) -> IncidentEvent:
    """The event that a record tells; raises LogDamaged where it tells none."""
    value = evidence.value
    if evidence.kind != KIND or value is None or value.get("version") != VERSION:
        raise _wrong(evidence, "it is not of this version")
    try:
        return _event_of(value, evidence.subject, evidence.at)
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(evidence, str(error)) from error


def event_to_json(event: IncidentEvent) -> dict[str, Any]:
    """The whole event in JSON's own types."""
    return {"incident": event.incident, "at": event.at, **_event_value(event)}


def event_of_json(data: Mapping[str, Any]) -> IncidentEvent:
    """The event that this JSON form tells; raises ValueError where it tells none."""
    try:
        return _event_of(data, _text(data["incident"]), _number(data["at"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no event: {error}") from error


def _event_value(event: IncidentEvent) -> dict[str, Any]:
    return {
        "version": VERSION,
        "number": event.number,
        "event": event.kind,
        "changes": dict(event.changes),
        "joined": list(event.joined),
        "back": list(event.back),
        "by": event.by,
        "text": event.text,
    }


def _event_of(value: Mapping[str, Any], incident: str, at: float) -> IncidentEvent:
    return IncidentEvent(
        incident=incident,
        number=_whole(value["number"]),
        at=at,
        kind=_text(value["event"]),
        changes=_changes(value["changes"]),
        joined=_texts(value["joined"]),
        back=_texts(value["back"]),
        by=_text(value["by"]),
        text=_text(value["text"]),
    )


def incident_to_json(incident: Incident) -> dict[str, Any]:
    """The whole incident in JSON's own types."""
    return {each.name: field_to_json(incident, each.name) for each in fields(incident)}


def incident_of_json(data: Mapping[str, Any]) -> Incident:
    """The incident that this JSON form tells; raises ValueError where it tells none."""
    try:
        return Incident(**{name: _READ[name](data[name]) for name in _READ})
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no incident: {error}") from error


def field_to_json(incident: Incident, name: str) -> Any:
    """One field in JSON's own types; sets are sorted."""
    value = getattr(incident, name)
    match value:
        case frozenset():
            return sorted(value)
        case Cause():
            return {"kind": value.kind, "name": value.name}
        case StatusPage():
            return {key: getattr(value, key) for key in _PAGE}
        case tuple():
            return [_item_to_json(each) for each in value]
        case _:
            return value


def changed(incident: Incident, changes: Mapping[str, Any]) -> Incident:
    """The incident with these fields, given in their JSON form."""
    return replace(incident, **{name: _READ[name](value) for name, value in changes.items()})


def _item_to_json(item: object) -> object:
    if isinstance(item, Change):
        return {"at": item.at, "service": item.service, "title": item.title, "by": item.by}
    return list(item) if isinstance(item, tuple) else item


def _changes(data: object) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ValueError("changes is no mapping")
    for name, value in data.items():
        if name not in _READ or name == "id":
            raise ValueError(f"an incident has no {name!r:.40}")
        _READ[name](value)
    return dict(data)


def _wrong(evidence: Evidence, why: str) -> LogDamaged:
    return LogDamaged(
        f"This is no event of an incident: {why}.", where=f"{evidence.kind} {evidence.subject:.80}"
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r:.40} is no list")
    return tuple(_text(each) for each in value)


def _set(value: object) -> frozenset[str]:
    return frozenset(_texts(value))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r:.40} is no number")
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r:.40} is no whole number")
    return value


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r:.40} is neither true nor false")
    return value


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)


def _one_of(*words: str) -> Callable[[object], Any]:
    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"{value!r:.40} is none of {', '.join(words)}")
        return str(value)

    return read


def _cause(value: object) -> Cause:
    data = _mapping(value)
    return Cause(_one_of("scope", "own", "vantage", "unknown")(data["kind"]), _text(data["name"]))


def _page(value: object) -> StatusPage | None:
    if value is None:
        return None
    data = _mapping(value)
    return StatusPage(
        _text(data["provider"]),
        _one_of("green", "posted", "unknown")(data["state"]),
        _maybe(data["since"]),
        _text(data["title"]),
        _text(data["url"]),
    )


def _own_changes(value: object) -> tuple[Change, ...]:
    items = (_mapping(each) for each in _items(value))
    return tuple(
        Change(_number(i["at"]), _text(i["service"]), _text(i["title"]), _text(i["by"]))
        for i in items
    )


def _weighed(value: object) -> tuple[tuple[str, float], ...]:
    return tuple((_text(name), _number(weight)) for name, weight in _items(value))


def _told(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((_text(name), _text(why)) for name, why in _items(value))


def _items(value: object) -> Iterable[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r:.40} is no list")
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r:.40} is no mapping")
    return value


_PAGE = ("provider", "state", "since", "title", "url")
_READ: Mapping[str, Callable[[Any], Any]] = {
    "id": _text,
    "cause": _cause,
    "verdict": _text,
    "confidence": _number,
    "since": _number,
    "opened_at": _number,
    "updated_at": _number,
    "number": _whole,
    "status": _one_of("open", "closed"),
    "layer": _text,
    "victims": _set,
    "failing": _set,
    "watched": _whole,
    "saved": _texts,
    "slow": _yes,
    "severity": _number,
    "contradicts": _texts,
    "rivals": _weighed,
    "alongside": _texts,
    "parts": _texts,
    "same": _texts,
    "separating": _texts,
    "consequences": _told,
    "page": _page,
    "changes": _own_changes,
    "dependent": _text,
    "windows": _texts,
    "silent": _yes,
    "acknowledged_by": _text,
    "acknowledged_at": _maybe,
    "closed_at": _maybe,
    "closed_why": _text,
    "muted": _yes,
    "merged_into": _text,
    "reopened": _whole,
    "detail_at": _number,
}
