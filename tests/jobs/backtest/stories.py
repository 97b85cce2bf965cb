"""Histories made up for tests: rows as Upptime would have written them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from downwind.catalog import Catalog
from downwind.evidence.upptime import Read, Sighting, Site, to_evidence
from downwind.jobs.backtest.court import Court
from downwind.jobs.backtest.hearing import hear
from downwind.jobs.backtest.known import as_model, known_sites
from downwind.jobs.backtest.listening import Listening
from downwind.jobs.backtest.timeline import Timeline, replay

NOON = 1_760_011_200.0
"""2025-10-09T12:00Z."""
DAY = 86_400.0

Place = tuple[str, str]


def row(site: Place, minute: float, code: int = 200, url: str = "") -> Sighting:
    """What was seen so many minutes past noon."""
    state = "up" if code == 200 else "down"
    address = url or f"https://{site[1].lower()}.{site[0].partition('/')[0]}.test"
    return Sighting(site[0], site[1], address, NOON + 60 * minute, state, code, 50.0)  # type: ignore[arg-type]


def days_before(
    sites: Iterable[Place], days: int = 10, urls: Mapping[Place, str] | None = None
) -> list[Sighting]:
    """A row a day, at five to midnight, all up."""
    known = urls or {}
    return [
        row(site, 60 * 11.9 - 1440 * day, url=known.get(site, ""))
        for day in range(1, days + 1)
        for site in sites
    ]


@cache
def catalog() -> Catalog:
    """What comes with Downwind, read once."""
    return Catalog.load()


def played(
    rows: Iterable[Sighting], sites: Iterable[Site] = (), until: float = float("inf")
) -> Timeline:
    """The replay of a history."""
    read = Read.of(list(rows), list(sites), [])
    court = Court(as_model(known_sites(read, catalog())), catalog())
    probes = (probe for record in to_evidence(read.sightings) if (probe := hear(record)))
    return replay(probes, Listening(court.owner_of), court.judge, until=until)


def found(timeline: Timeline) -> set[tuple[str, str]]:
    """The verdicts, each with whom it names."""
    return {(t.finding.kind, t.finding.named) for t in timeline.troubles}
