"""When the fallen are back: the edge cases, one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from downwind.solve.arrays import Arrays
from downwind.solve.propagate import Fallout, propagate

INF = math.inf
Row = tuple[Sequence[int], *tuple[float, ...]]


def fall(
    nodes: Sequence[Sequence[Row]],
    faults: Sequence[int],
    duration: float,
    lag: Sequence[float] = (),
) -> Fallout:
    return propagate(Arrays.build(nodes, lag), faults, duration)


def test_a_fault_is_back_after_its_lag_and_what_needs_it_after_its_own() -> None:
    fallout = fall([[], [((0,),)], []], [0], 100, [5, 7, 9])
    assert fallout.back_at.tolist() == [105, 112, 0]


def test_grace_that_outlasts_the_fault_means_nothing_to_come_back_from() -> None:
    assert fall([[], [((0,), 1, True, 100.0)]], [0], 100).back_at.tolist() == [100, 0]


def test_all_lost_needs_are_waited_for_and_any_k_alternatives_will_do() -> None:
    nodes: list[list[Row]] = [[], [], [((0, 1),), ((1,),)], [((0, 1),)], [((0, 1), 2)]]
    assert fall(nodes, [0, 1], 10, [1, 20, 0, 0, 0]).back_at.tolist() == [11, 30, 30, 11, 30]


def test_a_need_that_is_still_met_is_not_waited_for() -> None:
    nodes: list[list[Row]] = [[], [], [((0, 1),), ((0,),)]]
    assert fall(nodes, [0], 10, [4, 0, 0]).back_at.tolist() == [14, 0, 14]


def test_those_that_wait_for_each_other_never_come_back() -> None:
    nodes: list[list[Row]] = [[((1,),)], [((0,),), ((2,),)], [], [((0,),)]]
    assert fall(nodes, [2], 10).back_at.tolist() == [INF, INF, 10, INF]


def test_a_ring_comes_back_with_its_ground() -> None:
    nodes: list[list[Row]] = [[((1, 2),)], [((0, 2),)], []]
    assert fall(nodes, [2], 10, [1, 2, 3]).back_at.tolist() == [14, 15, 13]


def test_a_ring_member_is_not_back_before_the_fault_ends_though_another_still_stands() -> None:
    nodes: list[list[Row]] = [[((1, 2), 1, True, 10.0)], [((0, 2), 1, True, 5.0)], []]
    fallout = fall(nodes, [2], 7, [1, 1, 1])
    assert fallout.down_at.tolist() == [10, 5, 0]
    assert fallout.back_at.tolist() == [0, 8, 8]


def test_nothing_comes_back_from_a_fault_without_end() -> None:
    assert fall([[], [((0,),)], [((0,), 1, False)], []], [0], INF).back_at.tolist() == [
        INF,
        INF,
        0,
        0,
    ]


def test_a_fault_of_no_length_takes_nothing_down() -> None:
    assert fall([[], [((0,),)]], [0], 0, [5, 5]).back_at.tolist() == [0, 0]


def test_the_degraded_are_restored_with_their_soft_needs() -> None:
    nodes: list[list[Row]] = [
        [],
        [((0,),)],
        [((1,), 1, False), ((0,), 1, False)],
        [((0,), 1, False, 50.0)],
    ]
    fallout = fall(nodes, [0], 50, [1, 2, 9, 9])
    assert fallout.restored_at.tolist() == [0, 0, 53, 0]


def test_the_degraded_stay_so_where_what_they_miss_never_comes_back() -> None:
    nodes: list[list[Row]] = [[((0,),), ((1,),)], [], [((0,), 1, False)]]
    assert fall(nodes, [1], 5).restored_at.tolist() == [0, 0, INF]
