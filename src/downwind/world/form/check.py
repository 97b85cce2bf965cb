"""What a world file says of itself: every name in it must name something that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from downwind.terms import ModelError, Scope, UsageError
from downwind.world.form.schema import Host, Product, Provider, WorldFile, WorldService

Complaint = tuple[str, str]
"""The path in the file, and what is wrong there with what to do about it."""

_MOST_SAID = 8

_SLOT_SYSTEMS = {
    "edge": "edge",
    "runs_on": "compute",
    "dns": "nameserver",
    "certificates": "authority",
    "keyvalue": "keyvalue",
}
_ONLY = {
    "regions": ("compute", "keyvalue"),
    "variants": ("edge",),
    "headers": ("edge",),
    "error_page": ("edge", "compute"),
    "checked_by": ("keyvalue", "compute"),
    "leases_in": ("compute",),
    "core": ("keyvalue",),
    "front": ("keyvalue",),
}
CONTROL = "control"
"""The plane on which owners change what they run; written as a variant, aws/ec2#control."""


def complaints(world: WorldFile) -> list[Complaint]:
    """All that is wrong with the file beyond its form, in the order of the file."""
    return [
        *_provider_complaints(world),
        *_registry_complaints(world),
        *_service_complaints(world),
    ]


def say_complaints(wrong: Sequence[Complaint], head: str, where: str, page: str) -> ModelError:
    """One readable ModelError out of complaints; `page` explains this kind of file."""
    lines = [f"{path}: {what}" for path, what in wrong[:_MOST_SAID]]
    if len(wrong) > _MOST_SAID:
        lines.append(f"and {len(wrong) - _MOST_SAID} more")
    return ModelError(f"{head}: {'; '.join(lines)}.", where=where, todo=f"The form is in {page}.")


def variant_parts(variant: str | None) -> frozenset[str]:
    """The variants of a scope: fl2+bots is two."""
    return frozenset(variant.split("+")) if variant else frozenset()


def in_order(variant: str | None, product: Product) -> bool:
    """True where the variants of a scope are written in the order of the product's."""
    written = variant.split("+") if variant else []
    return written == [each for each in product.variants if each in written]


def _provider_complaints(world: WorldFile) -> Iterator[Complaint]:
    yield from _repeats((p.id for p in world.providers), "providers", "provider")
    for i, provider in enumerate(world.providers):
        path = f"providers.{i}"
        yield from _repeats((p.id for p in provider.products), f"{path}.products", "product")
        for j, product in enumerate(provider.products):
            yield from _product_complaints(product, f"{path}.products.{j}")
            yield from leaning_complaints(world, provider, product, f"{path}.products.{j}")
    systems = {
        product.system
        for provider in world.providers
        if provider.id != world.registry.provider
        for product in provider.products
    }
    for system in ("nameserver", "authority"):
        if system not in systems:
            yield "providers", f"no product has the system {system!r}; the world needs one"


def _product_complaints(product: Product, path: str) -> Iterator[Complaint]:
    yield from _repeats((r.id for r in product.regions), f"{path}.regions", "region")
    for key, systems in _ONLY.items():
        if getattr(product, key) and product.system not in systems:
            yield f"{path}.{key}", f"only {' and '.join(systems)} products have {key}"


def leaning_complaints(
    world: WorldFile, provider: Provider, product: Product, path: str
) -> Iterator[Complaint]:
    """What keeps a product from standing on what the file says that it stands on."""
    for key, system, own in (
        ("checked_by", "policy", True),
        ("leases_in", "keyvalue", True),
        ("core", "keyvalue", False),
        ("front", "edge", True),
    ):
        leaning = getattr(product, key)
        if leaning is None:
            continue
        text = leaning.whole(provider.id) if own else leaning.on
        wrong = list(_leaning_complaints(world, provider, text, system, own=own))
        yield from ((f"{path}.{key}", what) for what in wrong)
        if not wrong and key == "leases_in":
            yield from _lease_complaints(provider, product, Scope.parse(text), f"{path}.{key}")
        if not wrong and key == "core" and _circles(world, Scope(provider.id, product.id)):
            yield f"{path}.{key}", "it leads back to itself"


def _leaning_complaints(
    world: WorldFile, provider: Provider, text: str, system: str, *, own: bool
) -> Iterator[str]:
    wrong = None
    for wrong in scope_complaints(world, text, regions=not own):
        yield wrong
    if wrong is not None:
        return
    scope = Scope.parse(text)
    found = world.product(scope.provider, scope.product)
    if found is not None and found.system != system:
        yield f"{text} is a {found.system}; this needs a {system}"
    if own and scope.provider != provider.id:
        yield f"{text} belongs to another provider"


def _lease_complaints(
    provider: Provider, product: Product, leases: Scope, path: str
) -> Iterator[Complaint]:
    if leases.region:
        yield path, f"{leases} is one region of it; name the product alone, {leases.product}"
        return
    database = provider.product(leases.product)
    here = {region.id for region in product.regions}
    there = {region.id for region in database.regions} if database else set()
    if there and not here <= there:
        yield path, f"{leases.product} is not in {', '.join(sorted(here - there))}"


def _circles(world: WorldFile, start: Scope) -> bool:
    seen: set[Scope] = set()
    here = start
    while here not in seen:
        seen.add(here)
        product = world.product(here.provider, here.product)
        if product is None or product.core is None:
            return False
        try:
            scope = Scope.parse(product.core.on)
        except UsageError:
            return False
        here = Scope(scope.provider, scope.product)
    return True


def _registry_complaints(world: WorldFile) -> Iterator[Complaint]:
    provider = world.provider(world.registry.provider)
    if provider is None:
        return
    for key in ("roots", "tld"):
        name = getattr(world.registry, key)
        product = provider.product(name)
        if product is None or product.system != "nameserver":
            yield f"registry.{key}", f"{provider.id} has no nameserver product {name!r}"


def _service_complaints(world: WorldFile) -> Iterator[Complaint]:
    yield from _repeats((s.name for s in world.services), "services", "service")
    names = [host.host for service in world.services for host in service.hosts]
    yield from _repeats(names, "services", "host")
    known = frozenset(names)
    zones = {f"{provider.id}.test": provider for provider in world.providers}
    for i, service in enumerate(world.services):
        path = f"services.{i}"
        yield from _name_complaints(service, world.services, zones, path)
        for slot, text in service.on.items():
            yield from ((f"{path}.on.{slot}", c) for c in scope_complaints(world, text))
        for j, host in enumerate(service.hosts):
            yield from _host_complaints(world, service, host, known, f"{path}.hosts.{j}")


def _name_complaints(
    service: WorldService,
    services: Iterable[WorldService],
    zones: dict[str, Provider],
    path: str,
) -> Iterator[Complaint]:
    domain = ".".join(service.name.split(".")[-2:])
    if domain in zones:
        yield f"{path}.name", f"{domain} belongs to the provider {zones[domain].id!r}"
    for other in services:
        if service.name.endswith(f".{other.name}"):
            yield f"{path}.name", f"it lies under the service {other.name}"


def scope_complaints(world: WorldFile, text: str, *, regions: bool = True) -> Iterator[str]:
    """What keeps a scope from being a place where a service can stand.

    Without `regions` a product in regions may be named as a whole.
    """
    try:
        scope = Scope.parse(text)
    except UsageError as error:
        yield f"{error.what} {error.todo}"
        return
    provider = world.provider(scope.provider)
    if provider is None:
        yield f"there is no provider {scope.provider!r}"
        return
    product = provider.product(scope.product)
    if product is None:
        listed = ", ".join(p.id for p in provider.products)
        yield f"{provider.id} has no product {scope.product or ''!r}; it has {listed}"
        return
    whole = not regions and scope.region is None
    yield from _place_complaints(provider, product, scope, whole=whole)


def _place_complaints(
    provider: Provider, product: Product, scope: Scope, *, whole: bool
) -> Iterator[str]:
    name = f"{provider.id}/{product.id}"
    region = product.region(scope.region)
    if product.regions and region is None and not whole:
        listed = ", ".join(r.id for r in product.regions)
        yield f"{name} is in regions: name one of {listed}"
    if scope.region and not product.regions:
        yield f"{name} has no regions"
    if region and scope.zone and scope.zone not in region.zones:
        yield f"{name}/{region.id} has no zone {scope.zone!r}"
    missing = sorted(variant_parts(scope.variant) - set(product.variants))
    if missing:
        yield f"{name} has no variant {missing[0]!r}"
        return
    if not in_order(scope.variant, product):
        yield f"the parts of #{scope.variant} stand in another order than the variants of {name}"


def _host_complaints(
    world: WorldFile, service: WorldService, host: Host, known: frozenset[str], path: str
) -> Iterator[Complaint]:
    if host.host != service.name and not host.host.endswith(f".{service.name}"):
        yield f"{path}.host", f"{host.host} is not {service.name} nor under it"
    for key, system in _SLOT_SYSTEMS.items():
        slots = getattr(host, key) or ()
        for slot in (slots,) if isinstance(slots, str) else slots:
            found = _slot_complaints(world, service, slot, system)
            yield from ((f"{path}.{key}", complaint) for complaint in found)
    if host.alias and host.edge is None:
        yield f"{path}.alias", "an alias leads into an edge's domain; name the edge"
    if host.alias and host.host == service.name:
        # RFC 1034, 3.6.2: a CNAME stands alone, and an apex has NS and SOA.
        yield f"{path}.alias", "the apex of a zone cannot be an alias"
    for k, resource in enumerate(host.resources):
        if resource.host not in known:
            yield f"{path}.resources.{k}.host", f"no service has the host {resource.host}"


def _slot_complaints(
    world: WorldFile, service: WorldService, slot: str, system: str
) -> Iterator[str]:
    if slot not in service.on:
        yield f"there is no slot {slot!r}; {service.name} has {', '.join(service.on)}"
        return
    try:
        scope = Scope.parse(service.on[slot])
    except UsageError:
        return
    product = world.product(scope.provider, scope.product)
    if product is not None and product.system != system:
        yield (
            f"the slot {slot!r} holds {service.on[slot]}, which is a {product.system}; "
            f"this needs a {system}"
        )


def _repeats(names: Iterable[str], path: str, what: str) -> Iterator[Complaint]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield path, f"the {what} {name!r} is there twice"
        seen.add(name)
