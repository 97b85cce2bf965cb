"""From the words of a status page to products and regions of the catalogue, never by resemblance.

A component is a product where its id or its name, or a part of it that stands on its own (in
brackets, between slashes, without the provider's name before it), is the product's id, its name or
such a part of it, letter by letter but for case, space and punctuation. All else is unknown, and
the incident is then the provider's: "Identity and Access Management" is not "Identity Platform".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from downwind.catalog import Product, Provider

_WITHIN = " > "
_PLAIN = re.compile(r"[a-z0-9]+")
_PARTS = re.compile(r"\s+and\s+|[,/()]|\bformerly\b")
_BRACKETS = re.compile(r"\(([^()]{1,80})\)")
_LEGAL = frozenset(
    ("inc", "llc", "ltd", "gmbh", "corp", "corporation", "company", "co", "com", "the", "limited")
)
_REGION = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_SHORTEST = 2
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Named:
    """What a component speaks of."""

    products: tuple[str, ...]
    regions: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.products or self.regions)


@dataclass(frozen=True, slots=True)
class Naming:
    """The names by which a provider's products and regions go."""

    products: Mapping[str, str]
    """The id of the one product that is called so, by its letters and digits alone."""
    regions: Mapping[str, str]
    """The region, in the same way."""
    brands: frozenset[str]
    """Words of the provider's own name, which may stand before a product's."""

    @classmethod
    def of(cls, provider: Provider) -> Naming:
        """Read off the catalogue; what two products share names neither, an ended one is left."""
        found: dict[str, set[str]] = {}
        offered = [each for each in provider.products if not each.ended]
        for product in offered:
            for form in _forms_of(product):
                found.setdefault(form, set()).add(product.id)
        names = {form: min(ids) for form, ids in found.items() if len(ids) == 1}
        names |= {_squeezed(each.id): each.id for each in offered}
        brands = {*_words(provider.id), *_words(provider.name)}
        brands |= _words(provider.owner) - _LEGAL
        regions = {_squeezed(each): each for each in provider.regions}
        return cls(names, regions, frozenset(brands))

    def component(self, known: str, name: str) -> Named:
        """The products and regions of a component of this id and name."""
        products: dict[str, None] = {}
        regions: dict[str, None] = {}
        for part in (known, *name.split(_WITHIN)):
            rest, places = self._without_regions(part)
            regions.update(dict.fromkeys(places))
            product = self._product(rest)
            if product:
                products[product] = None
        return Named(tuple(products), tuple(regions))

    def region(self, told: str) -> str | None:
        """The region that a feed names; one that the catalogue does not have if it is an id."""
        known = self.regions.get(_squeezed(told))
        if known:
            return known
        small = told.lower()
        return small if len(small) <= _LONGEST and _REGION.fullmatch(small) else None

    def _product(self, text: str) -> str | None:
        for form in self._readings(text.lower()):
            found = self.products.get(form)
            if found:
                return found
        return None

    def _readings(self, text: str) -> Iterator[str]:
        """The name as it stands, then without the provider's, then its parts."""
        yield from self._unbranded(text)
        for inner in _BRACKETS.findall(text):
            yield from self._unbranded(inner)
        outer = _BRACKETS.sub(" ", text)
        yield from self._unbranded(outer)
        if "/" in outer:
            for part in outer.split("/"):
                yield from self._unbranded(part)

    def _unbranded(self, text: str) -> Iterator[str]:
        words = _PLAIN.findall(text)
        while words:
            yield "".join(words)
            if words[0] not in self.brands:
                return
            words = words[1:]

    def _without_regions(self, text: str) -> tuple[str, tuple[str, ...]]:
        """What is left of a text without the regions that stand in it, and these."""
        whole = next((form for form in self._unbranded(text.lower()) if form in self.regions), "")
        if whole:
            return "", (self.regions[whole],)
        found: dict[str, None] = {}
        rest = text
        for word in re.findall(r"[A-Za-z0-9-]+", text):
            # A word that is a region has digits: "global" or "east" alone may mean anything.
            region = self.regions.get(_squeezed(word)) if re.search(r"\d", word) else None
            if region:
                found[region] = None
                rest = rest.replace(word, " ")
        return rest, tuple(found)


def _words(text: str) -> set[str]:
    return set(_PLAIN.findall(text.lower()))


def _squeezed(text: str) -> str:
    return "".join(_PLAIN.findall(text.lower()))


def _forms_of(product: Product) -> Iterable[str]:
    parts = [product.name, *_PARTS.split(product.name.lower())]
    forms = (_squeezed(each) for each in parts)
    return {form for form in forms if len(form) >= _SHORTEST}
