"""Causes as people call them."""

from __future__ import annotations

import re

from downwind.catalog import Catalog
from downwind.terms import Scope
from downwind.watch.incidents import Incident

_SPACES = re.compile(r"[_-]")


def who_of(catalog: Catalog, incident: Incident) -> str:
    """The cause as people call it."""
    cause = incident.cause
    if cause.scope is None:
        return {"unknown": "something that they share"}.get(cause.kind, cause.name)
    return scope_words(catalog, cause.scope)


def scope_words(catalog: Catalog, scope: Scope) -> str:
    """Cloudflare's proxy (bots); AWS's DynamoDB in us-east-1."""
    provider = catalog.provider(scope.provider)
    text = provider.name if provider else scope.provider
    if scope.product and scope.product != "*":
        product = provider.product(scope.product) if provider else None
        name = product.name if product else _SPACES.sub(" ", scope.product)
        text = f"{text}'s {name.removeprefix(text).strip() or name}"
    if scope.region:
        text += f" in {scope.region}" + (f"{scope.zone}" if scope.zone else "")
    return f"{text} ({', '.join(sorted(scope.variants))})" if scope.variants else text
