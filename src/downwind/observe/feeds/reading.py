"""What a status feed says, in the same words whatever its format."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FeedComponent:
    """What the provider says is affected, by its own id and name; one of them may be empty."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class FeedIncident:
    """One incident as its provider tells it. All text is a stranger's: escape it."""

    id: str
    kind: str
    """incident, maintenance or notice."""
    state: str
    """open, resolved or scheduled."""
    severity: str
    """none, minor, partial, major or unknown."""
    components: tuple[FeedComponent, ...]
    """Empty where the feed names none."""
    regions: tuple[str, ...]
    """Ids of regions, or airport codes of places; empty for all, and where the feed names none."""
    started_at: float | None
    """This and the next two: seconds since 1970-01-01 UTC; None where missing or malformed."""
    updated_at: float | None
    resolved_at: float | None
    title: str
    text: str
    """Of the latest update, without HTML."""
    url: str
    """Absolute, or relative to the feed's own; empty where there is none."""

    @property
    def speaks(self) -> bool:
        """True unless it is maintenance, or a notice of no weight (a place that is re-routed)."""
        silent = self.kind == "notice" and self.severity == "none"
        return self.kind != "maintenance" and not silent

    def to_json(self) -> dict[str, Any]:
        """The fields by name; components as mappings of id and name."""
        return asdict(self) | {
            "components": [asdict(each) for each in self.components],
            "regions": list(self.regions),
        }


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What a feed said, or why nobody can tell."""

    health: str
    """fresh or broken. A broken feed says nothing: it is neither calm nor alarmed."""
    reason: str = ""
    """Why it is broken."""
    incidents: tuple[FeedIncident, ...] = ()

    @property
    def open(self) -> tuple[FeedIncident, ...]:
        """The incidents that are open now, maintenance included."""
        return tuple(each for each in self.incidents if each.state == "open")

    @property
    def speaks(self) -> bool:
        """True where the provider owns to an open incident that is no maintenance."""
        return any(each.speaks for each in self.open)

    def to_json(self) -> dict[str, Any]:
        """The fields by name, with `speaks`."""
        return {
            "health": self.health,
            "reason": self.reason,
            "speaks": self.speaks,
            "incidents": [each.to_json() for each in self.incidents],
        }
