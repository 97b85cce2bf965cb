"""Asks every status feed in its turn, and logs what it says before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from downwind.catalog import Catalog
from downwind.observe import Network
from downwind.observe.feed import Remembered, ask_feed, feed_url
from downwind.observe.feeds import READERS
from downwind.observe.feeds.finding import find_feed
from downwind.terms import DownwindError, Evidence, Unanswered
from downwind.watch.feeds.board import FeedBoard
from downwind.watch.feeds.posts import LATER, FeedEvent
from downwind.watch.feeds.sources import WatchedFeed

SHORTEST, LONGEST = 60.0, 300.0
"""Seconds between two looks at one feed, at least and at most."""
FIND_EVERY = 3600.0
"""Seconds between two searches for a feed that is no longer where it was."""
_JITTER = 0.2
_PLEASE_WAIT = (429, 503)


@dataclass(slots=True)
class _Polled:
    feed: WatchedFeed
    url: str
    format: str
    """Where it was found, where that is elsewhere than the catalogue says."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    remembered: Remembered | None = None
    searched_at: float | None = None
    told_to_wait: bool = False

    @classmethod
    def of(cls, feed: WatchedFeed) -> _Polled:
        return cls(feed, feed_url(feed.url, feed.format), feed.format)

    def found(self, url: str, format: str, remembered: Remembered | None) -> None:
        self.url, self.format, self.remembered = url, format, remembered


class FeedWatch:
    """Polls feeds by the network's clock. `board` is what they say.

    `log` keeps the evidence of a look, and returns before it counts; `tell` hears what is new.
    """

    def __init__(
        self,
        feeds: Iterable[WatchedFeed],
        catalog: Catalog,
        network: Network,
        log: Callable[[Evidence], None],
        *,
        tell: Callable[[FeedEvent], None] | None = None,
        every: float = 120.0,
        random: Random | None = None,
        together: int = 8,
    ) -> None:
        self._polled = {each.url: _Polled.of(each) for each in feeds}
        self._network = network
        self._log = log
        self._tell = tell
        self._every = every
        self._random = random or Random()
        self._gate = asyncio.Semaphore(together)
        self._hurried: frozenset[str] = frozenset()
        self.unlogged = 0
        """Looks that were lost because they could not be logged."""
        self.board = FeedBoard((each.feed for each in self._polled.values()), catalog, every=every)

    async def run(self) -> None:
        """Poll until cancelled; the first looks are spread over a minute."""
        async with asyncio.TaskGroup() as group:
            for polled in self._polled.values():
                group.create_task(self._poll(polled))

    def hurry(self, providers: Iterable[str]) -> None:
        """An incident of ours names these: their feeds are asked at once, and more often."""
        wanted = frozenset(providers)
        for polled in self._polled.values():
            if (wanted - self._hurried).intersection(polled.feed.providers):
                polled.wake.set()
        self._hurried = wanted

    async def look(self, url: str) -> Evidence:
        """One look at the feed of this address, logged and counted; raises KeyError."""
        polled = self._polled[url]
        evidence = await self._ask(polled)
        self._log(evidence)
        for event in self.board.hear(evidence):
            if self._tell is not None:
                self._tell(event)
        return evidence

    async def _poll(self, polled: _Polled) -> None:
        await self._wait(polled, self._random.uniform(0.0, SHORTEST))
        while True:
            async with self._gate:
                try:
                    await self.look(polled.feed.url)
                except (DownwindError, OSError):
                    # What could not be logged does not count; the disk may have room next time.
                    self.unlogged += 1
            await self._wait(polled, self._interval(polled))

    def _interval(self, polled: _Polled) -> float:
        if polled.told_to_wait:
            return LONGEST
        hurried = self._hurried.intersection(polled.feed.providers)
        base = SHORTEST if hurried else self._every
        wished = base * self._random.uniform(1 - _JITTER, 1 + _JITTER)
        return min(max(wished, SHORTEST), LONGEST)

    async def _wait(self, polled: _Polled, seconds: float) -> None:
        try:
            async with asyncio.timeout(self._network.clock.wall(seconds)):
                await polled.wake.wait()
        except TimeoutError:
            pass
        polled.wake.clear()

    async def _ask(self, polled: _Polled) -> Evidence:
        """What the feed says where it was last found, or else where it is found now."""
        about = polled.feed.url
        asked = await ask_feed(
            polled.url, polled.format, self._network, remembered=polled.remembered, subject=about
        )
        finding = asked.evidence.finding
        if not isinstance(finding, Unanswered):
            polled.remembered, polled.told_to_wait = asked.remembered, False
            return asked.evidence
        status = finding.detail.get("status")
        polled.told_to_wait = status in _PLEASE_WAIT
        gone = polled.format not in READERS or (status is not None and status not in LATER)
        if not gone or not self._may_search(polled):
            return asked.evidence
        polled.searched_at = self._network.clock.now()
        found = await find_feed(about, self._network)
        if found is None:
            polled.found(feed_url(about, polled.feed.format), polled.feed.format, None)
            return asked.evidence
        polled.found(found.url, found.format, found.asked.remembered)
        return found.asked.evidence

    def _may_search(self, polled: _Polled) -> bool:
        last = polled.searched_at
        return last is None or self._network.clock.now() - last >= FIND_EVERY
