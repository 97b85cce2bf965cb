"""Histories of owners, days and outages that nobody has seen, in the form of the data's tables."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

DAY = 86_400.0
ROWS = "repo site_name url time_utc state http_code latency_ms commit segment kind"
SITES = "repo site_name url provider_stated evidence expected_status_codes down_codes"

Place = tuple[str, str]
"""Repository and site."""


@dataclass
class Unseen:
    """Rows, made up by a seed."""

    random: random.Random
    begins: float = datetime(2027, 3, 1, tzinfo=UTC).timestamp()
    segment: str = "OUT"
    sites: dict[Place, tuple[str, str]] = field(default_factory=dict)
    """URL and stated provider."""
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def site(self, repository: str, name: str, provider: str = "") -> Place:
        owner = repository.partition("/")[0]
        url = f"https://s{len(self.sites)}.{owner}.example"
        self.sites[repository, name] = (url, provider)
        return repository, name

    def repositories(self) -> list[str]:
        return list(dict.fromkeys(repository for repository, _ in self.sites))

    def seen(self, place: Place, at: float, code: int = 200) -> None:
        state = "up" if code == 200 else "down"
        time = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        commit = f"{len(self.rows):040x}"
        url = self.sites[place][0]
        self.rows.append((*place, url, time, state, str(code), "90", commit, self.segment, "probe"))

    def falls(self, place: Place, at: float, code: int, seconds: float = 3000.0) -> None:
        """Down, and up again."""
        self.seen(place, at, code)
        self.seen(place, at + seconds)

    def live(self, days: int, codes: Iterable[int] = (0, 0, 500, 502, 503, 522, 403)) -> None:
        """The daily rows, and what fails now and then by itself: a site, or several of an owner."""
        some = list(codes)
        for place in self.sites:
            habit = self.random.gammavariate(0.1, 0.2)
            for day in range(days):
                self.seen(place, self.begins + day * DAY + 83_000 + self.random.random() * 300)
                if self.random.random() < habit:
                    self.falls(place, self._somewhen(day), self.random.choice(some))
        for repository in self.repositories():
            for day in range(days):
                if self.random.random() < 0.035:
                    self._fall_together(repository, self._somewhen(day), self.random.choice(some))

    def _fall_together(self, repository: str, at: float, code: int) -> None:
        for place in self.sites:
            if place[0] == repository and self.random.random() < 0.6:
                self.falls(place, at + self.random.random() * 900, code)

    def _somewhen(self, day: int) -> float:
        return self.begins + day * DAY + self.random.random() * 75_000

    def write(self, folder: Path) -> Path:
        """Both tables."""
        folder.mkdir()
        sites = [
            (*place, url, provider, "owner: a comment" if provider else "", "", "")
            for place, (url, provider) in self.sites.items()
        ]
        for name, head, lines in (("rows", ROWS, self.rows), ("sites", SITES, sites)):
            text = "\n".join("\t".join(cells) for cells in (head.split(), *lines)) + "\n"
            (folder / f"{name}.tsv.gz").write_bytes(gzip.compress(text.encode()))
        return folder


def outage_file(folder: Path, starts: float, provider: str) -> Path:
    """An hour of that provider's."""
    file = folder / "outages.yaml"
    first, last = (datetime.fromtimestamp(at, UTC).isoformat() for at in (starts, starts + 3600))
    listed = f"{{id: UNSEEN, starts: {first}, ends: {last}, providers: [{provider}]}}"
    file.write_text(f"outages:\n  - {listed}\n")
    return file
