"""Reads what Upptime writes as commit messages: `🟥 NAME is down (500 in 120 ms) [skip ci]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from downwind.evidence.upptime.sightings import (
    BadRow,
    Sighting,
    Site,
    parse_code,
    parse_milliseconds,
    parse_name,
    parse_state,
)
from downwind.evidence.upptime.sites_file import SitesFile

LONGEST_SUBJECT = 500
LONGEST_FORM = 200
"""Bounds, so that no form that somebody thinks up takes long to be held against a message."""
# Upptime, src/update.ts: a square of the state's colour, the name, the state, the code and time.
_SQUARES = ("🟥", "🟨", "🟩")
_USUAL = "$SITE_NAME is $STATUS ($RESPONSE_CODE in $RESPONSE_TIME ms)"
_PARTS = {
    "$PREFIX": "",  # it is taken off before
    "$SITE_NAME": r"(?P<name>.+)",
    "$SITE_URL": r"\S*",
    "$SITE_METHOD": r"[A-Z]{0,10}",
    "$STATUS": r"(?P<state>up|down|degraded(?: performance)?)",
    "$RESPONSE_CODE": r"(?P<code>\d{1,3})",
    "$RESPONSE_TIME": r"(?P<ms>[\d.]{1,20}|NaN|undefined|Infinity)",
}
_NEEDED = ("$SITE_NAME", "$STATUS", "$RESPONSE_CODE")
_LEADING = re.compile(r"(?::[a-z_]+:|[^\w\s(\[{#]+)\ufe0f?\s+")
"""A shortcode or signs at the beginning: some other prefix than the usual one."""

FindSite = Callable[[str, float], Site | None]
"""The site of a name, as it was written down at a time (seconds since 1970)."""


@dataclass(frozen=True, slots=True)
class Messages:
    """The forms in which a repository tells its states."""

    forms: tuple[re.Pattern[str], ...]
    prefixes: tuple[str, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, versions: Iterable[SitesFile]) -> Messages:
        """The usual form, and those that any version of the sites file states."""
        known = list(versions)
        stated = (_form(each.message) for each in known if each.message)
        forms = dict.fromkeys([_form(_USUAL), *stated])
        return cls(
            tuple(form for form in forms if form is not None),
            tuple(dict.fromkeys((*_SQUARES, *(p for each in known for p in each.prefixes)))),
            frozenset(site.name for each in known for site in each.sites),
        )

    def read(self, subject: str) -> tuple[str, re.Match[str]] | None:
        """The site's name and the rest; None where it tells no state."""
        text = " ".join(subject[:LONGEST_SUBJECT].split())
        bare = next((text[len(p) :] for p in self.prefixes if text.startswith(p)), text)
        for form in self.forms:
            found = form.match(bare.lstrip("\ufe0f ")) or form.match(text)
            name = self._name(found["name"], bare is not text) if found else None
            if found is not None and name is not None:
                return name, found
        return None

    def _name(self, told: str, prefixed: bool) -> str | None:
        """Without a stated prefix it is one that is known, perhaps behind another sign.

        `Revert "🟥 Shop is down (500 in 9 ms)"` is no state of a site.
        """
        name = parse_name(told)
        if prefixed or name in self.names:
            return name
        mark = _LEADING.match(told)
        rest = parse_name(told[mark.end() :]) if mark else ""
        return rest if rest in self.names else None


def read_commits(
    repository: str,
    lines: Iterable[str],
    find: FindSite,
    messages: Messages,
    bad: list[BadRow],
) -> Iterator[Sighting]:
    """Sightings from lines of `git log --format=%H%x09%at%x09%s`; others' commits are passed over.

    A message that begins as Upptime's do and cannot be read is told in `bad`, by its commit.
    """
    for line in lines:
        commit, _, rest = line.rstrip("\n").partition("\t")
        time, _, subject = rest.partition("\t")
        try:
            told = messages.read(subject)
            if told is None:
                if subject.startswith(_SQUARES):
                    raise ValueError(f"{subject!r:.80} is no status")
                continue
            name, found = told
            at = parse_seconds(time)
            site = find(name, at)
            yield Sighting(
                repository=repository,
                site=name,
                url=site.url if site else "",
                at=at,
                state=parse_state(found["state"].split()[0]),
                code=parse_code(found["code"]),
                milliseconds=parse_milliseconds(found.groupdict().get("ms") or ""),
                commit=commit,
            )
        except ValueError as error:
            bad.append(BadRow(f"{repository}@{commit[:12]}", str(error)))


def parse_seconds(text: str) -> float:
    """Seconds since 1970-01-01 UTC, as git writes them; raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError(f"{text!r:.40} is no time")
    return float(text)


def _form(message: str) -> re.Pattern[str] | None:
    """What such a message is read by; None where it does not tell who, how and by which code."""
    pattern, rest = "", " ".join(message.partition("\n")[0].split())
    if len(rest) > LONGEST_FORM or any(part not in rest for part in _NEEDED):
        return None
    left = dict(_PARTS)
    while rest:
        # Upptime puts each part in once, where it comes first.
        part = next((p for p in sorted(left, key=len, reverse=True) if rest.startswith(p)), None)
        pattern += left.pop(part) if part else _literal(rest[0])
        rest = rest[len(part) if part else 1 :]
    return re.compile(pattern)


def _literal(sign: str) -> str:
    return " ?" if sign == " " else re.escape(sign)


def site_finder(versions: Sequence[tuple[float, SitesFile]]) -> FindSite:
    """Looks a name up in the version of a time, else in the nearest that has it, older ones first.

    `versions` are (seconds since 1970, what was written then), oldest first.
    """
    known: dict[str, list[tuple[float, Site]]] = {}
    for at, version in versions:
        for site in version.sites:
            known.setdefault(site.name, []).append((at, site))

    def find(name: str, at: float) -> Site | None:
        told = known.get(name, ())
        before = [site for since, site in told if since <= at]
        return before[-1] if before else next((site for _, site in told), None)

    return find
