"""The provider that somebody names in words, as the catalogue has it: `AWS (us-east-1)` is aws."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from downwind.catalog import Catalog, Provider
from downwind.terms import Scope

Names = Mapping[str, Scope]
"""By a name without case, spaces and marks."""

_ALSO_CALLED = {
    "gcp": Scope("google-cloud"),
    "googlecloudplatform": Scope("google-cloud"),
    "firebase": Scope("google-cloud", "firebase"),
    "fly": Scope("fly-io"),
    "bunny": Scope("bunny"),
    "azurefrontdoor": Scope("azure", "front-door"),
    "amazoncloudfront": Scope("aws", "cloudfront"),
    "amazons3": Scope("aws", "s3"),
    "amazonec2": Scope("aws", "ec2"),
}
_BRACKETS = re.compile(r"\(([^()]*)\)")
_PARTS = re.compile(r"[/,;+&|]|\b(?:and|via|behind|on|by)\b", re.IGNORECASE)
_MARKS = re.compile(r"[\W_]+")
_COMPANY = re.compile(r",?\s+(?:inc|llc|ltd|gmbh|corp|corporation)\.?$", re.IGNORECASE)
_MOST_WORDS = 4
"""A longer statement is a sentence, whose first word says little."""


def names_of(catalog: Catalog) -> Names:
    """All names that mean one provider or product alone."""
    meant: dict[str, set[Scope]] = defaultdict(set)
    for provider in catalog.providers:
        for name, scope in _names(provider):
            meant[_plain(name)].add(scope)
    alone = {name: one for name, scopes in meant.items() for one in [_one(scopes)] if one}
    known = {provider.id for provider in catalog.providers}
    also = {name: scope for name, scope in _ALSO_CALLED.items() if scope.provider in known}
    return {**alone, **also}


def _one(scopes: Iterable[Scope]) -> Scope | None:
    """Who is meant: a provider before products of others, a product before its provider."""
    whole = [scope for scope in scopes if not scope.product]
    if len(whole) > 1:
        return None
    mine = [scope for scope in scopes if not whole or scope.provider == whole[0].provider]
    products = [scope for scope in mine if scope.product]
    if len(products) == 1:
        return products[0]
    return whole[0] if whole else None


def scopes_in(statement: str, names: Names) -> Sequence[Scope]:
    """Whom the statement names, each once; nobody where the catalogue knows no such name."""
    text = _COMPANY.sub("", statement.strip())
    whole = names.get(_plain(text))
    if whole is not None:
        return (whole,)
    # What stands in brackets says more of whoever stands before them: a region, an owner.
    before = _in_parts(_BRACKETS.sub(" ", text), names)
    return before or _in_parts(" / ".join(_BRACKETS.findall(text)), names)


def _in_parts(text: str, names: Names) -> Sequence[Scope]:
    parts = (part.strip() for part in _PARTS.split(text))
    found = (scope for part in parts if (scope := _by_first_words(part, names)))
    return tuple(dict.fromkeys(found))


def _by_first_words(part: str, names: Names) -> Scope | None:
    """The longest beginning of it that is a name: of `AWS us-east-1`, that is AWS."""
    words = _COMPANY.sub("", part).split()
    if len(words) > _MOST_WORDS:
        return None
    beginnings = (_plain(" ".join(words[:count])) for count in range(len(words), 0, -1))
    return next((names[name] for name in beginnings if name in names), None)


def _names(provider: Provider) -> Iterator[tuple[str, Scope]]:
    yield provider.id, Scope(provider.id)
    yield provider.name, Scope(provider.id)
    for product in provider.products:
        scope = Scope(provider.id, product.id)
        yield product.name, scope
        for whose in (provider.id, provider.name):
            yield f"{whose} {product.name}", scope
            yield f"{whose} {product.id}", scope


def _plain(name: str) -> str:
    return _MARKS.sub("", name.casefold())
