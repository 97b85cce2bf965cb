"""Scopes as nodes: what a provider's product, region or variant falls with."""

from collections.abc import Container
from dataclasses import replace
from itertools import permutations

from downwind.graph.types import GraphBuilder
from downwind.terms import Alternative, Need, Scope

_KINDS = {1: "provider", 2: "product", 3: "region", 4: "zone"}
SCOPE_KINDS = (*_KINDS.values(), "variant")
"""The kinds of nodes that are scopes."""


def some_part_of(scope: Scope | str) -> str:
    """The node of one who needs some part of the scope, and it is not known which.

    A fault inside the scope takes this node down possibly, a fault of the whole certainly.
    """
    return f"{scope}?"


def node_of(scope: Scope, nodes: Container[str]) -> str:
    """The id of the scope's node, which is spelt as whoever came first spelt it.

    Several variants may be written in any order, and are one node. Where there is no node yet, it
    is the scope as written.
    """
    if scope.variant is None or len(scope.variants) == 1:
        return str(scope)
    orders = permutations(scope.variant.split("+"))
    spelt = (str(replace(scope, variant="+".join(order))) for order in orders)
    return next((node_id for node_id in spelt if node_id in nodes), str(scope))


def add_scope(builder: GraphBuilder, scope: Scope) -> str:
    """Add the scope's node and those of all wider scopes, which it falls with."""
    node_id = node_of(scope, builder)
    if node_id in builder:
        return node_id
    builder.node(node_id, _kind(scope))
    for wider in scope.wider():
        builder.need(
            node_id,
            Need(
                f"part of {wider}",
                (Alternative(add_scope(builder, wider)),),
                why=f"{scope} is a part of {wider}",
            ),
        )
    return node_id


def use_scope(builder: GraphBuilder, scope: Scope) -> str:
    """The node that a dependant needs when the evidence stops at this scope."""
    whole = add_scope(builder, scope)
    node_id = some_part_of(whole)
    if node_id in builder:
        return node_id
    builder.node(node_id, "grain", f"{whole}, some part")
    builder.need(node_id, Need("whole", (Alternative(whole),), why="the evidence stops here"))
    return node_id


def _kind(scope: Scope) -> str:
    if scope.variant:
        return "variant"
    if scope.product == "*":
        return "region"
    depth = sum(part is not None for part in (scope.provider, scope.product, scope.region))
    return _KINDS[depth + (scope.zone is not None)]
