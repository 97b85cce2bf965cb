"""How late each provider's page speaks, measured against our own verdicts."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from downwind.terms import Scope
from downwind.watch.feeds.posts import Post

BEFORE = 1800.0
"""Seconds before our first failing probe from which on a post may be of the same incident."""
AFTER = 6 * 3600.0
"""Seconds after the end of an incident until which a page may still own to it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An incident of ours, and whom we named."""

    id: str
    scope: Scope
    failing_at: float
    """The first failing probe; all times in seconds since 1970-01-01 UTC."""
    at: float
    """When we named the scope."""
    ended_at: float | None = None
    """None while it goes on."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A verdict beside the first post of the provider that may be of it."""

    verdict: Verdict
    post: Post | None
    """None where the page has said nothing of it so far."""

    @property
    def seconds(self) -> float | None:
        """From our verdict to the post; below zero where the page was first."""
        return self.post.posted_at - self.verdict.at if self.post else None

    @property
    def after_failing(self) -> float | None:
        """From the first failing probe to the post."""
        return self.post.posted_at - self.verdict.failing_at if self.post else None


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a provider's page speaks; seconds after our verdict."""

    provider: str
    n: int
    """Incidents of which the page spoke."""
    silent: int
    """Incidents that ended, and of which it never spoke."""
    minimum: float | None
    median: float | None
    maximum: float | None


def delays(
    verdicts: Iterable[Verdict],
    posts: Iterable[Post],
    now: float,
    read_since: Mapping[str, float],
) -> tuple[Delay, ...]:
    """Each verdict with the provider's first post that speaks of a scope in line with it.

    In line: one covers the other. A post that stood there long before counts for nothing.
    `read_since`: provider -> since when its page is read (FeedBoard.read_since). Where no post is
    known, and nobody read the page yet when it may have spoken, nothing can be said: left out.
    """
    by_provider: dict[str, list[Post]] = {}
    for post in posts:
        if post.speaks:
            by_provider.setdefault(post.provider, []).append(post)
    found = (
        Delay(each, _first(each, by_provider.get(each.scope.provider, ()), now))
        for each in verdicts
    )
    return tuple(each for each in found if each.post is not None or _read(each, read_since))


def _read(delay: Delay, read_since: Mapping[str, float]) -> bool:
    since = read_since.get(delay.verdict.scope.provider)
    return since is not None and since <= delay.verdict.failing_at


def _first(verdict: Verdict, posts: Sequence[Post], now: float) -> Post | None:
    since = verdict.failing_at - BEFORE
    until = now if verdict.ended_at is None else min(now, verdict.ended_at + AFTER)
    fitting = [
        post
        for post in posts
        if since <= post.posted_at <= until
        and (post.scope.covers(verdict.scope) or verdict.scope.covers(post.scope))
    ]
    return min(fitting, key=lambda each: (each.posted_at, str(each.scope)), default=None)


def lateness(found: Iterable[Delay], now: float) -> tuple[Lateness, ...]:
    """By provider, in the order of ids."""
    by_provider: dict[str, list[Delay]] = {}
    for each in found:
        by_provider.setdefault(each.verdict.scope.provider, []).append(each)
    return tuple(_lateness(name, each, now) for name, each in sorted(by_provider.items()))


def _lateness(provider: str, found: Sequence[Delay], now: float) -> Lateness:
    told = [each.seconds for each in found if each.seconds is not None]
    silent = sum(
        each.post is None
        and each.verdict.ended_at is not None
        and now > each.verdict.ended_at + AFTER
        for each in found
    )
    if not told:
        return Lateness(provider, 0, silent, None, None, None)
    return Lateness(provider, len(told), silent, min(told), statistics.median(told), max(told))
