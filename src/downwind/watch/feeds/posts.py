"""What providers say of themselves, as the live loop holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from downwind.terms import Scope

Health = Literal["fresh", "stale", "broken"]
FRESH: Health = "fresh"
STALE: Health = "stale"
BROKEN: Health = "broken"
LATER = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that say "not now"; any other answer that is no feed says "no longer here"."""


@dataclass(frozen=True, slots=True)
class Post:
    """What an incident on a status page says of one scope. Its text is a stranger's: escape it."""

    provider: str
    scope: Scope
    coarse: bool
    """True where the page names something finer that the catalogue does not know, or nothing."""
    feed: str
    """The address of the feed."""
    incident: str
    """Its id there."""
    kind: str
    """incident, maintenance or notice."""
    severity: str
    """none, minor, partial, major or unknown."""
    posted_at: float
    """When it was posted, in seconds since 1970-01-01 UTC: the time that the page claims, held
    between the last look that did not find it and the first that did."""
    first_seen_at: float
    unseen_at: float | None
    """The last look that did not find it; None where the first look at the feed found it."""
    started_at: float | None
    """When, as the page claims, it began: pages date back."""
    title: str
    url: str
    closed_at: float | None = None
    """When it was over, in the same way; None while it is open."""

    @property
    def speaks(self) -> bool:
        """True unless it is maintenance, or a notice of no weight."""
        silent = self.kind == "notice" and self.severity == "none"
        return self.kind != "maintenance" and not silent


_NAMES = tuple(each.name for each in fields(Post))


def post_to_json(post: Post) -> dict[str, Any]:
    """The post for a snapshot."""
    return {name: getattr(post, name) for name in _NAMES} | {"scope": str(post.scope)}


def post_of_json(data: Mapping[str, Any]) -> Post:
    """The post that this tells; raises ValueError, KeyError, TypeError where it tells none."""
    scope = Scope.read(data["scope"])
    if scope is None:
        raise ValueError(f"this is no scope: {data['scope']!r:.60}")
    return Post(**{**data, "scope": scope})


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """Whether a feed can be relied on to speak."""

    url: str
    providers: tuple[str, ...]
    format: str
    """The format that was read last, or else that of the catalogue."""
    health: Health
    """fresh; stale: not read for some intervals; broken: it answers with what cannot be read."""
    reason: str
    """Why it is not fresh."""
    seen_at: float | None
    """When it was last read."""
    tried_at: float | None


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something to tell about a feed."""

    at: float
    url: str
    providers: tuple[str, ...]
    what: str
    """posted, changed, closed, health, moved (to another host) or format (another platform)."""
    text: str
    """In a sentence. Holds a stranger's text: escape it."""
