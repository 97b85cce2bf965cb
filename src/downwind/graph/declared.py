"""What owners wrote, as needs: journeys name hosts, declarations name scopes and parts."""

from datetime import date

from downwind.graph.scopes import SCOPE_KINDS, add_scope, use_scope
from downwind.graph.types import Graph, GraphBuilder
from downwind.model import Capability, Component, DeclaredNeed, Model
from downwind.terms import Alternative, ModelError, Need, Scope, Standing, Strength, UsageError

_OUTSIDE = frozenset({"host", "capability", "page"})
"""Kinds of nodes that are no private part of whoever needs them."""


def add_journeys(builder: GraphBuilder, model: Model) -> None:
    """Each capability needs the hosts that its journey visits; anyone can see these."""
    for key, _, capability in model.capabilities():
        builder.node(key, "capability", capability.title or key, capability.recovery_lag)
        for target, strength in _targets(builder, capability).items():
            host = target.partition(":")[2]
            builder.need(
                key,
                Need(
                    f"journey to {host}",
                    (Alternative(target),),
                    strength=strength,
                    why=f"its journey visits {host}",
                ),
            )


def add_declarations(builder: GraphBuilder, model: Model, as_of: date | None) -> None:
    """What the owners state, as far as it was known on the day `as_of`."""
    parts = [(_add_component(builder, each), each.declares) for each in model.components]
    owners: list[tuple[str, tuple[DeclaredNeed, ...]]] = [
        (key, capability.declares) for key, _, capability in model.capabilities()
    ]
    owners += parts
    for node_id, declares in owners:
        for declared in declares:
            if as_of and declared.known_since and declared.known_since > as_of:
                continue
            _declare(builder, node_id, declared)
    for _, service, capability in model.capabilities():
        for declared in capability.declares:
            _settle_hosts(builder, service.name, capability, declared, as_of)


def _add_component(builder: GraphBuilder, component: Component) -> str:
    """A private part, or a provider's product where its id is a scope. Returns its node's id."""
    scope = Scope.read(component.id) if "/" in component.id else None
    if scope is None:
        return builder.node(
            component.id, component.kind, component.title or component.id, component.recovery_lag
        )
    node_id = add_scope(builder, scope)
    builder.recovers(node_id, component.recovery_lag)
    return node_id


def declared_scopes(graph: Graph, node_id: str) -> frozenset[Scope]:
    """The scopes that an owner names for a node, by way of private parts of it too."""
    seen = {node_id}
    pending = [node_id]
    scopes: set[Scope] = set()
    while pending:
        for need in graph.nodes[pending.pop()].needs:
            if need.standing is not Standing.DECLARED:
                continue
            for name in (alternative.node for alternative in need.alternatives):
                kind = graph.nodes[name].kind
                if kind == "grain":
                    scopes.add(Scope.parse(name.removesuffix("?")))
                elif kind not in _OUTSIDE and name not in seen:
                    seen.add(name)
                    pending.append(name)
    return frozenset(scopes)


def _settle_hosts(
    builder: GraphBuilder,
    service: str,
    capability: Capability,
    declared: DeclaredNeed,
    as_of: date | None,
) -> None:
    """What its owner knows of a host's edge holds for all who use that host, not for it alone.

    Only where the outside view saw the host on a wider scope of the same product.
    """
    if declared.strength is not Strength.HARD:
        return
    if as_of and declared.known_since and declared.known_since > as_of:
        return
    finer = [scope for name in declared.any_of if (scope := Scope.read(name)) is not None]
    for _, host, _ in capability.visits():
        node_id = f"host:{host}"
        own = host == service or host.endswith(f".{service}")
        if own and node_id in builder and _refines(builder, node_id, finer):
            _declare(builder, node_id, declared)


def _refines(builder: GraphBuilder, node_id: str, finer: list[Scope]) -> bool:
    seen = builder.targets(node_id, frozenset({"host", "address"}))
    coarse = [Scope.read(name.removesuffix("?")) for name in seen if name.endswith("?")]
    return bool(finer) and all(
        any(wide and wide.product and wide != scope and wide.covers(scope) for wide in coarse)
        for scope in finer
    )


def _targets(builder: GraphBuilder, capability: Capability) -> dict[str, Strength]:
    targets: dict[str, Strength] = {}
    for url, host, strength in capability.visits():
        page = f"page:{url}"
        target = page if page in builder else builder.node(f"host:{host}", "host", host)
        if targets.get(target) is not Strength.HARD:
            targets[target] = strength
    return targets


def _declare(builder: GraphBuilder, node_id: str, declared: DeclaredNeed) -> None:
    names = tuple(dict.fromkeys(declared.any_of))
    builder.need(
        node_id,
        Need(
            declared.need,
            tuple(Alternative(_resolve(builder, name, node_id)) for name in names),
            k=declared.k,
            strength=declared.strength,
            grace=declared.grace,
            standing=Standing.DECLARED,
            why=f"declared by the owner: {declared.source}" if declared.source else "declared",
            evidence=(declared.source,) if declared.source else (),
            known_since=declared.known_since.isoformat() if declared.known_since else None,
        ),
    )


def _resolve(builder: GraphBuilder, name: str, node_id: str) -> str:
    """A capability, a component, a host name or a scope."""
    is_scope = Scope.read(name) is not None and builder.kind(name) in (None, *SCOPE_KINDS)
    if name in builder and not is_scope:
        return name
    if "." in name and "/" not in name:
        return builder.node(f"host:{name.lower()}", "host", name.lower())
    try:
        return use_scope(builder, Scope.parse(name))
    except UsageError as error:
        raise ModelError(
            f"{name!r} is no capability, component, host name or scope.",
            where=f"declared needs of {node_id}",
            todo="Name one, such as x.test/feed, static.x.test or aws/dynamodb/us-east-1.",
        ) from error
