"""Random graphs of services and providers, as they are and as they are thought to be.

Shares of providers follow Zipf's law; some services have a second edge, a second name-server host
or a second region; some providers lean on one another, in circles too. What the watcher knows lacks
some needs and has others wrong.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import use_scope
from downwind.terms import Alternative, Need, Scope, Strength

WRONG = 0.1
"""The share of needs that are missing or wrong in what the watcher knows: half of them each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One need, as it is or as it is thought to be."""

    node: str
    kind: str
    need: str
    scopes: tuple[Scope, ...]
    strength: Strength = Strength.HARD
    k: int = 1


@dataclass(frozen=True, slots=True)
class Market:
    """Who offers what."""

    edges: tuple[Scope, ...]
    hosts: tuple[Scope, ...]
    """Name-server hosts."""
    clouds: tuple[Scope, ...]
    """Products by region."""
    others: tuple[Scope, ...]
    """Third parties."""

    def like(self, scope: Scope, rng: random.Random) -> Scope:
        """Another one of the same role."""
        for role in (self.edges, self.hosts, self.clouds, self.others):
            if scope in role:
                return rng.choice(role)
        return scope


def market_of(providers: int) -> Market:
    """Some `providers` providers: of each six an edge, a name host, two clouds and two others."""
    each = max(3, providers // 6)
    edges = tuple(Scope(f"edge{i}", "cdn") for i in range(each))
    clouds = tuple(
        Scope(f"cloud{i}", product, region)
        for i in range(2 * each)
        for product in ("compute", "store", "queue")
        for region in ("north", "south", "west")
    )
    hosts = tuple(Scope(f"edge{i}" if i % 3 == 0 else f"dns{i}", "dns") for i in range(each))
    return Market(edges, hosts, clouds, tuple(Scope(f"saas{i}", "api") for i in range(2 * each)))


def _zipf(rng: random.Random, scopes: Sequence[Scope], power: float = 1.1) -> Scope:
    weights = [1 / (1 + i) ** power for i in range(len(scopes))]
    return rng.choices(scopes, weights)[0]


def _some(rng: random.Random, scopes: Sequence[Scope], second: float) -> tuple[Scope, ...]:
    first = _zipf(rng, scopes)
    if rng.random() >= second:
        return (first,)
    return tuple(dict.fromkeys((first, _zipf(rng, scopes))))


def true_needs(services: int, market: Market, rng: random.Random) -> list[Row]:
    """What each service, its zone and its capabilities really need."""
    rows = []
    for number in range(services):
        name = f"s{number}.test"
        rows.append(Row(f"zone:{name}", "zone", "hosts", _some(rng, market.hosts, 0.25)))
        edges = _some(rng, market.edges, 0.15)
        cloud = _some(rng, market.clouds, 0.1)
        for capability in range(rng.choice((1, 2, 2, 3))):
            key = f"{name}/c{capability}"
            if rng.random() < 0.9:
                rows.append(Row(key, "capability", "edge", edges))
            here = cloud if rng.random() < 0.6 else _some(rng, market.clouds, 0.1)
            rows.append(Row(key, "capability", "back end", here))
            if rng.random() < 0.3:
                strength = Strength.SOFT if rng.random() < 0.5 else Strength.HARD
                third = (_zipf(rng, market.others, 0.8),)
                rows.append(Row(key, "capability", "third party", third, strength))
    return rows


def leanings(market: Market, rng: random.Random) -> list[Row]:
    """What providers need of one another, in circles too."""
    rows = []
    for scope in (*market.others, *market.hosts[1::3]):
        if rng.random() < 0.3:
            rows.append(Row(str(scope), "scope", "leans", _some(rng, market.clouds, 0.4)))
    for scope in market.edges[3:]:
        if rng.random() < 0.15:
            rows.append(Row(str(scope), "scope", "leans", (_zipf(rng, market.hosts),)))
    for host in market.hosts[1::3]:
        if rng.random() < 0.15:
            rows.append(Row(str(host), "scope", "web", (_zipf(rng, market.edges),)))
    return rows


def as_thought(rows: Sequence[Row], market: Market, rng: random.Random) -> list[Row]:
    """Some needs are not known, some are taken for others."""
    found = []
    for row in rows:
        luck = rng.random()
        if luck < WRONG / 2:
            continue
        if luck < WRONG:
            scopes = tuple(dict.fromkeys(market.like(scope, rng) for scope in row.scopes))
            row = replace(row, scopes=scopes)
        found.append(row)
    return found


def graph_of(rows: Sequence[Row], services: Sequence[Row]) -> Graph:
    """The graph of these needs; capabilities and zones are those of `services`, needs or not."""
    builder = GraphBuilder()
    for row in services:
        if row.kind == "scope":
            continue
        name = row.node.removeprefix("zone:").partition("/")[0]
        host = builder.node(f"host:{name}", "host", name)
        if row.kind == "zone":
            zone = builder.node(row.node, "zone", name)
            builder.need(host, Need("dns", (Alternative(zone),)))
        elif row.node not in builder:
            builder.node(row.node, "capability")
            builder.need(row.node, Need("name", (Alternative(host),)))
    for row in rows:
        targets = tuple(dict.fromkeys(use_scope(builder, scope) for scope in row.scopes))
        if row.kind == "scope":
            use_scope(builder, Scope.parse(row.node))
        alternatives = tuple(Alternative(target) for target in targets)
        builder.need(row.node, Need(row.need, alternatives, row.k, row.strength))
    return builder.build()


@dataclass(frozen=True, slots=True)
class Pair:
    """One graph as it is, and as the watcher knows it."""

    true: Graph
    thought: Graph
    market: Market


def draw_pair(services: int, providers: int, seed: int) -> Pair:
    """Draw both from a seed."""
    rng = random.Random(seed)
    market = market_of(providers)
    needs = true_needs(services, market, rng)
    rows = [*needs, *leanings(market, rng)]
    thought = as_thought(rows, market, rng)
    return Pair(graph_of(rows, needs), graph_of(thought, needs), market)
