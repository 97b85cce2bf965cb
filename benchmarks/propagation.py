"""How long does one fault take to propagate, against the bound of a plain breadth-first search?

    .venv/bin/python benchmarks/propagation.py [NODES]

An acyclic random graph with two needs and some five alternatives a node; the fault hits the ten
nodes on which most stand. The bound visits every edge of what falls once, and decides nothing.
"""

import random
import sys
import time
from collections import deque

import numpy as np

from downwind.solve.arrays import Arrays
from downwind.solve.prepared import prepare
from downwind.solve.propagate import propagate


def _graph(nodes: int) -> Arrays:
    rng = random.Random(1)
    rows = []
    for node in range(nodes):
        if node < 10:
            rows.append([])
            continue
        low = [rng.randrange(max(1, node // 3)) for _ in range(4)]
        hubs = sorted({low[0], rng.randrange(10)})
        rows.append([(hubs, 1, True, 0.0), (sorted(set(low[1:])), 1, True, 60.0)])
    return Arrays.build(rows, [0.0] * nodes)


def _search(arrays: Arrays, start: int) -> int:
    users: list[list[int]] = [[] for _ in range(arrays.size)]
    owners = arrays.need_owner[arrays.alt_need]
    for owner, alternative in zip(owners.tolist(), arrays.alt_node.tolist(), strict=True):
        users[alternative].append(owner)
    seen = {start}
    queue = deque([start])
    while queue:
        for user in users[queue.popleft()]:
            if user not in seen:
                seen.add(user)
                queue.append(user)
    return len(seen)


def main() -> None:
    """Print both times, and how many fall."""
    nodes = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    arrays = _graph(nodes)
    began = time.perf_counter()
    reached = _search(arrays, 0)
    search = time.perf_counter() - began
    began = time.perf_counter()
    prepared = prepare(arrays)
    preparing = time.perf_counter() - began
    began = time.perf_counter()
    fallout = propagate(arrays, list(range(10)), 14_400.0, prepared=prepared)
    solving = time.perf_counter() - began
    fallen = int(np.sum(fallout.down_at < 14_400.0))
    print(f"{nodes:,} nodes, {len(arrays.alt_node):,} alternatives")
    print(f"breadth-first search: {search:.2f} s, reaches {reached:,}")
    print(f"prepare {preparing:.2f} s, propagate {solving:.2f} s, {fallen:,} fall")


if __name__ == "__main__":
    main()
