"""Starts the live loop: what it stands on is mapped, what it knew is restored, then it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from itertools import islice

from downwind.evidence.records import payload_id, to_payload
from downwind.graph import Graph
from downwind.graph.observed.index import host_of
from downwind.jobs.remap import graph_of, remap
from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.parts import Parts
from downwind.jobs.watching.watcher import DETECTOR, Watcher
from downwind.questions.attribution.ready import load_kernels
from downwind.questions.suspects import Suspects
from downwind.terms import CannotMeasure, Evidence
from downwind.watch.alerts import Deliverer, Limits, Outbox, routes_of
from downwind.watch.detection import resume
from downwind.watch.feeds import FeedWatch, WatchedFeed, feeds_of, providers_in
from downwind.watch.history import Book, GroupKeeper, Restored, Telling, WatchStore, restore
from downwind.watch.incidents import Rules, Window
from downwind.watch.live.keeping import PART, recall
from downwind.watch.live.state import LASTS, Live, Setting
from downwind.watch.probing import Probing, most_together
from downwind.watch.schedule import Schedule
from downwind.watch.selfcheck import blind_spots, with_watcher
from downwind.watch.vantages import Inbox
from downwind.watch.watched import beneath_of, watched_of

_ITSELF = frozenset({"vantage", "alert route", "status page", "watcher"})
_HEARD_AGAIN = 3600.0
"""Seconds of probes that a watcher without a snapshot hears again when it starts."""
_MOST_ASKED = 3_000
"""Nodes of a graph of which it is asked at the start what would silence the watcher."""


@asynccontextmanager
async def watching(options: WatchOptions) -> AsyncIterator[Watcher]:
    """A watcher that runs meanwhile; what it knows is on disk when it is left.

    Raises UsageError, CannotMeasure, and LogDamaged where its store cannot be read.
    """
    settings, network = options.settings, options.network
    place = settings.place.name
    options = replace(options, network=replace(network, vantage=place))
    above = watched_of(options.model, settings)
    async with AsyncExitStack() as stack:
        now = options.network.clock.now
        store = stack.enter_context(WatchStore(options.directory, now, vantage=place))
        keeper = GroupKeeper(store)
        stack.push_async_callback(keeper.close)
        graph = await _first_map(options)
        watched = (*above, *beneath_of(graph, above))
        feeds = _feeds(options, graph)
        read: dict[str, Evidence] = {}
        reading = FeedWatch(
            feeds,
            options.catalog,
            options.network,
            lambda record: _kept(store, read, record),
            every=settings.feeds_every,
        )
        whole = with_watcher(graph, options.needs(tuple(host_of(f.url) for f in feeds)))
        suspects = await asyncio.to_thread(Suspects.of, whole, LASTS)
        silenced = await asyncio.to_thread(_silenced, whole)
        await asyncio.to_thread(load_kernels)
        setting = Setting(watched, options.vantages(), whole, suspects, options.catalog, settings)
        live = Live.of(setting, reading.board)
        live.read = read
        live.look(now())  # loads what is compiled, before time counts
        _resume_detector(options, live)
        routes = routes_of(settings.alerts, now, page=options.page)
        outbox = Outbox([route.name for route in routes], Limits(), place)
        telling = Telling(outbox, place, suspicions=settings.quiet == "page")
        inbox = Inbox(now)
        restored = await asyncio.to_thread(_restore, store, telling, live, inbox, now())
        deliverer = Deliverer(routes, outbox, keeper.keep, options.network.clock)
        book = Book(restored.decided, telling, keeper.keep, now, wake=deliverer.wake)
        for number, planned in enumerate(settings.maintenance):
            begins, ends = planned.begins.timestamp(), planned.ends.timestamp()
            window = Window(f"file-{number}", planned.service, begins, ends, title=planned.title)
            if not window.over(now()):
                await book.plan(window)
        probing = Probing(
            [options.network],
            drivers=options.drivers,
            loopback_at_once=options.loopback_at_once,
        )
        stack.push_async_callback(probing.close)
        schedule = Schedule(
            [each.target for each in watched],
            options.network.clock,
            probing,
            vantages=(place,),
            together=most_together(),
        )
        parts = Parts(store, keeper, book, deliverer, schedule, reading, inbox)
        watcher = Watcher(options, live, parts, silenced)
        running = asyncio.create_task(watcher.run())
        try:
            yield watcher
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await watcher.end()


async def _first_map(options: WatchOptions) -> Graph:
    """What the watched stand on, by an earlier map where one is kept."""
    directory = options.directory / "map"
    known = await asyncio.to_thread(graph_of, options.model, options.catalog, directory)
    if known is not None:
        return known
    many = len(options.model.hosts())
    options.told(f"Mapping {many} host{'' if many == 1 else 's'} first.")
    mapped = await remap(
        options.model, options.network, options.catalog, directory, None, budget=options.map_budget
    )
    options.told(f"Mapped: {mapped.records} observations, {mapped.unanswered} without an answer.")
    return mapped.graph


def _feeds(options: WatchOptions, graph: Graph) -> tuple[WatchedFeed, ...]:
    providers = providers_in(graph) if options.settings.catalog_feeds else ()
    return feeds_of(options.catalog, providers, options.given_feeds())


def _silenced(graph: Graph) -> tuple[str, ...]:
    """What could not be told, since the watcher would fall with it.

    That it does not see without itself goes without saying. Of a big graph it is not asked: each
    cause takes milliseconds, and the probing waits.
    """
    if len(graph.nodes) > _MOST_ASKED:
        return ()
    found = (each for each in blind_spots(graph, LASTS) if each.kind not in _ITSELF)
    return tuple(islice((each.words for each in found), 20))


def _kept(store: WatchStore, read: dict[str, Evidence], record: Evidence) -> None:
    store.keep([record])
    read[record.subject] = record


def _restore(store: WatchStore, telling: Telling, live: Live, inbox: Inbox, now: float) -> Restored:
    here = live.detector.vantages[0]

    def hear(record: Evidence) -> None:
        live.hear(record)
        if record.vantage != here:
            inbox.remember(payload_id(to_payload(record)), record)

    # The snapshot comes first, and what was logged after it on top.
    loaded = store.load(now)
    if loaded.snapshot is not None and PART in loaded.snapshot.parts:
        with suppress(ValueError):  # of another version: what it tells comes again
            recall(live, loaded.snapshot.parts[PART])
    return restore(store, telling, now, Rules(), hear=hear, hear_from=now - _HEARD_AGAIN)


def _resume_detector(options: WatchOptions, live: Live) -> None:
    """The detector's memory; one of other targets, or none, is no reason not to start."""
    file = options.directory / DETECTOR
    if not file.exists():
        return
    try:
        resume(live.detector, file)
    except CannotMeasure as error:
        options.told(f"The detector begins anew: {error}")
