"""Needs where the evidence stops at a whole: what is a part of it, and who has said which part."""

from collections.abc import Callable
from dataclasses import replace

from downwind.graph import Graph, declared_scopes
from downwind.terms import Need, Scope


def whole_of(grain: str) -> Scope:
    """The scope of which some part is needed by who needs this node."""
    return Scope.parse(grain.removesuffix("?"))


def holds_part(whole: Scope, fault: Scope) -> bool:
    """True where the fault hits the scope in part only.

    Who names a variant names all that is switched on: a fault of more than that is not theirs.
    He has not said in which zone he stands, so a fault of a smaller place may be his.
    """
    if fault.covers(whole):
        return False
    if whole.variant:
        place, struck = replace(whole, variant=None), replace(fault, variant=None)
        theirs = replace(place, variant=fault.variant).covers(whole)
        return theirs and struck != place and place.covers(struck)
    across = fault.product == "*" and whole.provider == fault.provider
    return whole.covers(fault) or (across and whole.region is None)


def is_settled(
    graph: Graph, capability: str, grain: str, follows: Callable[[Need], bool] = lambda _: True
) -> bool:
    """True where on every way to the coarse need somebody says on which part he is.

    A whole provider is no such need: who declares its DNS has said nothing of its edge.
    """
    whole = whole_of(grain)
    return whole.product is not None and not _reaches(graph, capability, grain, whole, follows)


def _reaches(
    graph: Graph, start: str, grain: str, whole: Scope, follows: Callable[[Need], bool]
) -> bool:
    """True where some way to the coarse need passes nobody who has said more.

    What is said of a capability holds for the hosts of its own service, not for others'.
    """
    pending = [(start, "")]
    seen = set(pending)
    while pending:
        here, vouched = pending.pop()
        if here == grain:
            return True
        if _is_host_of(here, vouched):
            continue
        if _says_more(graph, here, whole):
            if graph.nodes[here].kind != "capability":
                continue
            vouched = here.rpartition("/")[0]
        for need in filter(follows, graph.nodes[here].needs):
            for alternative in need.alternatives:
                step = (alternative.node, vouched)
                if step not in seen:
                    seen.add(step)
                    pending.append(step)
    return False


def _says_more(graph: Graph, node: str, whole: Scope) -> bool:
    return any(whole.covers(scope) and scope != whole for scope in declared_scopes(graph, node))


def _is_host_of(node: str, service: str) -> bool:
    host = node.removeprefix("host:")
    return bool(service) and (host == service or host.endswith(f".{service}"))
