"""What an RDAP server says of a domain (RFC 9083): registrar and dates, and nobody's person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

_LONGEST = 200
_MOST = 50
_DATES = {
    "expiration": "expires",
    "registration": "registered",
    "last changed": "changed",
    "registrar expiration": "registrar_expires",
}


def read_domain(data: Any, domain: str) -> dict[str, Any]:
    """The value of rdap.domain; raises ValueError where it speaks of no domain, or of another."""
    if not isinstance(data, Mapping) or data.get("objectClassName") != "domain":
        raise ValueError("it speaks of no domain")
    name = _text(data.get("ldhName")).lower().rstrip(".")
    if name and name != domain:
        raise ValueError(f"it speaks of {name!r:.80}")
    problems: list[str] = []
    registrar, number = _registrar(_objects(data.get("entities")))
    if not registrar:
        problems.append("it names no registrar")
    dates = _dates(_objects(data.get("events")), problems)
    if "expires" not in dates:
        problems.append("it names no end of the registration")
    return {
        "registrar": registrar,
        "registrar_id": number,
        "expires": dates.get("expires"),
        "registered": dates.get("registered"),
        "changed": dates.get("changed"),
        "status": sorted({_text(each) for each in _items(data.get("status"))} - {""}),
        "name_servers": _name_servers(_objects(data.get("nameservers"))),
        "problems": problems,
    }


def _items(value: Any) -> Iterable[Any]:
    return value[:_MOST] if isinstance(value, list) else ()


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    return (each for each in _items(value) if isinstance(each, Mapping))


def _text(value: Any) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def _registrar(entities: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """Its name and its number at IANA; of entities in other roles nothing is read."""
    for entity in entities:
        if "registrar" not in [_text(role).lower() for role in _items(entity.get("roles"))]:
            continue
        number = next(
            (
                _text(each.get("identifier"))
                for each in _objects(entity.get("publicIds"))
                if _text(each.get("type")).lower() == "iana registrar id"
            ),
            "",
        )
        return _full_name(entity.get("vcardArray")) or _text(entity.get("handle")), number
    return "", ""


def _full_name(card: Any) -> str:
    """The property `fn` of a jCard (RFC 7095)."""
    properties = card[1] if isinstance(card, list) and len(card) > 1 else None
    for each in _items(properties):
        if isinstance(each, list) and len(each) > 3 and _text(each[0]).lower() == "fn":
            return _text(each[3])
    return ""


def _dates(events: Iterable[Mapping[str, Any]], problems: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for event in events:
        name = _DATES.get(_text(event.get("eventAction")).lower())
        if name is None:
            continue
        at = _time(_text(event.get("eventDate")))
        if at is None:
            problems.append(f"its date of {_text(event.get('eventAction'))} cannot be read")
        else:
            found.setdefault(name, at)
    return found


def _time(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _name_servers(servers: Iterable[Mapping[str, Any]]) -> list[str]:
    names = (_text(server.get("ldhName")).lower().rstrip(".") for server in servers)
    return sorted({name for name in names if name})
