"""Starts the live loop: what it stands on is mapped, what it knew is restored, then it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from downwind.evidence.hosts import host_of
from downwind.graph import Graph
from downwind.jobs.remap import graph_of, remap, unmapped
from downwind.jobs.stored.kept_model import keep_model
from downwind.jobs.watching.footing import Footing
from downwind.jobs.watching.house import DETECTOR
from downwind.jobs.watching.known_names import KnownNames
from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.parts import Parts
from downwind.jobs.watching.planned import plan
from downwind.jobs.watching.remembering import remember
from downwind.jobs.watching.watcher import Watcher
from downwind.model import WatchSettings
from downwind.observe.registration.bootstrap import RdapOptions
from downwind.questions.attribution.ready import load_kernels
from downwind.questions.hidden import accepted_needs
from downwind.questions.suspects import Suspects
from downwind.terms import CannotMeasure, Evidence
from downwind.watch.alerts import Deliverer, Limits, Outbox, routes_of
from downwind.watch.detection import resume, voices
from downwind.watch.elsewhere import Elsewhere
from downwind.watch.feeds import FeedWatch, WatchedFeed, feeds_of, providers_in
from downwind.watch.history import Book, GroupKeeper, Restored, Telling, WatchStore, restore
from downwind.watch.incidents import Rules
from downwind.watch.live.keeping import recall
from downwind.watch.live.state import LASTS, Live, Setting
from downwind.watch.probing import Probing, Walk, most_together, undriven_by
from downwind.watch.registered import own_domains
from downwind.watch.registrations import RegistrationWatch
from downwind.watch.schedule import Schedule
from downwind.watch.selfcheck import with_watcher
from downwind.watch.vantages import Inbox, vantages_of
from downwind.watch.vantages.confirmations import Confirmations
from downwind.watch.vantages.spec import traits
from downwind.watch.watched import Watched, beneath_of, watched_of

_HEARD_AGAIN = 3600.0
"""Seconds of probes that a watcher without a snapshot hears again when it starts."""
_SELDOM_HEARD_AGAIN = 14 * 86_400.0
"""Seconds of what status feeds and registries said, for the same."""


def limits_of(settings: WatchSettings) -> Limits:
    """Several voices tell a broken way from a target that is down: with them nothing waits."""
    alone = len(set(voices([traits(each) for each in vantages_of(settings)]))) == 1
    return Limits(hold_alone=settings.hold_alone if alone else 0.0)


@asynccontextmanager
async def watching(options: WatchOptions) -> AsyncIterator[Watcher]:
    """A watcher that runs meanwhile; what it knows is on disk when it is left.

    Raises UsageError, CannotMeasure, and LogDamaged where its store cannot be read.
    """
    settings, network = options.settings, options.network
    place = settings.place.name
    options = replace(options, network=replace(network, vantage=place))
    above = _above(options)
    async with AsyncExitStack() as stack:
        now = options.network.clock.now
        store = stack.enter_context(WatchStore(options.directory, now, vantage=place))
        await asyncio.to_thread(_keep_model, options)
        keeper = GroupKeeper(store)
        stack.push_async_callback(keeper.close)
        graph = await _first_map(options)
        watched = (*above, *beneath_of(graph, above))
        feeds = _feeds(options, graph)
        reading = FeedWatch(
            feeds,
            options.catalog,
            options.network,
            lambda record: _kept(store, record),
            every=settings.feeds_every,
        )
        whole = with_watcher(graph, options.needs(tuple(host_of(f.url) for f in feeds)))
        suspects = await asyncio.to_thread(Suspects.of, whole, LASTS)
        footing = await _footing(options, whole)
        await asyncio.to_thread(load_kernels)
        setting = Setting(watched, options.vantages(), whole, suspects, options.catalog, settings)
        own = own_domains(options.model, ask=settings.domains.ask)
        live = Live.of(setting, reading.board, own)
        live.look(now())  # loads what is compiled, before time counts
        _resume_detector(options, live)
        routes = routes_of(settings.alerts, now, page=options.page)
        outbox = Outbox([route.name for route in routes], limits_of(settings), place)
        telling = Telling(outbox, place, suspicions=settings.quiet == "page")
        inbox = Inbox(now)
        restored = await asyncio.to_thread(_restore, store, telling, live, inbox, now())
        if restored.unread:
            options.told(f"The snapshot is passed over, and the whole log read: {restored.unread}.")
        deliverer = Deliverer(routes, outbox, keeper.keep, options.network.clock)
        book = Book(
            restored.decided, telling, keeper.keep, now, wake=deliverer.wake, heard=live.hear
        )
        await plan(book, settings.maintenance, now())
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
        registrations = RegistrationWatch(
            own.asked(),
            options.network,
            RdapOptions(settings.domains.bootstrap, options.directory / "rdap-dns.json"),
            live.domains.asked_at(),
        )
        parts = Parts(
            store,
            keeper,
            book,
            deliverer,
            schedule,
            reading,
            inbox,
            Confirmations(now),
            registrations,
            _elsewhere(options, live),
        )
        watcher = Watcher(options, live, parts, footing)
        if accepted_needs(live.decisions):
            await watcher.remapping.stand_on(whole)
        running = asyncio.create_task(watcher.run())
        try:
            yield watcher
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await watcher.end()


def _above(options: WatchOptions) -> tuple[Watched, ...]:
    """What the model asks to watch; it tells which journeys nobody here can walk."""
    watched = watched_of(options.model, options.settings)
    for each in watched:
        walk = each.target.what
        undriven = undriven_by(walk.steps, options.drivers or {}) if isinstance(walk, Walk) else ""
        if undriven:
            options.told(f"{each.target.name} stays unknown: {undriven}.")
    return watched


async def _first_map(options: WatchOptions) -> Graph:
    """What the watched stand on; raises UsageError where the settings name what is not there."""
    graph = await _map(options)
    KnownNames.of(options.model, graph, options.catalog).check_settings(options.settings)
    return graph


async def _map(options: WatchOptions) -> Graph:
    """An earlier map where one is kept, and one of now of the hosts that it does not hold."""
    directory = options.directory / "map"
    known = await asyncio.to_thread(graph_of, options.model, options.catalog, directory)
    hosts = (*options.model.hosts(), *options.own_hosts())
    new = await asyncio.to_thread(unmapped, hosts, directory)
    if known is not None and not new:
        return known
    many = len(new)
    options.told(f"Mapping {many} host{'' if many == 1 else 's'} first.")
    mapped = await remap(
        options.model,
        options.network,
        options.catalog,
        directory,
        None,
        budget=options.map_budget,
        beside=options.own_hosts(),
        only=new,
    )
    options.told(f"Mapped: {mapped.records} observations, {mapped.unanswered} without an answer.")
    return mapped.graph


async def _footing(options: WatchOptions, graph: Graph) -> Footing:
    """What the watcher stands on; it tells where its alert routes share a cause."""
    footing = await asyncio.to_thread(Footing.of, graph)
    if footing.warning:
        options.told(footing.warning)
    return footing


def _keep_model(options: WatchOptions) -> None:
    """Beside the evidence, so that a replay knows what it is evidence of."""
    try:
        keep_model(options.model, options.directory)
    except OSError as error:
        options.told(f"The model is not kept beside the evidence: {error}")


def _feeds(options: WatchOptions, graph: Graph) -> tuple[WatchedFeed, ...]:
    providers = providers_in(graph) if options.settings.catalog_feeds else ()
    return feeds_of(options.catalog, providers, options.given_feeds())


def _elsewhere(options: WatchOptions, live: Live) -> Elsewhere | None:
    wanted = options.settings.globalping
    return Elsewhere(wanted, options.network, live) if wanted else None


def _kept(store: WatchStore, record: Evidence) -> None:
    store.keep([record])


def _restore(store: WatchStore, telling: Telling, live: Live, inbox: Inbox, now: float) -> Restored:
    remember(store, inbox, live.detector.vantages[0])
    return restore(
        store,
        telling,
        now,
        Rules(),
        hear=live.hear,
        hear_from=now - _HEARD_AGAIN,
        seldom_from=now - _SELDOM_HEARD_AGAIN,
        recall=lambda parts: recall(live, parts),
    )


def _resume_detector(options: WatchOptions, live: Live) -> None:
    """The detector's memory; one of other targets, or none, is no reason not to start."""
    file = options.directory / DETECTOR
    if not file.exists():
        return
    try:
        resume(live.detector, file)
    except CannotMeasure as error:
        options.told(f"The detector begins anew: {error}")
