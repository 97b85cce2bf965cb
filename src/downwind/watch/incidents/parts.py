"""The parts of the sentence that tells an incident; `show` puts them into words."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.watch.incidents.types import Change, Incident, StatusPage


@dataclass(frozen=True, slots=True)
class Parts:
    """Who, what, since when, how many, how sure: nothing in it is a sentence yet."""

    who: str
    """The scope, service or vantage at fault; empty where unknown."""
    blame: str
    """them, us, vantage or unknown."""
    sure: bool
    confidence: float
    layer: str
    since: float
    lasted: float
    """Seconds from the onset until now, or until it closed."""
    victims: tuple[str, ...]
    """Those that fail now; of a closed incident all that it hit."""
    hit: int
    """All that it ever hit."""
    of: int
    """Targets watched."""
    saved: tuple[str, ...]
    changes: tuple[Change, ...]
    changes_hours: float
    """Hours before the onset in which changes were looked for."""
    page: StatusPage | None
    independent: bool
    dependent_why: str
    rivals: tuple[tuple[str, float], ...]
    alongside: tuple[str, ...]
    """Victims that nothing on the map leads from to the cause."""
    parts: tuple[str, ...]
    """What of the cause fails together, where it is more than one part of it."""
    same: tuple[str, ...]
    separating: tuple[str, ...]
    severity: float
    contradicts: tuple[str, ...]
    open: bool


def parts_of(incident: Incident, now: float, changes_before: float = 6 * 3600.0) -> Parts:
    """What is to be said of an incident at this moment."""
    blame = {"scope": "them", "own": "us", "vantage": "vantage"}.get(incident.cause.kind, "unknown")
    until = now if incident.closed_at is None else incident.closed_at
    return Parts(
        who=incident.cause.name,
        blame=blame,
        sure=incident.verdict in ("provider", "vantage", "own"),
        confidence=incident.confidence,
        layer=incident.layer,
        since=incident.since,
        lasted=max(0.0, until - incident.since),
        victims=tuple(sorted(incident.failing if incident.open else incident.victims)),
        hit=len(incident.victims),
        of=incident.watched,
        saved=incident.saved,
        changes=incident.changes,
        changes_hours=changes_before / 3600,
        page=incident.page,
        independent=not incident.dependent,
        dependent_why=incident.dependent,
        rivals=incident.rivals,
        alongside=incident.alongside,
        parts=incident.parts,
        same=incident.same,
        separating=incident.separating,
        severity=incident.severity,
        contradicts=incident.contradicts,
        open=incident.open,
    )
