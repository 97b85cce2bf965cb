"""What robots.txt asks for (RFC 9309), fetched once for each server and kept to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from downwind.observe.failures import HttpFailed, LayerFailed
from downwind.observe.http import follow
from downwind.observe.session import Session
from downwind.observe.urls import Url, parse_url

CAP = 512_000
"""RFC 9309, 2.5: at least 500 kibibytes are read."""
AGENT = "downwind"
_MOST_RULES = 2_000
_LONGEST_PATH = 2_000
_UNAVAILABLE = range(400, 500)
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class _Rule:
    allow: bool
    path: str
    parts: tuple[str, ...]
    """What stands between the stars, the first at the beginning."""
    whole: bool
    """The last part stands at the end."""

    def fits(self, at: str) -> bool:
        """Each part at its first place; no place is tried twice, whatever a stranger wrote."""
        first, *middle = self.parts
        place = len(first)
        if not at.startswith(first):
            return False
        last = middle.pop() if self.whole and middle else None
        for part in middle:
            found = at.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        if last is None:
            return not self.whole or place == len(at)
        return at.endswith(last) and len(at) - len(last) >= place


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that hold for Downwind."""

    rules: tuple[_Rule, ...] = ()

    def allows(self, path: str) -> bool:
        """The longest rule that fits decides; of two as long, the one that allows."""
        at = _normal(path)
        fitting = [rule for rule in self.rules if rule.fits(at)]
        best = max(fitting, key=lambda rule: (len(rule.path), rule.allow), default=None)
        return best is None or best.allow


def read_robots(text: str, agent: str = AGENT) -> Rules:
    """The rules of the groups that name `agent`, else of those for everybody; never raises."""
    mine: list[_Rule] = []
    everybody: list[_Rule] = []
    named = starred = found = False
    in_rules = True
    for key, value in _lines(text):
        if key == "user-agent":
            if in_rules:
                named = starred = in_rules = False
            token = re.match(r"[A-Za-z_-]*", value)
            named = named or (token is not None and token[0].lower() == agent)
            starred = starred or value == "*"
            found = found or named
        elif key in ("allow", "disallow"):
            in_rules = True
            rule = _rule(key == "allow", value)
            if rule is not None and named and len(mine) < _MOST_RULES:
                mine.append(rule)
            if rule is not None and starred and len(everybody) < _MOST_RULES:
                everybody.append(rule)
    return Rules(tuple(mine if found else everybody))


def _lines(text: str) -> Iterable[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _rule(allow: bool, path: str) -> _Rule | None:
    """None for an empty path, which forbids nothing."""
    if not path or len(path) > _LONGEST_PATH:
        return None
    bare = path.removesuffix("$")
    parts = tuple(_normal(part) for part in bare.split("*"))
    return _Rule(allow, path, parts, bare != path)


def _normal(path: str) -> str:
    """RFC 9309, 2.2.2: compared octet by octet, each written in one way."""
    return quote(unquote_to_bytes(path), safe="/?=&;:@!$'()*+,~-._")


class Robots:
    """Asks each server's robots.txt once, before anything but a named front page is fetched."""

    def __init__(self, named: Set[str]) -> None:
        self._named = named
        self._rules: dict[tuple[str, str, int], Rules | str] = {}
        self._asking: dict[tuple[str, str, int], asyncio.Lock] = {}

    async def permit(self, session: Session, url: str) -> None:
        """Raises HttpFailed where the server asks not to fetch this URL."""
        to = parse_url(url)
        if to.target == "/" and to.host in self._named:
            return
        async with self._asking.setdefault(to.door, asyncio.Lock()):
            if to.door not in self._rules:
                self._rules[to.door] = await _fetch(session, to)
        rules = self._rules[to.door]
        if isinstance(rules, str):
            raise HttpFailed(f"not fetched: {rules}", where=to.host)
        if not rules.allows(to.target):
            reason = f"not fetched: robots.txt of {to.host} asks not to fetch {to.target[:80]}"
            raise HttpFailed(reason, where=to.host)


async def _fetch(session: Session, to: Url) -> Rules | str:
    """The rules, or why nothing may be fetched: RFC 9309, 2.3.1.4."""
    url = f"{to.scheme}://{to.authority}/robots.txt"
    trace = session.trace
    try:
        reply = (await follow(session, url, cap=CAP, partial=True)).reply
    except LayerFailed as failed:
        return f"robots.txt of {to.host} could not be read: {failed.reason}"
    finally:
        session.trace = trace
    if reply.status in _UNAVAILABLE and reply.status != _TOO_MANY:
        return Rules()
    if not 200 <= reply.status < 300:
        return f"robots.txt of {to.host} is answered with status {reply.status}"
    return read_robots(reply.text())
