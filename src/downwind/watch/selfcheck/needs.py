"""What the watcher itself needs, as nodes of the graph beside those that it watches.

watcher:reporting    needs watcher:seeing and watcher:alerting
watcher:seeing       needs k of its vantages, and the hub where there is one
watcher:alerting     needs any one of its alert routes
alert:NAME           needs the hosts and the providers of the route
status:HOST          a provider's status page that it reads
watcher:heartbeat    whoever says that the watcher has fallen silent
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import use_scope
from downwind.terms import Alternative, Need, Scope, Standing, UsageError
from downwind.watch.vantages import VantageSpec, merged, vantage_nodes
from downwind.watch.vantages.spec import GLOBALPING

REPORTING, SEEING, ALERTING = "watcher:reporting", "watcher:seeing", "watcher:alerting"
HEARTBEAT = "watcher:heartbeat"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}\Z")
_HOST = re.compile(r"[A-Za-z0-9_:](?:[A-Za-z0-9_.:-]{0,251}[A-Za-z0-9_])?\.?\Z")


@dataclass(frozen=True, slots=True)
class AlertRoute:
    """One way in which an alert leaves, such as mail or a pager."""

    name: str
    hosts: tuple[str, ...] = ()
    """The hosts that it takes, each of them: of the webhook, the mail server, the pager's API."""
    providers: tuple[str, ...] = ()
    """Scopes that it takes, as its owner states: pagerduty, aws/ses/eu-west-1."""


@dataclass(frozen=True, slots=True)
class WatcherNeeds:
    """All that the watcher stands on."""

    vantages: tuple[VantageSpec, ...] = ()
    routes: tuple[AlertRoute, ...] = ()
    hub: str = ""
    """The host that its vantages report to; empty where it is one process."""
    status_hosts: tuple[str, ...] = ()
    """Hosts of the status feeds that it reads."""
    globalping: str = ""
    """The host of Globalping's API, if it is asked."""
    heartbeat: str = ""
    """The host that is told that the watcher lives, and speaks up when it is not."""
    quorum: int = 1
    """So many vantages must stand for it to see."""

    def hosts(self) -> tuple[str, ...]:
        """The hosts to map, so that more is known of them than their names."""
        routes = (host for route in self.routes for host in route.hosts)
        resolvers = (each.resolver for each in self.vantages if not Scope.read(each.resolver))
        others = (*self.status_hosts, self.heartbeat, self.globalping)
        all_of_them = (self.hub, *routes, *others, *resolvers)
        return tuple(dict.fromkeys(_host(host) for host in all_of_them if host))


def with_watcher(graph: Graph, needs: WatcherNeeds) -> Graph:
    """The graph and the watcher in it; raises UsageError for what cannot be meant."""
    names = [vantage.name for vantage in needs.vantages]
    if len(names) > len(set(names)):
        raise UsageError("Two vantages have one name.", todo="Give each a name of its own.")
    if needs.vantages and not 1 <= needs.quorum <= len(needs.vantages):
        raise UsageError(f"A quorum of {needs.quorum} of {len(needs.vantages)} vantages is none.")
    builder = GraphBuilder()
    # Globalping looks where one of our own has seen a failure: alone it sees nothing.
    vantages = vantage_nodes((v for v in needs.vantages if v.name != GLOBALPING), builder)
    if needs.globalping:
        (lent,) = vantage_nodes((v for v in needs.vantages if v.name == GLOBALPING), builder)
        _declare(builder, lent, "API", [_add_host(builder, needs.globalping)], "it is asked there")
    routes = tuple(_add_route(builder, route) for route in _once_each(needs.routes))
    seeing = builder.node(SEEING, "watcher", "the watcher sees")
    alerting = builder.node(ALERTING, "watcher", "the watcher can alert")
    reporting = builder.node(REPORTING, "watcher", "the watcher can report")
    if vantages:
        why = f"{needs.quorum} of its {len(vantages)} vantages must stand"
        _declare(builder, seeing, "vantages", vantages, why, needs.quorum)
    if needs.hub:
        _declare(builder, seeing, "hub", [_add_host(builder, needs.hub)], "its vantages report to")
    if routes:
        _declare(builder, alerting, "alert routes", routes, "any one of its alert routes will do")
    _declare(builder, reporting, "seeing", [seeing], "it tells what it sees")
    _declare(builder, reporting, "alerting", [alerting], "it tells it by its alert routes")
    for host in dict.fromkeys(map(_host, needs.status_hosts)):
        page = builder.node(f"status:{host}", "status page", f"the status page at {host}")
        _declare(builder, page, "host", [_add_host(builder, host)], "it is read there")
    if needs.heartbeat:
        beat = builder.node(HEARTBEAT, "watcher", "the watcher's heartbeat")
        host = _add_host(builder, needs.heartbeat)
        _declare(builder, beat, "host", [host], "it goes there")
    return merged(graph, builder.build())


def _add_route(builder: GraphBuilder, route: AlertRoute) -> str:
    if not _NAME.match(route.name):
        raise UsageError(f"{route.name!a:.80} is no name of an alert route.")
    node_id = builder.node(f"alert:{route.name}", "alert route", f"alerts by {route.name}")
    for host in route.hosts:
        target = _add_host(builder, host)
        _declare(builder, node_id, f"host {_host(host)}", [target], f"it goes by {_host(host)}")
    for name in route.providers:
        scope = use_scope(builder, Scope.parse(name))
        _declare(builder, node_id, f"provider {name}", [scope], f"{name} carries it")
    return node_id


def _once_each(routes: Iterable[AlertRoute]) -> tuple[AlertRoute, ...]:
    found: dict[str, AlertRoute] = {}
    for route in routes:
        if route.name in found:
            raise UsageError(f"The alert route {route.name!a:.80} is there twice.")
        found[route.name] = route
    return tuple(found.values())


def _add_host(builder: GraphBuilder, host: str) -> str:
    name = _host(host)
    return builder.node(f"host:{name}", "host", name)


def _host(host: str) -> str:
    if not _HOST.match(host):
        raise UsageError(f"{host!a:.80} is no host name.")
    return host.rstrip(".").lower()


def _declare(
    builder: GraphBuilder, node_id: str, name: str, targets: Iterable[str], why: str, k: int = 1
) -> None:
    alternatives = tuple(Alternative(target) for target in targets)
    need = Need(name, alternatives, k=k, standing=Standing.DECLARED, why=f"declared: {why}")
    builder.need(node_id, need)
