"""All that was heard of the status feeds, in a form that outlives the watcher."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.evidence.hosts import host_of
from downwind.watch.feeds.posts import FRESH, Post, post_of_json, post_to_json
from downwind.watch.feeds.sources import WatchedFeed

MOST_CLOSED = 2_000
"""Closed posts that are remembered, for the delays."""
_PLAIN = ("format", "host", "since", "seen_at", "tried_at", "broken", "reason", "told")
"""What of a feed is kept as it is."""

PostKey = tuple[str, str, str]
"""Provider, incident and scope."""


@dataclass(slots=True)
class FeedState:
    """One feed; times in seconds since 1970-01-01 UTC."""

    feed: WatchedFeed
    format: str
    host: str
    since: float | None = None
    """When it was first read."""
    seen_at: float | None = None
    tried_at: float | None = None
    broken: bool = False
    reason: str = "not asked yet"
    told: str = FRESH
    """The health that was told last."""
    open: dict[PostKey, Post] = field(default_factory=dict)

    @classmethod
    def of(cls, feed: WatchedFeed) -> FeedState:
        return cls(feed, feed.format, host_of(feed.url))


@dataclass(slots=True)
class Heard:
    """The state of each feed, and the posts that are closed."""

    feeds: dict[str, FeedState]
    """By the feed's address."""
    closed: deque[Post] = field(default_factory=deque)
    forgotten: float | None = None
    """When the latest of those was closed that are remembered no more."""

    @classmethod
    def of(cls, feeds: Iterable[WatchedFeed]) -> Heard:
        """Nothing so far."""
        return cls({each.url: FeedState.of(each) for each in feeds})

    @classmethod
    def of_json(cls, feeds: Iterable[WatchedFeed], data: Mapping[str, Any]) -> Heard:
        """What a snapshot tells of these feeds; raises ValueError, KeyError, TypeError where it
        tells nothing of feeds."""
        heard = cls.of(feeds)
        for url, told in data["feeds"].items():
            state = heard.feeds.get(url)
            if state is not None:
                _fill(state, told)
        heard.closed.extend(map(post_of_json, data["closed"]))
        heard.forgotten = None if data["forgotten"] is None else float(data["forgotten"])
        return heard

    def close(self, post: Post) -> None:
        """Remember a post that is over, and let go of the oldest."""
        self.closed.append(post)
        if len(self.closed) > MOST_CLOSED:
            gone = self.closed.popleft().closed_at or 0.0
            self.forgotten = max(gone, self.forgotten or 0.0)

    def to_json(self) -> dict[str, Any]:
        """For a snapshot."""
        return {
            "feeds": {url: _to_json(state) for url, state in self.feeds.items()},
            "closed": [post_to_json(post) for post in self.closed],
            "forgotten": self.forgotten,
        }


def _to_json(state: FeedState) -> dict[str, Any]:
    plain = {name: getattr(state, name) for name in _PLAIN}
    return plain | {"open": [[key, post_to_json(post)] for key, post in state.open.items()]}


def _fill(state: FeedState, told: Mapping[str, Any]) -> None:
    for name in _PLAIN:
        setattr(state, name, told[name])
    state.open = {
        (str(provider), str(incident), str(scope)): post_of_json(post)
        for (provider, incident, scope), post in told["open"]
    }
