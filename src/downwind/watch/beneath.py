"""What stands beneath the watched and can be probed by itself: the name servers of their zones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress

from downwind.evidence.domains import registered_domain
from downwind.graph import Graph
from downwind.observe.probes import DnsProbe
from downwind.terms import Node, UsageError
from downwind.watch.agenda import Target

_ZONE = "zone:"
_SERVER = "server:"


def name_server_targets(
    graph: Graph,
    watched: Iterable[str],
    *,
    interval: float = 60.0,
    timeout: float = 10.0,
    most: int = 2_000,
) -> tuple[Target, ...]:
    """Each name server that a watched node leans on, asked directly for the SOA of one zone.

    A target bears the node's id. `watched` are ids of nodes; those nearest to them come first,
    and the first `most` are taken.
    """
    zones: dict[str, str] = {}
    for zone in _zones(graph, watched):
        for server in _servers(zone):
            zones.setdefault(server, zone.id.removeprefix(_ZONE))
    found: list[Target] = []
    for server, name in zones.items():
        # A name may hold what no host name holds: it comes from strangers.
        with suppress(UsageError):
            probe = DnsProbe(name, "SOA", server=_host(server))
            found.append(Target(server, probe, interval, timeout))
        if len(found) == most:
            break
    return tuple(found)


def _zones(graph: Graph, starts: Iterable[str]) -> Iterator[Node]:
    """The zones that these nodes lean on, nearest first, without those of registries.

    The servers of a registry or of the root are not ours to ask every minute.
    """
    queue = dict.fromkeys(starts)
    waiting = deque(queue)
    while waiting:
        node = graph.nodes.get(waiting.popleft())
        if node is None:
            continue
        if node.id.startswith(_ZONE) and registered_domain(node.id.removeprefix(_ZONE)):
            yield node
        for need in node.needs:
            for alternative in need.alternatives:
                if alternative.node not in queue:
                    queue[alternative.node] = None
                    waiting.append(alternative.node)


def _servers(zone: Node) -> Iterator[str]:
    for need in zone.needs:
        for alternative in need.alternatives:
            if alternative.node.startswith(_SERVER):
                yield alternative.node


def _host(server: str) -> str:
    """Of `server:HOST`, or `server:HOST by name` where it is named outside its zone."""
    return server.removeprefix(_SERVER).removesuffix(" by name")
