"""Whom each cause takes down alone: the sparse matrix against one propagation per cause."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.graph import Graph, GraphBuilder
from downwind.questions.suspects import Suspects
from downwind.solve.compile import compile_graph
from downwind.solve.propagate import propagate
from downwind.terms import Alternative, Need, Strength

LASTS = 100.0
PARTS = [f"part{i}" for i in range(6)]
CAPABILITIES = [f"s{i // 2}.test/c{i % 2}" for i in range(4)]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Six parts that need one another, in circles too, four capabilities and a zone's host."""
    builder = GraphBuilder()
    for part in PARTS:
        builder.node(part, "component")
    for key in CAPABILITIES:
        builder.node(key, "capability")
    host = builder.node("host:s0.test", "host", "s0.test")
    zone = builder.node("zone:s0.test", "zone")
    builder.need(host, Need("dns", (Alternative(zone),)))
    for node in (*PARTS, *CAPABILITIES, zone):
        for number in range(draw(st.integers(0, 2))):
            some = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3, unique=True))
            targets = tuple(Alternative(part) for part in some if part != node)
            if not targets:
                continue
            k = draw(st.integers(1, len(targets)))
            strength = draw(st.sampled_from([Strength.HARD, Strength.HARD, Strength.SOFT]))
            grace = draw(st.sampled_from([0.0, 0.0, 50.0, 200.0]))
            builder.need(node, Need(f"n{number}", targets, k, strength, grace))
    return builder.build()


def _fallen(graph: Graph, causes: tuple[str, ...]) -> set[str]:
    """By one propagation: capabilities down or degraded, names that stop, components down."""
    compiled = compile_graph(graph)
    fallout = propagate(compiled.arrays, [compiled.number[c] for c in causes], LASTS)
    found = set()
    for number, node in enumerate(graph.nodes.values()):
        down = fallout.down_at[number] < LASTS
        if down or (node.kind == "capability" and fallout.degraded_at[number] < LASTS):
            found.add(node.id)
    if "zone:s0.test" in found:
        found.add("name:s0.test")
    return found


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_each_column_is_what_one_propagation_of_the_cause_says(graph: Graph) -> None:
    suspects = Suspects.of(graph, LASTS)
    for name in suspects.names:
        assert suspects.blamed_by(name) == _fallen(graph, (name,))
    told = {c for c in (*PARTS, "zone:s0.test", "host:s0.test") if c not in suspects.names}
    for name in told:
        fallen = _fallen(graph, (name,))
        assert not fallen & {*CAPABILITIES, "name:s0.test"}


@settings(max_examples=25, deadline=None)
@given(graphs())
def test_what_falls_with_a_pair_alone_is_what_one_propagation_of_both_says(graph: Graph) -> None:
    suspects = Suspects.of(graph, LASTS)
    pairs = list(combinations(range(len(suspects.names)), 2))
    for (a, b), rows in zip(pairs, suspects.falls.together(pairs), strict=True):
        both = (suspects.names[a], suspects.names[b])
        alone = suspects.blamed_by(both[0]) | suspects.blamed_by(both[1])
        assert {suspects.falls.rows[row] for row in rows} == _fallen(graph, both) - alone


@settings(max_examples=25, deadline=None)
@given(graphs())
def test_every_pair_that_takes_more_than_its_two_halves_is_found_at_a_gate_or_behind_one(
    graph: Graph,
) -> None:
    """A capability that needs one of two alternatives is found when its gate is heard to fail."""
    suspects = Suspects.of(graph, LASTS)
    for capability in CAPABILITIES:
        weight = np.zeros(len(suspects.falls.rows))
        weight[suspects.row[capability]] = 1.0
        found = suspects.falls.gates.likeliest(weight, 1000)
        for need in graph.nodes[capability].needs:
            names = [a.node for a in need.alternatives]
            one_of_two = len(names) - need.k == 1 and need.strength is Strength.HARD
            if not one_of_two or need.grace >= LASTS:
                continue
            for a, b in combinations(names, 2):
                if capability in _fallen(graph, (a,)) | _fallen(graph, (b,)):
                    continue
                pair = sorted((suspects.number[a], suspects.number[b]))
                assert tuple(pair) in found


def test_a_graph_without_capabilities_has_no_suspects() -> None:
    builder = GraphBuilder()
    builder.node("part", "component")
    suspects = Suspects.of(builder.build(), LASTS)
    assert suspects.names == ()
    assert suspects.falls.together([]) == []


def test_an_empty_graph_has_no_suspects() -> None:
    assert Suspects.of(GraphBuilder().build(), LASTS).names == ()
