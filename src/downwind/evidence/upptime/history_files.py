"""Reads the files `history/NAME.yml` of Upptime, each the last state of one site.

They tell what commit messages of an unknown form do not.
"""

from __future__ import annotations

import re

from downwind.evidence.upptime.commits import FindSite
from downwind.evidence.upptime.sightings import (
    Sighting,
    parse_code,
    parse_milliseconds,
    parse_state,
    parse_time,
)
from downwind.evidence.upptime.sites_file import bare_url

_LINE = re.compile(r"^(?P<key>\w+):[ \t]*(?P<value>.*?)[ \t\r]*$", re.MULTILINE)
LARGEST_FILE = 20_000


def read_state_file(
    repository: str, text: str, name: str, at: float, find: FindSite, commit: str = ""
) -> Sighting:
    """What the file says of the site of that name; `at` is when it was committed, and counts where
    the file tells no time. Raises ValueError.
    """
    text = text[:LARGEST_FILE].removeprefix("\ufeff")
    told = {found["key"]: found["value"].strip("'\"") for found in _LINE.finditer(text)}
    if "status" not in told:
        raise ValueError("it tells no status")
    site = find(name, at)
    return Sighting(
        repository=repository,
        site=name,
        url=site.url if site else bare_url(told.get("url", "")),
        at=_time(told.get("lastUpdated", ""), at),
        state=parse_state(told["status"]),
        code=parse_code(told.get("code", "0") or "0"),
        milliseconds=parse_milliseconds(told.get("responseTime", "")),
        commit=commit,
    )


def _time(text: str, committed: float) -> float:
    """No later than the commit: a probe is not made after it is written down."""
    try:
        return min(parse_time(text), committed)
    except ValueError:
        return committed
