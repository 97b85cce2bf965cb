"""A place that the watcher looks from, and what that place itself needs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import use_scope
from downwind.model import Place, WatchSettings
from downwind.terms import Alternative, Need, Scope, Standing, UsageError

VANTAGE_KIND = "vantage"
GLOBALPING = "globalping"
"""The vantage that stands for all probes which Globalping lends: one service carries them."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
_NETWORK = re.compile(r"(?:AS)?(\d{1,10})\Z", re.I)
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?\Z")


@dataclass(frozen=True, slots=True)
class VantageSpec:
    """One vantage; what is not known is empty, and then shared with nobody."""

    name: str
    network: str = ""
    """The network that carries it, as AS64500."""
    provider: str = ""
    """Who hosts it, as a scope: hetzner, aws/ec2."""
    region: str = ""
    """The provider's region that it stands in, as eu-west-1."""
    resolver: str = ""
    """The resolver that it asks: an address, a host name, or the provider that runs it."""

    @property
    def node(self) -> str:
        """Its id in the graph."""
        return vantage_node(self.name)

    @property
    def scope(self) -> Scope | None:
        """The finest scope that is known to host it."""
        if not self.provider:
            return None
        scope = Scope.parse(self.provider)
        if not self.region or scope.region:
            return scope
        return Scope.parse(f"{scope.provider}/{scope.product or '*'}/{self.region}")

    @property
    def number(self) -> int | None:
        """The number of its network."""
        found = _NETWORK.match(self.network)
        return int(found[1]) if found else None


def vantages_of(settings: WatchSettings) -> tuple[VantageSpec, ...]:
    """The hub's own place first, then the agents', then Globalping; raises UsageError for one that
    cannot be meant.

    Their networks are spelt alike: as64500 and 64500 are one.
    """
    own = tuple(check_vantage(_of_place(each)) for each in (settings.place, *settings.vantages))
    return (*own, VantageSpec(GLOBALPING, provider=GLOBALPING)) if settings.globalping else own


def _of_place(place: Place) -> VantageSpec:
    return VantageSpec(place.name, place.network, place.provider, place.region, place.resolver)


def traits(vantage: VantageSpec) -> tuple[str, ...]:
    """What it could share a fault with another through: its network, its provider, its resolver."""
    named = (
        ("network", vantage.network),
        ("provider", vantage.provider.partition("/")[0]),
        ("resolver", vantage.resolver),
    )
    return tuple(f"{what} {name}" for what, name in named if name)


def vantage_node(name: str) -> str:
    """The id of a vantage's node."""
    return f"vantage:{name}"


def check_vantage(spec: VantageSpec) -> VantageSpec:
    """The spec with its network spelt as AS64500; raises UsageError for what cannot be meant."""
    where = f"vantage {spec.name!a:.80}"
    if not _NAME.match(spec.name):
        raise UsageError(
            "This is no name of a vantage.",
            where=where,
            todo="Use up to 63 letters, digits, dots, hyphens and underscores.",
        )
    if spec.network and not _NETWORK.match(spec.network):
        raise UsageError(f"{spec.network!a:.80} is no network.", where=where, todo="Write AS64500.")
    if spec.region and not spec.provider:
        raise UsageError("It has a region and no provider.", where=where, todo="Name the provider.")
    if spec.provider:
        assert spec.scope is not None  # Scope.parse has raised otherwise
    if spec.resolver and not _is_resolver(spec.resolver):
        raise UsageError(
            f"{spec.resolver!a:.80} is neither an address nor a host name nor a provider.",
            where=where,
        )
    network = f"AS{spec.number}" if spec.number is not None else ""
    return VantageSpec(spec.name, network, spec.provider, spec.region, spec.resolver)


def vantage_nodes(vantages: Iterable[VantageSpec], builder: GraphBuilder) -> tuple[str, ...]:
    """Add the vantages and what they need to a builder; returns the ids of their nodes.

    Raises UsageError for a spec that cannot be meant.
    """
    return tuple(_add(builder, check_vantage(spec)) for spec in vantages)


def merged(graph: Graph, added: Graph) -> Graph:
    """Both graphs as one; where both have a node, that of the first stays."""
    new = {name: node for name, node in added.nodes.items() if name not in graph.nodes}
    return Graph({**graph.nodes, **new}, (*graph.unknowns, *added.unknowns))


def _add(builder: GraphBuilder, spec: VantageSpec) -> str:
    node_id = builder.node(spec.node, VANTAGE_KIND, f"vantage {spec.name}")
    if spec.number is not None:
        network = builder.node(f"as:{spec.number}", "network", f"AS{spec.number}")
        _need(builder, node_id, "network", network, f"AS{spec.number} carries it")
    if spec.scope is not None:
        _need(builder, node_id, "hosting", use_scope(builder, spec.scope), f"{spec.scope} hosts it")
    if spec.resolver:
        resolver = resolver_node(builder, spec.resolver)
        _need(builder, node_id, "resolver", resolver, f"it asks the resolver {spec.resolver}")
    return node_id


def resolver_node(builder: GraphBuilder, resolver: str) -> str:
    """The node of a resolver: of its address, of its host, or of some part of its provider."""
    if _is_address(resolver):
        address = str(ipaddress.ip_address(resolver))
        return builder.node(f"address:{address}", "address", address)
    scope = Scope.read(resolver)
    if scope is not None:
        return use_scope(builder, scope)
    host = resolver.rstrip(".").lower()
    return builder.node(f"host:{host}", "host", host)


def _need(builder: GraphBuilder, node_id: str, name: str, target: str, why: str) -> None:
    need = Need(name, (Alternative(target),), standing=Standing.DECLARED, why=f"declared: {why}")
    builder.need(node_id, need)


def _is_resolver(text: str) -> bool:
    if _is_address(text) or Scope.read(text) is not None:
        return True
    return "." in text and _HOST.match(text) is not None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
