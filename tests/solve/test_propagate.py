"""Who falls when: the edge cases, one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from downwind.solve.arrays import Arrays
from downwind.solve.prepared import prepare
from downwind.solve.propagate import Fallout, chain, propagate
from downwind.terms import UnknownCause, UsageError

INF = math.inf
Row = tuple[Sequence[int], *tuple[float, ...]]


def down(nodes: Sequence[Sequence[Row]], faults: Sequence[int]) -> list[float]:
    found: list[float] = propagate(Arrays.build(nodes), faults, 1000.0).down_at.tolist()
    return found


def fall(nodes: Sequence[Sequence[Row]], faults: Sequence[int], duration: float = 1000) -> Fallout:
    return propagate(Arrays.build(nodes), faults, duration)


def test_a_fault_falls_at_once_and_what_needs_it_when_its_grace_ends() -> None:
    assert down([[], [((0,), 1, True, 60.0)], [((1,), 1, True, 5.0)]], [0]) == [0, 60, 65]


def test_an_empty_graph_is_no_error() -> None:
    fallout = fall([], [])
    assert fallout.down_at.tolist() == fallout.back_at.tolist() == []


def test_a_graph_without_needs_loses_only_the_fault() -> None:
    assert down([[], []], [1]) == [INF, 0]


def test_no_fault_means_no_fall() -> None:
    assert down([[((1,),)], [((0,),)]], []) == [INF, INF]


def test_any_one_alternative_is_enough() -> None:
    nodes: list[list[Row]] = [[], [], [((0, 1),)]]
    assert down(nodes, [0]) == [0, INF, INF]
    assert down(nodes, [0, 1]) == [0, 0, 0]


def test_two_of_three_fall_with_the_second_loss() -> None:
    nodes: list[list[Row]] = [[], [], [((0,), 1, True, 9.0)], [((0, 1, 2), 2, True, 1.0)]]
    assert down(nodes, [0]) == [0, INF, 9, 10]
    assert down(nodes, [0, 1]) == [0, 0, 9, 1]


def test_the_shortest_of_several_hard_needs_counts() -> None:
    assert down([[], [((0,), 1, True, 60.0), ((0,), 1, True, 3.0)]], [0]) == [0, 3]


def test_an_endless_grace_never_ends() -> None:
    assert down([[], [((0,), 1, True, INF)]], [0]) == [0, INF]


def test_the_time_of_a_fall_does_not_depend_on_the_duration() -> None:
    assert fall([[], [((0,), 1, True, 60.0)]], [0], duration=1).down_at.tolist() == [0, 60]


def test_two_that_back_each_other_up_fall_with_what_grounds_them() -> None:
    nodes: list[list[Row]] = [[((1, 2),)], [((0, 2),)], []]
    assert down(nodes, [2]) == [0, 0, 0]
    assert down(nodes, [0]) == [0, INF, INF]


def test_both_clocks_start_when_the_ground_is_lost() -> None:
    nodes: list[list[Row]] = [[((1, 2), 1, True, 10.0)], [((0, 2), 1, True, 5.0)], []]
    assert down(nodes, [2]) == [10, 5, 0]


def test_the_ground_may_go_later_than_the_fault() -> None:
    nodes: list[list[Row]] = [
        [((1, 2), 1, True, 10.0)],
        [((0, 2), 1, True, 5.0)],
        [((3,), 1, True, 100.0)],
        [],
    ]
    assert down(nodes, [3]) == [110, 105, 100, 0]


def test_a_ring_with_two_grounds_falls_with_the_later_one() -> None:
    nodes: list[list[Row]] = [
        [((1, 2),)],
        [((0, 3),)],
        [((4,), 1, True, 7.0)],
        [((4,), 1, True, 20.0)],
        [],
    ]
    assert down(nodes, [4]) == [20, 20, 7, 20, 0]


def test_what_is_only_downstream_of_a_ring_falls_after_it() -> None:
    nodes: list[list[Row]] = [
        [((1, 2), 1, True, 10.0)],
        [((0, 2), 1, True, 5.0)],
        [],
        [((0,), 1, True, 4.0)],
    ]
    assert down(nodes, [2]) == [10, 5, 0, 14]


def test_what_hangs_on_a_ring_falls_after_it_even_where_the_ring_can_lean_on_it() -> None:
    nodes: list[list[Row]] = [
        [((1, 3), 1, True, 10.0)],
        [((0, 3), 1, True, 5.0), ((2, 4),)],
        [((0, 3), 1, True, 4.0)],
        [],
        [],
    ]
    assert down(nodes, [3]) == [10, 5, 14, 0, INF]


def test_chains_and_rings_may_be_deeper_than_the_stack_of_python() -> None:
    long = 20_000
    rows: list[list[Row]] = [[((node - 1, long),)] for node in range(long)]
    rows[0] = [((long - 1, long),)]
    in_a_chain: list[list[Row]] = [[((node - 1,),)] for node in range(long)]
    in_a_chain[0] = []
    assert set(down([*rows, []], [long])) == set(down(in_a_chain, [0])) == {0.0}


def test_a_ring_behind_a_ring_starts_its_clocks_when_the_first_has_fallen() -> None:
    nodes: list[list[Row]] = [
        [((0, 1), 1, True, 10.0)],
        [],
        [((3, 0), 1, True, 1.0)],
        [((2, 0), 1, True, 2.0)],
    ]
    assert down(nodes, [1]) == [10, 0, 11, 12]


def test_a_ring_does_not_wait_for_another_need_of_its_members() -> None:
    nodes: list[list[Row]] = [
        [((1, 2),), ((3,),)],
        [((0, 2), 1, True, 5.0)],
        [],
        [((3, 2), 1, True, 500.0)],
    ]
    assert down(nodes, [2]) == [0, 0 + 5, 0, 500]


def test_a_node_that_backs_itself_up_falls_with_its_other_alternative() -> None:
    assert down([[((0, 1),)], []], [1]) == [0, 0]


def test_a_fault_on_a_ring_does_not_make_the_others_last_longer() -> None:
    ring: list[list[Row]] = [
        [((1, 3), 1, True, 1.0)],
        [((2, 3), 1, True, 100.0)],
        [((0, 3), 1, True, 100.0)],
        [],
    ]
    assert down(ring, [3]) == [1, 100, 100, 0]
    assert down(ring, [3, 2]) == [1, 100, 0, 0]


def test_a_chain_along_a_circle_that_keeps_its_ground_adds_up_its_graces() -> None:
    """Name servers within their own zone: glue grounds them, another fault takes them down."""
    zone, name_server, glue, machine = 0, 1, 2, 3
    nodes: list[list[Row]] = [
        [((name_server,), 1, True, 3600.0)],
        [((glue, zone),), ((machine,), 1, True, 100.0)],
        [],
        [],
    ]
    assert down(nodes, [machine]) == [3700, 100, INF, 0]


def test_a_ring_without_ground_is_told_and_falls_only_from_outside() -> None:
    nodes: list[list[Row]] = [[((1,),)], [((0,),), ((2,), 1, True, 4.0)], [], []]
    assert fall(nodes, [3]).ungrounded.tolist() == [0, 1]
    assert down(nodes, [3]) == [INF, INF, INF, 0]
    assert down(nodes, [2]) == [4, 4, 0, INF]


def test_what_stands_on_a_ring_without_ground_falls_with_it() -> None:
    nodes: list[list[Row]] = [[((0,),)], [((2, 0),)], [((1, 0),)]]
    assert fall(nodes, []).ungrounded.tolist() == [0]
    assert down(nodes, [0]) == [0, 0, 0]


def test_losing_a_soft_need_degrades_and_is_not_passed_on() -> None:
    fallout = fall([[], [((0,), 1, False, 30.0)], [((1,),)], [((1,), 1, False)]], [0])
    assert fallout.down_at.tolist() == [0, INF, INF, INF]
    assert fallout.degraded_at.tolist() == [INF, 30, INF, INF]


def test_soft_needs_count_k_of_m_too() -> None:
    fallout = fall([[], [((0,), 1, True, 8.0)], [((0, 1), 1, False, 1.0)]], [0])
    assert fallout.degraded_at.tolist() == [INF, INF, 9]


def test_a_soft_circle_is_no_ring() -> None:
    assert down([[((1, 2), 1, False)], [((0, 2),)], []], [2]) == [INF, INF, 0]


def test_the_chain_leads_from_the_victim_to_the_fault() -> None:
    arrays = Arrays.build([[], [((0,),)], [((1, 0),)], [((2,), 1, False)], []])
    fallout = propagate(arrays, [0], 100.0)
    assert chain(arrays, fallout, 2) == (2, 1, 0)
    assert chain(arrays, fallout, 3) == (3, 2, 1, 0)
    assert chain(arrays, fallout, 0) == (0,)
    assert chain(arrays, fallout, 4) == ()
    assert fallout.cause_need.tolist() == [-1, 0, 1, -1, -1]
    assert fallout.degraded_need.tolist() == [-1, -1, -1, 2, -1]


def test_the_chain_of_what_is_degraded_first_leads_through_the_soft_need() -> None:
    arrays = Arrays.build([[], [], [((1,), 1, False), ((0,), 1, True, 60.0)]])
    assert chain(arrays, propagate(arrays, [0, 1], 30.0), 2) == (2, 1)
    assert chain(arrays, propagate(arrays, [0, 1], 90.0), 2) == (2, 0)
    assert chain(arrays, propagate(arrays, [0], 30.0), 2) == (2, 0)


def test_the_chain_of_a_ring_leads_out_of_it() -> None:
    nodes: list[list[Row]] = [[((1, 3),)], [((2, 3),)], [((0, 4),)], [], [((5,), 1, True, 3.0)], []]
    arrays = Arrays.build(nodes)
    fallout = propagate(arrays, [3, 5], 100.0)
    assert fallout.down_at.tolist() == [3, 3, 3, 0, 3, 0]
    assert [chain(arrays, fallout, node) for node in (0, 1, 2)] == [(0, 4, 5), (1, 4, 5), (2, 4, 5)]
    assert fallout.by_ring.tolist() == [True] * 3 + [False] * 3


def test_the_chain_of_a_ring_names_the_ground_that_went_last() -> None:
    later, earlier, fault = 2, 3, 4
    nodes: list[list[Row]] = [
        [((1, later),)],
        [((0, earlier),)],
        [((fault,), 1, True, 20.0)],
        [((fault,), 1, True, 7.0)],
        [],
    ]
    fallout = fall(nodes, [fault])
    assert fallout.down_at.tolist() == [20, 20, 20, 7, 0]
    assert fallout.cause_node.tolist() == [later, later, fault, fault, -1]


def test_the_chain_of_a_ring_leads_out_of_it_though_a_member_is_a_fault_too() -> None:
    nodes: list[list[Row]] = [
        [((1,), 1, True, 1.0)],
        [((2, 3), 1, True, 5.0)],
        [((0, 3), 1, True, 5.0)],
        [],
    ]
    fallout = fall(nodes, [2, 3])
    assert fallout.down_at.tolist() == [1, 5, 0, 0]
    assert fallout.by_ring.tolist() == [True, False, False, False]
    assert fallout.cause_node[0] == 3


def test_a_fault_that_is_part_of_a_circle_grounds_nobody_though_its_own_needs_are_met() -> None:
    nodes: list[list[Row]] = [[((1, 2),)], [((0, 2),)], [((0, 3),)], []]
    assert down(nodes, [2]) == [0, 0, 0, INF]


def test_what_was_prepared_answers_the_same() -> None:
    arrays = Arrays.build([[((1, 2),)], [((0, 2),)], []])
    prepared = prepare(arrays)
    for fault in (2, 0, 2):
        again = propagate(arrays, [fault], 5.0, prepared=prepared)
        assert again.down_at.tolist() == propagate(arrays, [fault], 5.0).down_at.tolist()


def test_a_fault_that_is_named_twice_counts_once() -> None:
    assert down([[], [], [((0, 1),)]], [0, 0]) == [0, INF, INF]


@pytest.mark.parametrize("fault", [-1, 2])
def test_a_fault_that_is_no_node_is_refused(fault: int) -> None:
    with pytest.raises(UnknownCause, match="not one of the 2 nodes"):
        fall([[], []], [fault])


@pytest.mark.parametrize("duration", [-1.0, math.nan])
def test_a_duration_that_is_none_is_refused(duration: float) -> None:
    with pytest.raises(UsageError, match="cannot last"):
        fall([[]], [0], duration)


def test_a_need_that_is_never_missed_keeps_no_ring_down() -> None:
    """a = {b or p} without end, b = {a or p}: a stands for ever without b, so b stands on a."""
    nodes: list[list[Row]] = [[((1, 2), 1, True, INF)], [((0, 2),)], []]
    assert down(nodes, [2]) == [INF, INF, 0]
