"""Reads what Upptime writes as commit messages: `🟥 NAME is down (500 in 120 ms) [skip ci]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from downwind.evidence.upptime.sightings import (
    BadRow,
    Sighting,
    Site,
    parse_code,
    parse_milliseconds,
    parse_name,
    parse_state,
)

LONGEST_SUBJECT = 1000
# Upptime, src/update.ts: a square of the state's colour, the name, the state, the code and time.
_SQUARES = ("🟥", "🟨", "🟩")
_STATUS = re.compile(
    r"(?P<name>.+) is (?P<state>up|down|degraded(?: performance)?) "
    r"\((?P<code>\d{1,3}) in (?P<ms>\d{1,9}) ?ms\)"
)


def read_commits(
    repository: str,
    lines: Iterable[str],
    sites: Mapping[str, Site],
    bad: list[BadRow],
) -> Iterator[Sighting]:
    """Sightings from lines of `git log --format=%H%x09%ct%x09%s`; others' commits are passed over.

    A message that begins as Upptime's do and cannot be read is told in `bad`, by its commit.
    """
    for line in lines:
        commit, _, rest = line.rstrip("\n").partition("\t")
        time, _, subject = rest.partition("\t")
        if not subject.startswith(_SQUARES):
            continue
        place = f"{repository}@{commit[:12]}"
        found = _STATUS.match(subject[1 : LONGEST_SUBJECT + 1].strip())
        try:
            if found is None:
                raise ValueError(f"{subject!r:.80} is no status")
            name = parse_name(found["name"])
            site = sites.get(name)
            yield Sighting(
                repository=repository,
                site=name,
                url=site.url if site else "",
                at=_seconds(time),
                state=parse_state(found["state"].split()[0]),
                code=parse_code(found["code"]),
                milliseconds=parse_milliseconds(found["ms"]),
            )
        except ValueError as error:
            bad.append(BadRow(place, str(error)))


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError(f"{text!r:.40} is no time")
    return float(text)
