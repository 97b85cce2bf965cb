"""What owners wrote, as needs: journeys name hosts, declarations name scopes and parts."""

from datetime import date
from urllib.parse import urlsplit

from downwind.graph.scopes import use_scope
from downwind.graph.types import GraphBuilder
from downwind.model import Capability, DeclaredNeed, Model
from downwind.terms import Alternative, ModelError, Need, Scope, Standing, Strength, UsageError


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
    for component in model.components:
        builder.node(
            component.id, component.kind, component.title or component.id, component.recovery_lag
        )
    owners: list[tuple[str, tuple[DeclaredNeed, ...]]] = [
        (key, capability.declares) for key, _, capability in model.capabilities()
    ]
    owners += [(component.id, component.declares) for component in model.components]
    for node_id, declares in owners:
        for declared in declares:
            if as_of and declared.known_since and declared.known_since > as_of:
                continue
            _declare(builder, node_id, declared)
    for _, service, capability in model.capabilities():
        for declared in capability.declares:
            _settle_hosts(builder, service.name, capability, declared, as_of)


def declared_scopes(model: Model, key: str) -> frozenset[Scope]:
    """The scopes that a capability's owner names for it, its own components' included."""
    components = {component.id: component.declares for component in model.components}
    pending = [c.declares for name, _, c in model.capabilities() if name == key]
    seen: set[str] = set()
    scopes: set[Scope] = set()
    while pending:
        for declared in pending.pop():
            for name in declared.any_of:
                if name in components and name not in seen:
                    seen.add(name)
                    pending.append(components[name])
                elif name not in components and "." not in name:
                    scopes.add(Scope.parse(name))
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
    finer = [scope for name in declared.any_of if (scope := _scope(name)) is not None]
    for step in capability.journey:
        host = (urlsplit(step.url).hostname or "").lower()
        node_id = f"host:{host}"
        own = host == service or host.endswith(f".{service}")
        if own and node_id in builder and _refines(builder, node_id, finer):
            _declare(builder, node_id, declared)


def _refines(builder: GraphBuilder, node_id: str, finer: list[Scope]) -> bool:
    seen = builder.targets(node_id, frozenset({"host", "address"}))
    coarse = [_scope(name.removesuffix("?")) for name in seen if name.endswith("?")]
    return bool(finer) and all(
        any(wide and wide.product and wide != scope and wide.covers(scope) for wide in coarse)
        for scope in finer
    )


def _scope(name: str) -> Scope | None:
    try:
        return Scope.parse(name) if "." not in name else None
    except UsageError:
        return None


def _targets(builder: GraphBuilder, capability: Capability) -> dict[str, Strength]:
    targets: dict[str, Strength] = {}
    for step in capability.journey:
        host = (urlsplit(step.url).hostname or "").lower()
        page = f"page:{step.url}"
        target = page if page in builder else builder.node(f"host:{host}", "host", host)
        if targets.get(target) is not Strength.HARD:
            targets[target] = step.strength
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
    if name in builder:
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
