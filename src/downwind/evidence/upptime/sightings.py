"""What one row of an Upptime history says."""

from __future__ import annotations

import contextlib
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["up", "degraded", "down"]
STATES: Mapping[str, State] = {"up": "up", "degraded": "degraded", "down": "down"}
LONGEST_NAME = 120
LONGEST_URL = 2048
_LONGEST_ANSWER_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """A site as it was seen at one moment by the runner of one repository."""

    repository: str
    site: str
    """Its name within the repository."""
    url: str
    """Empty, or a name such as `$API`, where the owner keeps it secret."""
    at: float
    """Seconds since 1970-01-01 UTC."""
    state: State
    code: int
    """The HTTP status; 0 where no HTTP answer came."""
    milliseconds: float | None
    """None where it was not told, or not as a number."""
    segment: str = ""
    """The stretch of time that the row was collected for; empty in a whole history."""
    commit: str = ""
    """The hash of the commit that holds it; empty where it is not told."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.repository, self.site)


@dataclass(frozen=True, slots=True)
class Site:
    """What is said of a site beside its rows."""

    repository: str
    name: str
    url: str
    provider: str = ""
    """As stated by the owner or by the host name; empty where nobody says."""
    stated_by: str = ""
    expected: frozenset[int] = frozenset()
    """Statuses that its owner counts as up beside the usual ones."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read."""

    place: str
    """File and line, or the commit."""
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(frozen=True, slots=True)
class Read:
    """All that was read, oldest first, each moment of a site once; and what was not."""

    sightings: tuple[Sighting, ...]
    sites: tuple[Site, ...]
    bad: tuple[BadRow, ...]

    @classmethod
    def of(
        cls, sightings: Sequence[Sighting], sites: Sequence[Site], bad: Sequence[BadRow]
    ) -> Read:
        """Put in order; a row that came for two segments counts once.

        A commit that several repositories hold (one is a fork of the other) counts in one of them:
        in both, it would be two owners who fell together.
        """
        sightings = _of_one_repository(sightings)
        once = {(s.at, s.repository, s.site, s.state, s.code): s for s in reversed(sightings)}
        return cls(tuple(once[key] for key in sorted(once)), tuple(sites), tuple(bad))


def _of_one_repository(sightings: Iterable[Sighting]) -> list[Sighting]:
    rows = sorted(sightings, key=lambda each: each.repository)
    first: dict[str, str] = {}
    return [
        each
        for each in rows
        if not each.commit or first.setdefault(each.commit, each.repository) == each.repository
    ]


def parse_time(text: str) -> float:
    """An ISO time with its offset or Z; raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r:.40} has no time zone")
    return found.timestamp()


def parse_state(text: str) -> State:
    """up, degraded or down; raises ValueError."""
    if (state := STATES.get(text.strip().lower())) is None:
        raise ValueError(f"{text!r:.40} is no state: up, degraded or down")
    return state


def parse_code(text: str) -> int:
    """An HTTP status, or 0; raises ValueError."""
    code = _whole(text)
    if not (code == 0 or 100 <= code <= 999):  # LinkedIn answers 999
        raise ValueError(f"{text!r:.40} is no HTTP status")
    return code


def parse_codes(said: Iterable[object]) -> frozenset[int]:
    """The statuses among what an owner expects; what is none (2xx, 200-299) is passed over."""
    found = set()
    for each in said:
        with contextlib.suppress(ValueError):
            found.add(parse_code(str(each).strip()))
    return frozenset(found)


def parse_milliseconds(text: str) -> float | None:
    """A time to answer in ms; None where it is empty or NaN; raises ValueError."""
    text = text.strip()
    if text.lower() in ("", "nan", "undefined", "null", "infinity"):
        return None
    if not (text.isascii() and len(text) <= 20 and text.replace(".", "", 1).isdigit()):
        raise ValueError(f"{text!r:.40} is no number")
    found = float(text)
    if not (math.isfinite(found) and 0 <= found <= _LONGEST_ANSWER_MS):
        raise ValueError(f"{text!r:.40} is no time to answer")
    return found


def parse_name(text: str) -> str:
    """A site's or a repository's name; raises ValueError.

    Marks that are not seen (what joins emoji, a byte order mark) are left out.
    """
    seen = "".join(each for each in text if unicodedata.category(each) != "Cf")
    name = " ".join(seen.split())
    if not name:
        raise ValueError("the name is empty")
    if not name.isprintable() or len(name) > LONGEST_NAME or "${" in name:
        raise ValueError(f"{name!r:.40} is no name")
    return name


def parse_url(text: str) -> str:
    """A URL, or what stands for a secret one; raises ValueError where it is too long."""
    if len(text) > LONGEST_URL or not text.isprintable():
        raise ValueError(f"{text!r:.40} is no URL")
    return text.strip()


def _whole(text: str) -> int:
    """Python would take 1_000 and other scripts' digits, too."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError(f"{text!r:.40} is no whole number")
    return int(text)
