"""What the live loop is started with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from downwind.catalog import Catalog, StatusFeed
from downwind.evidence.hosts import host_of
from downwind.model import Model, WatchSettings
from downwind.observe import Network, StepDriver
from downwind.watch.alerts import named_routes, routes_of
from downwind.watch.selfcheck import AlertRoute, WatcherNeeds
from downwind.watch.vantages import VantageSpec, vantages_of


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
        return vantages_of(self.settings)

    def needs(self, status_hosts: tuple[str, ...]) -> WatcherNeeds:
        """What the watcher itself stands on, as far as its settings tell."""
        settings = self.settings
        return WatcherNeeds(
            vantages=self.vantages(),
            routes=self.alert_routes(),
            status_hosts=status_hosts,
            globalping=host_of(settings.globalping.api) if settings.globalping else "",
            heartbeat=host_of(settings.heartbeat.url) if settings.heartbeat else "",
        )

    def alert_routes(self) -> tuple[AlertRoute, ...]:
        """What each alert route takes; raises UsageError where one cannot work."""
        wanted = named_routes(self.settings.alerts)
        built = routes_of(self.settings.alerts, self.network.clock.now)
        return tuple(
            AlertRoute(route.name, route.hosts, wanted[route.name].providers) for route in built
        )

    def own_hosts(self) -> tuple[str, ...]:
        """Hosts that the watcher needs to be heard: they are mapped beside the watched."""
        routes = (host for route in self.alert_routes() for host in route.hosts)
        beat, globalping = self.settings.heartbeat, self.settings.globalping
        others = (beat.url if beat else "", globalping.api if globalping else "")
        return tuple(dict.fromkeys((*routes, *(host_of(url) for url in others if url))))

    def given_feeds(self) -> tuple[tuple[str, StatusFeed], ...]:
        """The feeds that the settings name, by provider."""
        return tuple((f.provider, StatusFeed(f.url, f.format)) for f in self.settings.feeds)
