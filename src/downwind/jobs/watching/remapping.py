"""What the watched and the watcher stand on: mapped again at intervals; a change of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from downwind.evidence.hosts import host_of
from downwind.graph import Graph
from downwind.jobs.remap import remap
from downwind.jobs.watching.footing import Footing
from downwind.jobs.watching.options import WatchOptions
from downwind.questions.hidden import accepted_needs, with_hidden
from downwind.questions.suspects import Suspects
from downwind.terms import DownwindError, Evidence, Seen
from downwind.watch.live.state import LASTS, Live
from downwind.watch.selfcheck import with_watcher

TakeIn = Callable[[Sequence[Evidence]], Awaitable[None]]
"""Keeps records, then counts them."""


class Remapping:
    """The map in use. Its loop runs until it is cancelled."""

    def __init__(self, options: WatchOptions, live: Live, footing: Footing) -> None:
        self._options = options
        self._live = live
        self.footing = footing
        """What the watcher stands on, by the latest map."""
        self.trouble = ""
        """Why the map could not be renewed."""

    async def run(self, take_in: TakeIn) -> None:
        """Map at each interval of the settings; without one, never."""
        every = self._options.settings.map_every
        while every > 0:
            await self._options.network.clock.sleep(every)
            try:
                await self._renew(take_in)
                self.trouble = ""
            except (OSError, DownwindError) as error:
                self.trouble = f"the map could not be renewed: {error}"

    async def stand_on(self, graph: Graph) -> None:
        """From now on what the watched lean on is this, with the needs that people accepted."""
        whole = with_hidden(graph, accepted_needs(self._live.decisions))
        suspects = await asyncio.to_thread(Suspects.of, whole, LASTS)
        self._live.stand_on(whole, suspects)

    async def _renew(self, take_in: TakeIn) -> None:
        options, live, now = self._options, self._live, self._options.network.clock.now
        mapped = await remap(
            options.model,
            options.network,
            options.catalog,
            options.directory / "map",
            live.setting.graph,
            budget=options.map_budget,
            beside=options.own_hosts(),
        )
        hosts = tuple(host_of(h.url) for h in live.board.health(now()))
        whole = with_watcher(mapped.graph, options.needs(hosts))
        await self.stand_on(whole)
        self.footing = await asyncio.to_thread(Footing.of, whole)
        told = [
            Evidence(
                change.node,
                "change.dependency",
                Seen(
                    {
                        "title": f"{change.label} {change.what}",
                        "service": change.capabilities[0].rpartition("/")[0],
                        "by": "",
                        "why": change.why,
                    }
                ),
                now(),
                options.network.vantage,
            )
            for change in mapped.changes
        ]
        await take_in(told)
