"""Which place of a fault tells most: some are hit, and those who are spared set it apart."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.terms import Scope

Stands = Sequence[Sequence[Scope]]
"""For each service, what it stands on."""


def most_telling(places: Sequence[Scope], stands: Stands) -> list[Scope]:
    """The places whose fault shows most plainly; else those that come nearest.

    Two services are hit at least, and whatever else all of the hit stand on also carries one that
    is spared: else nothing that can be observed tells the place's product from it.
    """
    carried = [_with_wider(on) for on in stands]
    scores = [_telling(place, carried) for place in places]
    best = max(scores, default=(0, False))
    return [place for place, score in zip(places, scores, strict=True) if score == best]


def _telling(place: Scope, carried: Sequence[frozenset[Scope]]) -> tuple[int, bool]:
    hit = [place in scopes for scopes in carried]
    product = Scope(place.provider, place.product)
    victims = [scopes for scopes, is_hit in zip(carried, hit, strict=True) if is_hit]
    shared = victims[0].intersection(*victims[1:]) if victims else frozenset[Scope]()
    spared = {s for scopes, is_hit in zip(carried, hit, strict=True) if not is_hit for s in scopes}
    rivals = (scope for scope in shared if not product.covers(scope))
    return min(2, sum(hit)), all(rival in spared for rival in rivals)


def _with_wider(on: Sequence[Scope]) -> frozenset[Scope]:
    """What a service stands on, and all that these fall with."""
    found: set[Scope] = set()
    pending = list(on)
    while pending:
        scope = pending.pop()
        if scope not in found:
            found.add(scope)
            pending += scope.wider()
    return frozenset(found)
