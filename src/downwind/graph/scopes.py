"""Scopes as nodes: what a provider's product, region or variant falls with."""

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


def add_scope(builder: GraphBuilder, scope: Scope) -> str:
    """Add the scope's node and those of all wider scopes, which it falls with."""
    node_id = str(scope)
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
    node_id = some_part_of(scope)
    if node_id in builder:
        return node_id
    whole = add_scope(builder, scope)
    builder.node(node_id, "grain", f"{scope}, some part")
    builder.need(node_id, Need("whole", (Alternative(whole),), why="the evidence stops here"))
    return node_id


def _kind(scope: Scope) -> str:
    if scope.variant:
        return "variant"
    if scope.product == "*":
        return "region"
    depth = sum(part is not None for part in (scope.provider, scope.product, scope.region))
    return _KINDS[depth + (scope.zone is not None)]
