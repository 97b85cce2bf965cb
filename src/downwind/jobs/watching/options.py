"""What the live loop is started with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from downwind.catalog import Catalog, StatusFeed
from downwind.graph.observed.index import host_of
from downwind.model import Model, Place, Route, WatchSettings
from downwind.observe import Network, StepDriver
from downwind.watch.selfcheck import AlertRoute, WatcherNeeds
from downwind.watch.vantages import VantageSpec


def _tell_nobody(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """All that the loop needs. Times are seconds of the network's clock."""

    model: Model
    network: Network
    catalog: Catalog
    directory: Path
    """Where it keeps what it sees and decides; DIRECTORY/map holds the maps."""
    map_budget: float = 60.0
    drivers: Mapping[str, StepDriver] | None = None
    page: str = ""
    """The address of the live page, which alerts quote."""
    loopback_at_once: int = 64
    """Probes at one loopback address at once."""
    told: Callable[[str], None] = _tell_nobody
    """Takes a line for the operator: what it does before it watches, and what goes wrong."""

    @property
    def settings(self) -> WatchSettings:
        return self.model.watch or WatchSettings()

    def vantages(self) -> tuple[VantageSpec, ...]:
        """This one first, then the agents'."""
        return tuple(map(_spec, (self.settings.place, *self.settings.vantages)))

    def needs(self, status_hosts: tuple[str, ...]) -> WatcherNeeds:
        """What the watcher itself stands on, as far as its settings tell."""
        settings = self.settings
        return WatcherNeeds(
            vantages=self.vantages(),
            routes=tuple(AlertRoute(each.name, hosts_of(each)) for each in settings.alerts),
            status_hosts=status_hosts,
            heartbeat=host_of(settings.heartbeat.url) if settings.heartbeat else "",
        )

    def given_feeds(self) -> tuple[tuple[str, StatusFeed], ...]:
        """The feeds that the settings name, by provider."""
        return tuple((f.provider, StatusFeed(f.url, f.format)) for f in self.settings.feeds)


def hosts_of(route: Route) -> tuple[str, ...]:
    """The hosts that an alert takes on this route, as far as its address tells."""
    if route.smtp is not None:
        return (route.smtp.partition(":")[0],)
    host = host_of(route.webhook or route.alertmanager or route.apprise or "")
    return (host,) if "." in host else ()


def _spec(place: Place) -> VantageSpec:
    return VantageSpec(place.name, place.network, place.provider, place.region, place.resolver)
