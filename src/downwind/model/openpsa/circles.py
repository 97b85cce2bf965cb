"""Puts definitions in an order in which each comes after what it refers to, or finds a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Order(NamedTuple):
    """`names` in order, or `circle`: a path from a name back to itself."""

    names: list[str]
    circle: list[str]


def in_order(refers_to: Mapping[str, Iterable[str]]) -> Order:
    """Order the keys; what is referred to and is no key is passed over."""
    done: dict[str, bool] = {}  # False while the name is on the path
    names: list[str] = []
    for start in refers_to:
        if start in done:
            continue
        done[start] = False
        path = [(start, iter(refers_to[start]))]
        while path:
            name, rest = path[-1]
            following = next((other for other in rest if other in refers_to), None)
            if following is None:
                done[name] = True
                names.append(name)
                path.pop()
            elif following not in done:
                done[following] = False
                path.append((following, iter(refers_to[following])))
            elif not done[following]:
                on_path = [step for step, _ in path]
                return Order([], [*on_path[on_path.index(following) :], following])
    return Order(names, [])
