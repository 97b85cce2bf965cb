"""Which vantages speak with one voice."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def voices(traits: Sequence[Collection[str]]) -> tuple[int, ...]:
    """A group's number for every vantage, from 0 in the order of first appearance.

    `traits` name, per vantage, whatever it could share a fault with another through: its network,
    its provider, the resolver that it asks. Vantages that share one, be it over others, are one
    group. A vantage without traits cannot be shown to be independent of another such: they are one
    group together.
    """
    head = list(range(len(traits)))

    def find(vantage: int) -> int:
        while head[vantage] != vantage:
            vantage = head[vantage]
        return vantage

    first_with: dict[str, int] = {}
    for vantage, shared in enumerate(traits):
        for trait in shared or ("",):
            other = first_with.setdefault(trait, vantage)
            low, high = sorted((find(other), find(vantage)))
            head[high] = low
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(find(each), len(numbers)) for each in range(len(traits)))
