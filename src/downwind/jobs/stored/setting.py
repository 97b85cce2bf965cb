"""The live state before the first stored record: what was watched, from where, on what it stood."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Iterator

from downwind.catalog import Catalog, StatusFeed
from downwind.jobs.stored.maps import Maps
from downwind.jobs.stored.survey import Store
from downwind.model import Capability, Model, Service, WatchSettings
from downwind.questions.suspects import Suspects
from downwind.watch.agenda import Target
from downwind.watch.feeds import FeedBoard, feeds_of, providers_in
from downwind.watch.live.state import LASTS, Live, Setting
from downwind.watch.vantages import VantageSpec, vantages_of
from downwind.watch.watched import SIGHT, Watched, watched_of

USUAL_INTERVAL = 30.0
"""Seconds between two probes of a target that was probed once."""
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")


def set_up(store: Store, model: Model, catalog: Catalog) -> tuple[Live, Maps]:
    """A watch that has heard nothing yet, as it stood when the first probe was made."""
    whole = with_targets(model, map(_capability_of, store.probed))
    settings = model.watch or _learned(store)
    told = vantages_of(settings) if model.watch else ()
    maps = Maps(store.mapped, catalog, whole, told)
    graph = maps.at(store.begins)
    setting = Setting(
        tuple(_watched(store, whole, settings)),
        (*told, *_further(store, told)),
        graph,
        Suspects.of(graph, LASTS),
        catalog,
        settings,
    )
    providers = providers_in(graph) if settings.catalog_feeds else ()
    given = [(feed.provider, StatusFeed(feed.url, feed.format)) for feed in settings.feeds]
    board = FeedBoard(feeds_of(catalog, providers, given), catalog, every=settings.feeds_every)
    return Live.of(setting, board), maps


def with_targets(model: Model, capabilities: Iterable[str]) -> Model:
    """The model, and a bare service for each capability that was probed and is not in it."""
    known = {key for key, _, _ in model.capabilities()}
    names = {service.name for service in model.services}
    bare: dict[str, list[str]] = {}
    for key in sorted(set(capabilities) - known):
        service, _, capability = key.rpartition("/")
        if 0 < len(service) <= 253 and service not in names and _ID.match(capability):
            bare.setdefault(service, []).append(capability)
    services = [
        Service(name=name, capabilities=tuple(Capability(id=id) for id in ids))
        for name, ids in bare.items()
    ]
    return model.model_copy(update={"services": (*model.services, *services)})


def _watched(store: Store, model: Model, settings: WatchSettings) -> Iterator[Watched]:
    """Every target that was probed; by the model's word where it has one, else by its name."""
    listed = _listed(model, settings)
    capabilities = {key for key, _, _ in model.capabilities()}
    for name, probed in store.probed.items():
        if name in listed and model.watch is not None:
            yield listed[name]
            continue
        every = probed.interval() or USUAL_INTERVAL
        target = Target(name, None, every, every / 3)
        capability = _capability_of(name)
        if capability in capabilities:
            yield Watched(target, capability, capability)
        else:
            yield Watched(target, "", "" if name.startswith(SIGHT) else name)


def _listed(model: Model, settings: WatchSettings) -> dict[str, Watched]:
    """What a watch of this model probes, by name; nothing where it has no journey and no probe."""
    if not any(c.journey or c.probes for _, _, c in model.capabilities()):
        return {}
    return {each.target.name: each for each in watched_of(model, settings)}


def _learned(store: Store) -> WatchSettings:
    """Settings that nobody told: the interval is the usual one of the targets."""
    found = [every for each in store.probed.values() if (every := each.interval())]
    every = max(1.0, statistics.median(found) if found else USUAL_INTERVAL)
    return WatchSettings(every=every, timeout=every / 3)


def _further(store: Store, told: Iterable[VantageSpec]) -> list[VantageSpec]:
    """Vantages that reported and that no model tells of."""
    names = {each.name for each in told}
    return [VantageSpec(name) for name in store.vantages if name not in names]


def _capability_of(target: str) -> str:
    """A capability's further probes are called KEY#KIND."""
    return target.partition("#")[0]
