"""What a page says of a part of the provider, where it tells no incident of that part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from downwind.observe.feeds.reading import FeedComponent, FeedIncident

WITHIN = " > "
"""Between the name of a group and that of a component in it."""
MOST_PARTS = 50
"""A page of which more than this is bad at once says it of its first ones."""

SEVERITY: Mapping[str, str] = MappingProxyType(
    {
        "degraded_performance": "minor",
        "partial_outage": "partial",
        "major_outage": "major",
        "full_outage": "major",
    }
)
"""Words for a part that is not well, as Statuspage and incident.io have them."""
MAINTENANCE = "under_maintenance"


def told_of(
    component: FeedComponent,
    severity: str,
    word: str,
    *,
    at: float | None = None,
    maintenance: bool = False,
    url: str = "",
) -> FeedIncident:
    """The part's own state as an open incident; `at` is when it last changed."""
    return FeedIncident(
        id=f"part:{component.id or component.name}"[:300],
        kind="maintenance" if maintenance else "incident",
        state="open",
        severity="none" if maintenance else severity,
        components=(component,),
        regions=(),
        started_at=at,
        updated_at=at,
        resolved_at=None,
        title=f"{component.name or component.id}: {word}"[:300],
        text="",
        url=url,
    )


def whole(word: str, severity: str, *, at: float | None = None, text: str = "") -> FeedIncident:
    """The state of the whole page as an open incident, where it names nothing smaller."""
    return FeedIncident(
        id="page",
        kind="incident",
        state="open",
        severity=severity,
        components=(),
        regions=(),
        started_at=at,
        updated_at=at,
        resolved_at=None,
        title=word,
        text=text,
        url="",
    )


def not_told_yet(
    parts: Iterable[FeedIncident], incidents: Iterable[FeedIncident]
) -> tuple[FeedIncident, ...]:
    """The parts of which no open incident speaks, by id or name."""
    spoken: set[str] = set()
    for incident in incidents:
        if incident.state == "open":
            for each in incident.components:
                spoken.update(word for word in (each.id, each.name) if word)
    kept = [
        part
        for part in parts
        if not any(each.id in spoken or each.name in spoken for each in part.components)
    ]
    return tuple(kept[:MOST_PARTS])
