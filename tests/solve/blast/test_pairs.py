"""Pairs of causes: what falls with both and with neither alone, and what was left untried."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.blast.pairs import Pairs, worst_pairs

from ..graphs import Case, cases, solve
from ..twin import Graph, Want, falls_at
from .tables import table_of

LONG = 1000.0


def any_of(*alternatives: int, k: int = 1, grace: float = 0.0) -> Want:
    return Want(frozenset(alternatives), k, True, grace)


def pairs_of(
    graph: Graph, duration: float = LONG, most: int = 128, weight: tuple[float, ...] | None = None
) -> tuple[Pairs, list[int]]:
    """All core nodes are causes. Returns too which node of the graph each core node is."""
    table, order = table_of(graph, weight)
    core = order[: table.core.size]
    causes = np.arange(len(core), dtype=np.int32)
    return worst_pairs(table, causes, duration, most), core


def extras(graph: Graph, duration: float = LONG, most: int = 128) -> dict[tuple[int, int], int]:
    """How many sites fall only jointly, by pairs of nodes of the graph."""
    found, core = pairs_of(graph, duration, most)
    return {
        (core[a], core[b]): int(extra)
        for a, b, extra in zip(found.a, found.b, found.extra, strict=True)
    }


def fallen(graph: Graph, faults: tuple[int, ...], duration: float) -> frozenset[int]:
    """Sites only, by the twin."""
    needed = {a for wants in graph for want in wants for a in want.alternatives}
    down = falls_at(graph, faults)
    return frozenset(n for n in range(len(graph)) if n not in needed and down[n] < duration)


def expected(case: Case, core: list[int]) -> set[tuple[object, ...]]:
    """A row for each pair with something extra, by the twin."""
    alone = {node: fallen(case.graph, (node,), case.duration) for node in core}
    rows: set[tuple[object, ...]] = set()
    for a, b in combinations(core, 2):
        both = fallen(case.graph, (a, b), case.duration)
        extra = both - alone[a] - alone[b]
        if extra:
            weights = tuple(sum(case.lag[site] for site in sites) for sites in (both, extra))
            counts = (len(both), len(extra), len(alone[a]), len(alone[b]))
            rows.add((a, b, *counts, *weights))
    return rows


def rows_of(found: Pairs, core: list[int]) -> list[tuple[object, ...]]:
    columns = (
        found.down, found.extra, found.down_a, found.down_b, found.down_weight, found.extra_weight
    )  # fmt: skip
    a = [core[node] for node in found.a]
    b = [core[node] for node in found.b]
    return list(zip(a, b, *(column.tolist() for column in columns), strict=True))


@given(cases(most=6))
@settings(max_examples=150, deadline=None)
def test_every_pair_does_what_the_twin_says_of_two_faults(case: Case) -> None:
    found, core = pairs_of(case.graph, case.duration, weight=case.lag)

    rows = rows_of(found, core)

    assert len(set(rows)) == len(rows)
    assert set(rows) == expected(case, core)
    assert found.complete
    assert found.bound == 0.0


@given(cases(most=7), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_no_untried_pair_has_more_extra_weight_than_the_bound(case: Case, most: int) -> None:
    found, core = pairs_of(case.graph, case.duration, most, case.lag)

    tried = {(row[0], row[1]) for row in rows_of(found, core)}

    assert len(tried) <= most * (most - 1) // 2
    assert found.complete == (len(core) <= most)
    for row in expected(case, core):
        assert (row[0], row[1]) in tried or row[-1] <= found.bound  # type: ignore[operator]


@given(cases(most=14), st.data())
@settings(max_examples=150, deadline=None)
def test_larger_graphs_fare_as_two_faults_at_a_time(case: Case, data: st.DataObject) -> None:
    found, core = pairs_of(case.graph, case.duration)
    if len(core) < 2:
        return
    a, b = data.draw(st.sampled_from(list(combinations(core, 2))))

    extra = {(row[0], row[1]): row[3] for row in rows_of(found, core)}.get((a, b), 0)

    alone = [solve(case.graph, [node], case.duration).down_at < case.duration for node in (a, b)]
    both = solve(case.graph, [a, b], case.duration).down_at < case.duration
    jointly = set(np.flatnonzero(both & ~alone[0] & ~alone[1]).tolist()) - set(core)
    assert extra == len(jointly)


@given(cases(most=12))
@settings(max_examples=50, deadline=None)
def test_the_most_extra_weight_comes_first_and_ties_go_by_node(case: Case) -> None:
    found, _ = pairs_of(case.graph, case.duration, weight=case.lag)

    keys = list(zip((-found.extra_weight).tolist(), found.a, found.b, strict=True))

    assert keys == sorted(keys)


def test_pairs_of_two_needs_are_not_mixed() -> None:
    """The trap of double failures: 0 and 3 each take something from the site, and it stands."""
    site = (any_of(0, 1), any_of(2, 3))

    assert extras(((), (), (), (), site)) == {(0, 1): 1, (2, 3): 1}


def test_two_alternatives_on_one_provider_make_no_pair() -> None:
    """1 and 2 stand on 0, which takes the site down alone; 1 and 2 do so together."""
    graph = ((), (any_of(0),), (any_of(0),), (any_of(1, 2),))

    assert extras(graph) == {(1, 2): 1}


def test_two_alternatives_that_share_one_of_two_providers_fall_with_the_pair() -> None:
    """2 = 0 or 1 and 3 = 0 or 1 fall only together: pairs are not what alternatives share."""
    graph = ((), (), (any_of(0, 1),), (any_of(0, 1),), (any_of(2, 3),))

    assert extras(graph) == {(0, 1): 1, (2, 3): 1}


def test_a_pair_that_falls_deep_in_the_core_is_joined_by_neither() -> None:
    """3 = 0 or 1 falls with both; the site has 2 beside it, and a third fault is no pair."""
    graph = ((), (), (), (any_of(0, 1),), (any_of(2, 3),))

    assert extras(graph) == {(2, 3): 1}


def test_one_of_a_pair_may_take_one_alternative_down_and_both_the_other() -> None:
    """2 = 0 or 1 and 3 = 0: the site on 2 or 3 falls with 0 and 1."""
    graph = ((), (), (any_of(0, 1),), (any_of(0),), (any_of(2, 3),))

    assert extras(graph) == {(0, 1): 1, (0, 2): 1, (2, 3): 1}


def test_a_pair_can_close_a_ring() -> None:
    """2 = 3 or 0 and 3 = 2 or 1 back each other up: without 0 and 1 they only go round."""
    graph = ((), (), (any_of(3, 0),), (any_of(2, 1),), (any_of(2),))

    assert extras(graph) == {(0, 1): 1, (0, 3): 1}


def test_a_ring_closes_by_way_of_a_need_that_outlasts_the_outage() -> None:
    """Without 0, 1 = 2 or 0 and 2 = 1 or 0 go round; 2 falls at once, 1 would after 10 s."""
    graph = ((), (any_of(2, 0, grace=10.0),), (any_of(1, 0),), (any_of(2, 0),))

    assert extras(graph, 5.0) == {}


def test_four_alternatives_outlive_a_pair_that_takes_three() -> None:
    """1 and 2 stand on 0, and 3 and 4 are on their own."""
    graph = ((), (any_of(0),), (any_of(0),), (), (), (any_of(1, 2, 3, 4),))

    assert extras(graph) == {}


def test_two_of_three_fall_with_any_pair() -> None:
    assert extras(((), (), (), (any_of(0, 1, 2, k=2),))) == {(0, 1): 1, (0, 2): 1, (1, 2): 1}


def test_three_alternatives_outlive_any_pair() -> None:
    assert extras(((), (), (), (any_of(0, 1, 2),))) == {}


def test_a_grace_longer_than_the_outage_saves_the_site() -> None:
    graph = ((), (), (any_of(0, 1, grace=10.0),))

    assert extras(graph, 10.0) == {}
    assert extras(graph, 10.5) == {(0, 1): 1}


def test_what_falls_alone_too_late_can_fall_with_two_in_time() -> None:
    """2 falls with 0 after 8 s and with 0 and 1 at once; the site goes on for 5 s more."""
    graph = ((), (), (any_of(0, grace=8.0), any_of(0, 1)), (any_of(2, grace=5.0),))

    assert extras(graph, 10.0) == {(0, 1): 1}
    assert extras(graph, 14.0) == {}


def test_a_site_goes_on_for_its_grace_after_what_a_pair_takes_deep_in_the_core() -> None:
    """2 falls after 8 s with 0, at once with 0 and 1; 3 stands on it, and the site 5 s on 3."""
    deep = ((), (), (any_of(0, grace=8.0), any_of(0, 1)), (any_of(2),), (any_of(3, grace=5.0),))

    assert extras(deep, 10.0) == {(0, 1): 1}
    assert extras(deep, 14.0) == {}


def test_a_soft_need_lost_to_a_pair_takes_nobody_down() -> None:
    graph = ((), (), (Want(frozenset((0, 1)), 1, False, 0.0),))

    assert extras(graph) == {}


def test_hundreds_of_causes_are_paired_all_the_same() -> None:
    """More than fit into one word, and than are read at once: 1 and 400, 399 and 401, ..."""
    causes = 530
    needs = [(n, (7 * n + 399) % causes) for n in range(1, causes)]
    sites = tuple((any_of(a, b), any_of(b, 0)) for a, b in needs)
    graph = ((),) * causes + sites

    found = extras(graph, LONG, most=causes)

    assert found == Counter(
        pair for a, b in needs for pair in {(min(a, b), max(a, b)), (0, b)} if 0 < a != b > 0
    )


def test_a_row_that_stands_for_many_sites_counts_as_many() -> None:
    table, _ = table_of(((), (), (any_of(0, 1),), (any_of(0),), (any_of(1),)), (1.0,) * 5)
    signatures = replace(table, count=np.array([5, 3, 2]))

    found = worst_pairs(signatures, np.array([0, 1], dtype=np.int32), LONG)

    assert (found.extra.tolist(), found.down.tolist()) == ([5], [10])
    assert (found.down_a.tolist(), found.down_b.tolist()) == ([3], [2])
    assert found.extra_weight.tolist() == [1.0]


def test_only_the_causes_asked_for_are_paired_and_repeats_count_once() -> None:
    table, _ = table_of(((), (), (), (any_of(0, 1, 2, k=2),)))

    found = worst_pairs(table, np.array([2, 0, 2], dtype=np.int32), LONG)

    assert (found.a.tolist(), found.b.tolist(), found.complete) == ([0], [2], True)


def test_no_causes_make_no_pairs() -> None:
    table, _ = table_of(((), (any_of(0),)))

    found = worst_pairs(table, np.array([], dtype=np.int32), LONG)

    assert (len(found.a), found.complete, found.bound) == (0, True, 0.0)


def test_the_causes_that_leave_the_most_weight_with_less_are_tried() -> None:
    """0 takes its site down alone, so that it has no part in a pair; 1 and 2 lame what stands."""
    graph = ((), (), (), (any_of(0),), (any_of(1, 2),))

    found, core = pairs_of(graph, most=2, weight=(1.0, 1.0, 1.0, 100.0, 9.0))

    assert [(core[a], core[b]) for a, b in zip(found.a, found.b, strict=True)] == [(1, 2)]
    assert (found.complete, found.bound) == (False, 0.0)


def test_causes_left_out_are_told_with_what_they_could_do() -> None:
    """Of 0, 1 and 2 with sites of weight 1 and 9, the least touching 0 is left out."""
    graph = ((), (), (), (any_of(0, 1),), (any_of(1, 2),))

    found, _ = pairs_of(graph, most=2, weight=(1.0, 1.0, 1.0, 1.0, 9.0))

    assert (found.a.tolist(), found.b.tolist()) == ([1], [2])
    assert found.extra_weight.tolist() == [9.0]
    assert (found.complete, found.bound) == (False, 1.0)


def test_the_bound_holds_what_causes_left_out_do_deep_in_the_core() -> None:
    """0 and 1 meet in 2, two steps from the site; 4 has a site of its own, and is the one tried."""
    graph = ((), (), (any_of(0, 1),), (any_of(2),), (), (), (any_of(3),), (any_of(4, 5),))

    assert bound_of(graph, [0, 1, 4], weight=7.0) == 7.0


def test_the_bound_holds_what_closes_a_ring_by_way_of_a_need_that_outlasts_the_outage() -> None:
    """2 = 3 or 0 (10 s) and 3 = 2 or 1 fall with 0 and 1; 1 has another site, and is tried."""
    graph = (
        (), (), (any_of(3, 0, grace=10.0),), (any_of(2, 1),), (), (any_of(3),), (any_of(1, 4),),
    )  # fmt: skip

    assert bound_of(graph, [0, 1], weight=7.0) == 7.0


def bound_of(graph: Graph, causes: list[int], weight: float) -> float:
    """The bound when one cause is tried, on an outage of 5 s and sites of this weight."""
    table, order = table_of(graph, (weight,) * len(graph))
    numbers = np.array([order.index(node) for node in causes], dtype=np.int32)
    return worst_pairs(table, numbers, 5.0, most=1).bound
