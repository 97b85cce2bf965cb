"""Holds what all status feeds say, from their evidence alone: a replay gives the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from downwind.catalog import Catalog
from downwind.evidence.hosts import host_of
from downwind.terms import Evidence, Unanswered
from downwind.watch.feeds.heard import FeedState, Heard, PostKey
from downwind.watch.feeds.naming import Naming
from downwind.watch.feeds.posts import BROKEN, FRESH, LATER, STALE, FeedEvent, FeedHealth, Post
from downwind.watch.feeds.scopes import Spoken, spoken_of
from downwind.watch.feeds.sources import WatchedFeed

KIND = "feed.status"
INTERVALS = 3
"""A feed that was not read for so many intervals is stale."""


class FeedBoard:
    """What is posted now, whose page is green, and which feed nobody can rely on.

    `every` is the interval of the polling in seconds. It only reads evidence of kind feed.status
    whose subject is the address of one of `feeds`.
    """

    def __init__(
        self, feeds: Iterable[WatchedFeed], catalog: Catalog, *, every: float = 120.0
    ) -> None:
        self.heard = Heard.of(feeds)
        self._every = every
        names = {name for each in self.heard.feeds.values() for name in each.feed.providers}
        known = {name: catalog.provider(name) for name in names}
        self._naming = {name: Naming.of(each) for name, each in known.items() if each}

    def watched(self) -> tuple[WatchedFeed, ...]:
        """The feeds that it hears of."""
        return tuple(state.feed for state in self.heard.feeds.values())

    def hear(self, evidence: Evidence) -> tuple[FeedEvent, ...]:
        """Take in one look at a feed, in the order of time; tells what changed by it."""
        state = self.heard.feeds.get(evidence.subject)
        if evidence.kind != KIND or state is None:
            return ()
        value = evidence.value
        told: list[tuple[str, str]] = []
        if value is not None:
            told += self._source(state, value)
            told += self._incidents(state, value, evidence.at)
            state.seen_at, state.broken, state.reason = evidence.at, False, ""
            state.since = evidence.at if state.since is None else state.since
        elif isinstance(evidence.finding, Unanswered):
            detail = evidence.finding.detail
            state.reason = evidence.finding.reason
            state.broken = detail.get("layer") == "feed" or (
                "status" in detail and detail["status"] not in LATER
            )
        state.tried_at = evidence.at
        now = self._health(state, evidence.at)
        if now.health != state.told:
            why = f": {now.reason}" if now.reason else ""
            told.append(("health", f"The status feed is {now.health}{why}"))
            state.told = now.health
        return tuple(
            FeedEvent(evidence.at, state.feed.url, state.feed.providers, what, text)
            for what, text in told
        )

    def posts(self, now: float) -> tuple[Post, ...]:
        """What is open now, by provider and scope; a feed that is not fresh says nothing."""
        found = [
            post
            for state in self.heard.feeds.values()
            if self._health(state, now).health == FRESH
            for post in state.open.values()
        ]
        return tuple(sorted(found, key=_order))

    def history(self) -> tuple[Post, ...]:
        """Every post that was seen, open or closed, whatever became of its feed."""
        opened = (post for state in self.heard.feeds.values() for post in state.open.values())
        return tuple(sorted((*self.heard.closed, *opened), key=_order))

    def read_since(self) -> Mapping[str, float]:
        """Provider -> since when all is known that a page of it said."""
        found: dict[str, float] = {}
        for state in self.heard.feeds.values():
            if state.since is None:
                continue
            since = max(state.since, self.heard.forgotten or state.since)
            for provider in state.feed.providers:
                found[provider] = min(since, found.get(provider, math.inf))
        return found

    def green(self, provider: str, now: float) -> bool | None:
        """True where a page of the provider is fresh and silent, and none speaks; None: unknown."""
        fresh = [
            state
            for state in self.heard.feeds.values()
            if provider in state.feed.providers and self._health(state, now).health == FRESH
        ]
        if not fresh:
            return None
        mine = (post for state in fresh for post in state.open.values())
        return not any(post.speaks for post in mine if post.provider == provider)

    def health(self, now: float) -> tuple[FeedHealth, ...]:
        """Every feed, by address."""
        return tuple(self._health(state, now) for _, state in sorted(self.heard.feeds.items()))

    def _health(self, state: FeedState, now: float) -> FeedHealth:
        health, reason = FRESH, ""
        if state.broken:
            health, reason = BROKEN, state.reason
        elif state.seen_at is None or now - state.seen_at > INTERVALS * self._every:
            health, reason = STALE, state.reason or "not asked for long"
        return FeedHealth(
            state.feed.url,
            state.feed.providers,
            state.format,
            health,
            reason,
            state.seen_at,
            state.tried_at,
        )

    def _source(self, state: FeedState, value: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Where it was found, if that is elsewhere than before."""
        told = []
        host, format = host_of(str(value.get("final_url", ""))), str(value.get("format", ""))
        if host and host != state.host:
            if value.get("redirects"):
                told.append(("moved", f"The status feed moved from {state.host} to {host}"))
            state.host = host
        if format and format != state.format:
            told.append(("format", f"The status feed is {format}, and was {state.format}"))
            state.format = format
        return told

    def _incidents(
        self, state: FeedState, value: Mapping[str, Any], at: float
    ) -> list[tuple[str, str]]:
        found: dict[PostKey, Post] = {}
        ended: dict[str, float | None] = {}
        for incident in value.get("incidents", ()):
            if incident["state"] == "open":
                found.update(self._posts(state, incident, at))
            elif incident["state"] == "resolved":
                ended[incident["id"]] = incident.get("resolved_at")
        gone = {key: post for key, post in state.open.items() if key not in found}
        told = _news(state.open, found, gone)
        for post in gone.values():
            over = ended.get(post.incident)
            self.heard.close(replace(post, closed_at=_held(over, state.seen_at, at)))
        state.open = found
        return told

    def _posts(
        self, state: FeedState, incident: Mapping[str, Any], at: float
    ) -> Iterable[tuple[PostKey, Post]]:
        for provider, spoken in self._spoken(state.feed.providers, incident).items():
            for each in spoken:
                key = (provider, incident["id"], f"{each.scope}{'~' if each.coarse else ''}")
                before = state.open.get(key)
                began = incident.get("started_at")
                fresh = Post(
                    provider=provider,
                    scope=each.scope,
                    coarse=each.coarse,
                    feed=state.feed.url,
                    incident=incident["id"],
                    kind=incident["kind"],
                    severity=incident["severity"],
                    posted_at=_held(self._claimed(state, provider, incident), state.seen_at, at),
                    first_seen_at=at,
                    unseen_at=state.seen_at,
                    started_at=began,
                    title=incident["title"],
                    url=incident["url"],
                )
                yield key, _kept(fresh, before) if before else fresh

    def _spoken(
        self, providers: Iterable[str], incident: Mapping[str, Any]
    ) -> Mapping[str, tuple[Spoken, ...]]:
        """The scopes by provider: on a shared page, of those whose products it names if any."""
        every = {name: spoken_of(name, self._naming.get(name), incident) for name in providers}
        named = {
            name: spoken
            for name, spoken in every.items()
            if any(each.scope.product and not each.coarse for each in spoken)
        }
        return named or every

    def _claimed(
        self, state: FeedState, provider: str, incident: Mapping[str, Any]
    ) -> float | None:
        """When the page says that it said so: the start, or the latest word of a known incident."""
        known = any(key[:2] == (provider, incident["id"]) for key in state.open)
        claim: float | None = incident.get("updated_at" if known else "started_at")
        return claim


def _kept(fresh: Post, before: Post) -> Post:
    """The post as it stands now, posted when it was posted."""
    return replace(
        fresh,
        posted_at=before.posted_at,
        first_seen_at=before.first_seen_at,
        unseen_at=before.unseen_at,
        started_at=fresh.started_at if before.started_at is None else before.started_at,
    )


def _news(
    before: Mapping[PostKey, Post], found: Mapping[PostKey, Post], gone: Mapping[PostKey, Post]
) -> list[tuple[str, str]]:
    """One line for each incident that came, changed its reach, or went."""
    known = {key[:2] for key in before}
    now = {key[:2] for key in found}
    told: dict[tuple[str, str, str], str] = {}
    for key, post in found.items():
        if key[:2] not in known:
            told.setdefault(("posted", *key[:2]), post.title)
        elif key not in before:
            told.setdefault(("changed", *key[:2]), f"{post.title} (now also {post.scope})")
    for key, post in gone.items():
        if key[:2] not in now:
            told.setdefault(("closed", *key[:2]), post.title)
    return [(what, text) for (what, _, _), text in told.items()]


def _held(claim: float | None, earliest: float | None, latest: float) -> float:
    """The claim, between the two; the latest where there is none."""
    if claim is None:
        return latest
    return min(max(claim, earliest if earliest is not None else claim), latest)


def _order(post: Post) -> tuple[str, str, float, str]:
    return (post.provider, str(post.scope), post.posted_at, post.incident)
