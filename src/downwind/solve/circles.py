"""Who reaches whom in a circle: strongly connected components, without recursion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def components(edges: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Components of `edges` (every target is a key), each sorted; what one needs comes before it.

    Tarjan's algorithm, on a stack of our own: real chains are deeper than Python's.
    """
    found: list[list[int]] = []
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    waiting: list[int] = []
    is_waiting: set[int] = set()
    for root in edges:
        if root in number:
            continue
        path = [(root, iter(edges[root]))]
        number[root] = low[root] = len(number)
        waiting.append(root)
        is_waiting.add(root)
        while path:
            node, targets = path[-1]
            for target in targets:
                if target not in number:
                    number[target] = low[target] = len(number)
                    waiting.append(target)
                    is_waiting.add(target)
                    path.append((target, iter(edges[target])))
                    break
                if target in is_waiting:
                    low[node] = min(low[node], number[target])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == number[node]:
                    found.append(_taken(waiting, is_waiting, node))
    return found


def goes_round(component: Sequence[int], edges: Mapping[int, Sequence[int]]) -> bool:
    """True for more than one node, and for one that leans on itself."""
    return len(component) > 1 or component[0] in edges[component[0]]


def _taken(waiting: list[int], is_waiting: set[int], node: int) -> list[int]:
    component = [waiting.pop()]
    while component[-1] != node:
        component.append(waiting.pop())
    is_waiting.difference_update(component)
    return sorted(component)
