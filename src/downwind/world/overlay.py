"""What may be known of a world's providers from outside: catalogue text that names no service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml

from downwind.catalog.roles import ROLES
from downwind.evidence.redact import redact_headers
from downwind.world.form.schema import Product, Provider, WorldFile
from downwind.world.net.addresses import Block, Plan
from downwind.world.net.names import keyvalue_name, own_domain
from downwind.world.systems.authority import Authority
from downwind.world.systems.pages import ORIGIN_TROUBLE, computer_body, usual_headers

Fact = dict[str, Any]

# The catalogue's roles. A world's own roles only say what is dealt with what.
_ROLES = {
    "nameserver": "dns",
    "edge": "edge",
    "compute": "hosting",
    "keyvalue": "keyvalue",
    "authority": "certificates",
    "policy": "control",
}
_NAMES = {"nameserver": "ns", "edge": "cname", "authority": "revocation_host"}


def overlay_text(
    world: WorldFile, plan: Plan, authorities: tuple[Authority, ...], confirmed: date
) -> str:
    """A YAML document for each provider."""
    known: Fact = {"source": f"the emulated internet {world.world!r}", "last_confirmed": confirmed}
    listed = [_provider(world, provider, plan, authorities, known) for provider in world.providers]
    return yaml.safe_dump_all(listed, sort_keys=False, allow_unicode=True)


def _provider(
    world: WorldFile,
    provider: Provider,
    plan: Plan,
    authorities: tuple[Authority, ...],
    known: Fact,
) -> dict[str, Any]:
    facts = [
        *_prefixes(provider, plan),
        *_names(provider, plan),
        *_headers(provider),
        *_issuers(provider, authorities),
    ]
    signatures = [*_edge_signatures(provider), *_compute_signatures(provider)]
    return {
        "id": provider.id,
        "name": provider.called,
        **({"owner": provider.owner} if provider.owner else {}),
        "regions": sorted({r.id for product in provider.products for r in product.regions}),
        "products": [
            {
                "id": product.id,
                "role": _role(world, provider, product),
                "name": product.called,
            }
            for product in provider.products
        ],
        "facts": [{**fact, **known} for fact in facts],
        "signatures": [{**signature, **known} for signature in signatures],
    }


def _role(world: WorldFile, provider: Provider, product: Product) -> str:
    """The catalogue's word for what a product does; a world's roles are free words."""
    if product.role is not None and product.role in ROLES:
        return product.role
    return "registry" if provider.id == world.registry.provider else _ROLES[product.system]


def _prefixes(provider: Provider, plan: Plan) -> Iterator[Fact]:
    def told(block: Block, prefix: object) -> Fact:
        scope = block.scope
        return {
            "kind": "prefix",
            "prefix": str(prefix),
            "product": scope.product,
            "region": scope.region,
        }

    for block in (*plan.provider_blocks, *plan.blocks):
        if block.scope.provider == provider.id:
            yield told(block, block.v4)
            yield told(block, block.v6)


def _names(provider: Provider, plan: Plan) -> Iterator[Fact]:
    for block in plan.blocks:
        scope = block.scope
        product = provider.product(scope.product) if scope.provider == provider.id else None
        if product is None:
            continue
        if product.system in _NAMES:
            kind = _NAMES[product.system]
            yield {"kind": kind, "suffix": own_domain(scope), "product": product.id}
        elif product.system == "policy":
            yield {"kind": "api_host", "suffix": own_domain(scope), "product": product.id}
        elif product.system == "keyvalue":
            yield {
                "kind": "api_host",
                "suffix": keyvalue_name(scope),
                "product": product.id,
                "region": scope.region,
            }


def _headers(provider: Provider) -> Iterator[Fact]:
    for product in _with_system(provider, "edge"):
        for name, text in usual_headers(provider, product).items():
            contains = _kept(name, text)
            yield {"kind": "header", "name": name, "contains": contains, "product": product.id}


def _issuers(provider: Provider, authorities: tuple[Authority, ...]) -> Iterator[Fact]:
    for authority in authorities:
        if authority.scope.provider == provider.id:
            yield {
                "kind": "issuer",
                "organization": authority.organization,
                "product": authority.scope.product,
            }


def _edge_signatures(provider: Provider) -> Iterator[Fact]:
    for product in _with_system(provider, "edge"):
        header = _telling_header(provider, product)
        page = product.error_page
        body = (_constant(page.body) if page else None) or provider.called
        start = f"{provider.id}-{product.id}"
        yield {
            "id": f"{start}-own-fault",
            "status": [500, 503],
            "header": header,
            "body": body,
            "not_body": ORIGIN_TROUBLE,
            "says": "edge",
            "product": product.id,
            "weight": 0.9,
        }
        yield {
            "id": f"{start}-origin-trouble",
            "status": [502, 504],
            "header": header,
            "body": ORIGIN_TROUBLE,
            "says": "origin",
            "product": product.id,
            "weight": 0.85,
        }
        # An error without the edge's own page was passed on from behind it.
        yield {
            "id": f"{start}-passed-on",
            "status": [500, 503],
            "header": header,
            "not_body": body,
            "says": "origin",
            "product": product.id,
            "weight": 0.6,
        }


def _compute_signatures(provider: Provider) -> Iterator[Fact]:
    for product in _with_system(provider, "compute"):
        page = product.error_page
        yield {
            "id": f"{provider.id}-{product.id}-unavailable",
            "status": [503],
            "body": (_constant(page.body) if page else None) or computer_body(product),
            "says": "origin",
            "product": product.id,
            "weight": 0.8,
        }


def _with_system(provider: Provider, system: str) -> list[Product]:
    return [product for product in provider.products if product.system == system]


def _telling_header(provider: Provider, product: Product) -> dict[str, str]:
    """The header that says most: one of the product's own where it has one."""
    named = usual_headers(provider, product)
    own = list(product.error_page.headers) if product.error_page else []
    name = (own or list(product.headers) or ["server"])[0].lower()
    found = {"name": name}
    contains = _kept(name, named[name])
    return found | ({"contains": contains} if contains else {})


def _kept(name: str, text: str) -> str | None:
    """The constant part of a header's value, where evidence keeps the value of such a header."""
    constant = _constant(text)
    return constant if constant and constant in redact_headers({name: text})[name] else None


def _constant(text: str) -> str | None:
    """The longest part of a text that stays the same from answer to answer."""
    return max((part.strip() for part in text.split("{id}")), key=len) or None
