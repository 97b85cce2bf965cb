"""What the outside view alone had missed, once somebody looked from inside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from downwind.catalog import Catalog
from downwind.evidence.domains import registered_domain
from downwind.evidence.inside.names import clean_host
from downwind.graph import Graph
from downwind.graph.inside.vendors import vendor_of
from downwind.questions.registries import all_below, reach_below
from downwind.terms import Scope, Standing


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider of the catalogue, or the holder of a domain that it does not know."""

    id: str
    """The provider's id, or the registered domain."""
    known: bool
    """Whether the catalogue knows it."""
    hosts: tuple[str, ...]
    """Its host names that were seen from inside."""
    scopes: tuple[Scope, ...]
    """Its parts that are needed, as fine as the evidence goes."""
    standings: tuple[Standing, ...]
    """Whether somebody wrote it, or it was seen, or both."""
    outside: bool
    """Whether the outside view shows it too."""
    rests_on: tuple[str, ...]
    """Other providers beneath it, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The vendors of one node from inside, against what the outside view shows."""

    node: str
    compared: str
    """What the outside view is of: the node itself, or everything that was mapped."""
    outside: tuple[str, ...]
    """The vendors that the outside view shows."""
    inside: tuple[Vendor, ...]
    new_scopes: tuple[Scope, ...]
    """Parts of providers that the outside view shows by other parts only."""
    hidden: Mapping[str, tuple[str, ...]]
    """Providers that nothing outside shows -> the added vendors that rest on them."""

    @property
    def added(self) -> tuple[Vendor, ...]:
        """The vendors that the outside view does not show."""
        return tuple(vendor for vendor in self.inside if not vendor.outside)

    @property
    def total(self) -> int:
        """How many vendors the two views show together."""
        return len(self.outside) + len(self.added)


def missed(node: str, outside: Graph, inside: Graph, merged: Graph, catalog: Catalog) -> Missed:
    """Compare three graphs of one store: without what was read from inside, of it alone, and all.

    `node` is the name that was given as the one whose needs were read.
    """
    own = _own(node)
    starts = _starts(outside, node)
    reached = reach_below(outside, starts) if starts else all_below(outside)
    shown = _vendors(outside, reached, catalog, own)
    scopes = _scopes(reached)
    vendors = _inside(node, inside, merged, catalog, own, shown)
    added = [vendor for vendor in vendors if not vendor.outside]
    providers = {scope.provider for scope in scopes}
    hidden: dict[str, list[str]] = {}
    for vendor in added:
        for provider in vendor.rests_on:
            if provider not in providers:
                hidden.setdefault(provider, []).append(vendor.id)
    return Missed(
        node=node,
        compared=node if starts else "",
        outside=tuple(sorted(shown)),
        inside=vendors,
        new_scopes=tuple(
            scope
            for vendor in vendors
            if vendor.outside
            for scope in vendor.scopes
            if not any(scope.covers(other) for other in scopes)
        ),
        hidden={
            provider: tuple(found)
            for provider, found in sorted(hidden.items(), key=lambda item: (-len(item[1]), item[0]))
        },
    )


def _inside(
    node: str,
    inside: Graph,
    merged: Graph,
    catalog: Catalog,
    own: str | None,
    shown: Mapping[str, object],
) -> tuple[Vendor, ...]:
    reached = reach_below(inside, _starts(inside, node))
    standings = _standings(inside, reached)
    hosts = _vendors(inside, reached, catalog, own)
    scopes = _scopes(reached)
    return tuple(
        Vendor(
            id=vendor,
            known=catalog.provider(vendor) is not None,
            hosts=tuple(names),
            scopes=_finest(scope for scope in scopes if scope.provider == vendor),
            standings=_standings_of(vendor, names, scopes, standings),
            outside=vendor in shown,
            rests_on=_rests_on(merged, vendor, names),
        )
        for vendor, names in hosts.items()
    )


def _own(node: str) -> str | None:
    """The domain of a host or a capability, whose own names are no vendor's."""
    host = clean_host(node.partition("/")[0])
    return registered_domain(host) if host else None


def _starts(graph: Graph, node: str) -> tuple[str, ...]:
    """The nodes that a name stands for, or, for a capability, its service's host."""
    for name in (node, node.partition("/")[0]):
        host = clean_host(name)
        found = [
            each
            for each in (name, f"host:{host}", f"page:https://{host}/", f"mail:{host}")
            if each in graph.nodes and graph.nodes[each].needs
        ]
        if found:
            return tuple(found)
    return ()


def _vendors(
    graph: Graph, nodes: Iterable[str], catalog: Catalog, own: str | None
) -> dict[str, list[str]]:
    """Vendor -> its hosts among the nodes; one that is needed as a scope alone has none."""
    vendors: dict[str, list[str]] = {}
    for node_id in nodes:
        if graph.nodes[node_id].kind == "host":
            host = graph.nodes[node_id].label
            if registered_domain(host) == own:
                continue
            if vendor := vendor_of(catalog, host):
                vendors.setdefault(vendor, []).append(host)
        elif scope := _grain(node_id):
            vendors.setdefault(scope.provider, [])
    return vendors


def _scopes(nodes: Iterable[str]) -> tuple[Scope, ...]:
    return tuple(scope for node_id in nodes if (scope := _grain(node_id)))


def _grain(node_id: str) -> Scope | None:
    """The scope at which evidence stops, if the node is one."""
    return Scope.read(node_id.removesuffix("?")) if node_id.endswith("?") else None


def _finest(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    found = sorted(set(scopes))
    return tuple(scope for scope in found if not any(scope != o and scope.covers(o) for o in found))


def _standings(graph: Graph, nodes: Iterable[str]) -> dict[str, set[Standing]]:
    """Node -> the standings of the needs that name it."""
    standings: dict[str, set[Standing]] = {}
    for node_id in nodes:
        for need in graph.nodes[node_id].needs:
            for alternative in need.alternatives:
                standings.setdefault(alternative.node, set()).add(need.standing)
    return standings


def _standings_of(
    vendor: str,
    hosts: Iterable[str],
    scopes: Iterable[Scope],
    standings: Mapping[str, set[Standing]],
) -> tuple[Standing, ...]:
    """How the vendor is known: by its hosts' needs, or where it has none, by its scopes'."""
    nodes = [f"host:{host}" for host in hosts] or [
        f"{scope}?" for scope in scopes if scope.provider == vendor
    ]
    return tuple(sorted({each for node in nodes for each in standings.get(node, ())}))


def _rests_on(merged: Graph, vendor: str, hosts: Iterable[str]) -> tuple[str, ...]:
    nodes = reach_below(merged, (f"host:{host}" for host in hosts))
    return tuple(sorted({scope.provider for scope in _scopes(nodes)} - {vendor}))
