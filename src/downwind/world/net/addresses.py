"""Who has which addresses: a block for each provider, and in it one for each product and region."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from downwind.terms import ModelError, Scope
from downwind.world.form.check import CONTROL
from downwind.world.form.schema import Product, Provider, Region, WorldFile

# RFC 2544 sets 198.18.0.0/15 aside for tests of networks, RFC 3849 2001:db8::/32 for examples.
WORLD_V4 = ipaddress.IPv4Network("198.18.0.0/15")
WORLD_V6 = ipaddress.IPv6Network("2001:db8::/32")
_MOST_PROVIDERS = 511
_NAME_SERVERS = 2


@dataclass(frozen=True, slots=True)
class Address:
    """One place in the emulated internet, in both families."""

    v4: str
    v6: str


RESOLVER = Address("198.18.0.53", "2001:db8::53")


@dataclass(frozen=True, slots=True)
class Block:
    """The addresses of a product, or of one of its regions."""

    scope: Scope
    v4: ipaddress.IPv4Network
    v6: ipaddress.IPv6Network

    def address(self, number: int) -> Address:
        """The address of this number; the first is 0."""
        return Address(str(self.v4[number + 1]), str(self.v6[number + 1]))


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a product listens: its scope down to the zone, and its addresses."""

    scope: Scope
    product: Product
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class Plan:
    """All blocks and sites of a world."""

    provider_blocks: tuple[Block, ...]
    blocks: tuple[Block, ...]
    sites: tuple[Site, ...]

    def within(self, scope: Scope) -> tuple[Site, ...]:
        """The sites of a scope, its variant aside: all zones of a region, say. No control plane."""
        place = Scope(scope.provider, scope.product, scope.region, scope.zone)
        return tuple(
            site for site in self.sites if site.scope.variant is None and place.covers(site.scope)
        )

    def addresses(self, scope: Scope) -> tuple[Address, ...]:
        """The addresses of all sites of a scope."""
        return tuple(address for site in self.within(scope) for address in site.addresses)


def plan_addresses(world: WorldFile) -> Plan:
    """Give every product and region its block; raises ModelError where there is no room."""
    if len(world.providers) > _MOST_PROVIDERS:
        raise ModelError(
            f"the world has {len(world.providers)} providers; it has room for {_MOST_PROVIDERS}.",
            todo="Leave some out.",
        )
    wholes: list[Block] = []
    blocks: list[Block] = []
    sites: list[Site] = []
    for number, provider in enumerate(world.providers, start=1):
        whole = _provider_block(provider, number)
        wholes.append(whole)
        for block, product, region in _product_blocks(provider, whole):
            blocks.append(block)
            sites.extend(_sites(block, product, region))
    return Plan(tuple(wholes), tuple(blocks), tuple(sites))


def _provider_block(provider: Provider, number: int) -> Block:
    v4 = ipaddress.IPv4Network((int(WORLD_V4.network_address) + number * 256, 24))
    v6 = ipaddress.IPv6Network((int(WORLD_V6.network_address) + (number << 80), 48))
    return Block(Scope(provider.id), v4, v6)


def _product_blocks(
    provider: Provider, whole: Block
) -> Iterator[tuple[Block, Product, Region | None]]:
    places: list[tuple[Product, Region | None]] = []
    for product in provider.products:
        places.extend((product, region) for region in product.regions or (None,))
    longest = max(_size(product, region) for product, region in places)
    for length in (28, 29, 30):
        fits = longest <= 2 ** (32 - length) - 2
        if fits and len(places) <= 2 ** (length - 24):
            break
    else:
        raise ModelError(
            f"the provider {provider.id} has {len(places)} products and regions, and up to "
            f"{longest} addresses in one; a block of 256 addresses does not hold them.",
            todo="Split the provider, or leave out regions or zones.",
        )
    v4s = whole.v4.subnets(new_prefix=length)
    v6s = whole.v6.subnets(new_prefix=64)
    for (product, region), v4, v6 in zip(places, v4s, v6s, strict=False):
        scope = Scope(provider.id, product.id, region.id if region else None)
        yield Block(scope, v4, v6), product, region


def _size(product: Product, region: Region | None) -> int:
    if product.system == "nameserver":
        return _NAME_SERVERS
    if product.system != "compute":
        return 1
    zones = len(region.zones) if region and region.zones else 1
    return zones + (product.leases_in is not None)


def _sites(block: Block, product: Product, region: Region | None) -> Iterator[Site]:
    scope = block.scope
    if product.system == "nameserver":
        addresses = tuple(block.address(number) for number in range(_NAME_SERVERS))
        yield Site(scope, product, addresses)
        return
    zones = region.zones if region and product.system == "compute" else ()
    for number, zone in enumerate(zones or (None,)):
        place = Scope(scope.provider, scope.product, scope.region, zone)
        yield Site(place, product, (block.address(number),))
    if product.leases_in is not None:
        control = Scope(scope.provider, scope.product, scope.region, None, CONTROL)
        yield Site(control, product, (block.address(len(zones) or 1),))
