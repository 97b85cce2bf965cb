"""What a name stands for in a graph: its host or page, its mail, its registration."""

from collections.abc import Iterable
from dataclasses import dataclass

from downwind.evidence.domains import registrable_domain
from downwind.evidence.hosts import host_of
from downwind.graph import Graph
from downwind.terms import Need, Scope


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a name does, and the node for it."""

    name: str
    """page, receive, send or registration."""
    title: str
    node: str


def start_of(graph: Graph, name: str) -> str | None:
    """The page or host of a name, where something of it was seen."""
    for node_id in (f"page:{name}", f"host:{_host(name)}"):
        if node_id in graph.nodes and graph.nodes[node_id].needs:
            return node_id
    return None


def parts_of(graph: Graph, name: str) -> tuple[Part, ...]:
    """What else a name does besides leading to a host, as far as it was seen."""
    host = _host(name)
    domain = registrable_domain(host)
    candidates = [
        *(
            Part("page", f"What {scheme}://{host}/ loads", f"page:{scheme}://{host}/")
            for scheme in ("https", "http")
        ),
        *_mail(host),
        *(_mail(domain) if domain != host else ()),
        Part("registration", f"The registration of {domain}", f"registration:{domain}"),
    ]
    shown = start_of(graph, name)
    return tuple(
        part
        for part in candidates
        if part.node in graph.nodes and part.node != shown and _says_something(graph, part)
    )


def _mail(domain: str) -> tuple[Part, ...]:
    return (
        Part("receive", f"Mail to {domain}", f"mail:{domain}"),
        Part("send", f"Mail from {domain}", f"mail-from:{domain}"),
    )


def _says_something(graph: Graph, part: Part) -> bool:
    return bool(needs_shown(graph, part))


def needs_shown(graph: Graph, part: Part) -> tuple[Need, ...]:
    """The needs of a part; of a page those besides its host, which is told already."""
    needs = graph.nodes[part.node].needs
    return tuple(n for n in needs if part.name != "page" or n.name != "host")


def scopes_of(graph: Graph, start: str) -> tuple[Scope, ...]:
    """The finest scopes on the way; a scope that another one lies in is left out."""
    grains = (node.rstrip("?") for node in graph.reach(start) if node.endswith("?"))
    found = [scope for grain in grains if (scope := Scope.read(grain)) is not None]
    return tuple(s for s in sorted(set(found)) if not _is_coarser(s, found))


def _is_coarser(scope: Scope, others: Iterable[Scope]) -> bool:
    return any(scope != other and scope.covers(other) for other in others)


def _host(name: str) -> str:
    host = (host_of(name) if "://" in name else name) or name
    return host.lower().rstrip(".")
