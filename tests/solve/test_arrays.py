"""The arrays refuse what makes no sense, and say which need of which node."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from downwind.solve.arrays import Arrays, NeedRow
from downwind.terms import ModelError


def test_rows_become_arrays() -> None:
    arrays = Arrays.build([[], [NeedRow((0,)), NeedRow((0, 1), 2, False, 3.0)]], [0.0, 4.0])
    assert arrays.size == 2
    assert arrays.need_start.tolist() == [0, 0, 2]
    assert arrays.need_owner.tolist() == [1, 1]
    assert arrays.alt_need.tolist() == [0, 1, 1]
    assert arrays.alt_node.tolist() == [0, 0, 1]
    assert arrays.need_grace.tolist() == [0.0, 3.0]
    assert arrays.need_hard.tolist() == [True, False]


def test_repeated_alternatives_are_merged_in_the_builder() -> None:
    assert Arrays.build([[], [((0, 0, 1, 0),)]]).alt_node.tolist() == [0, 1]


def test_a_repeat_does_not_count_towards_k() -> None:
    with pytest.raises(ModelError, match="node 1, need 0: it asks for 2 of 1 alternatives"):
        Arrays.build([[], [((0, 0), 2)]])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (((0,), 0), "node 1, need 1: it asks for 0 of 1"),
        (((0,), 2), "node 1, need 1: it asks for 2 of 1"),
        (((),), "node 1, need 1: it asks for 1 of 0"),
        (((0,), 1, True, -1.0), "its grace is -1.0"),
        (((0,), 1, True, float("nan")), "its grace is nan"),
        (((2,),), "its alternative 2 is no node; there are 2"),
        (((-1,),), "its alternative -1 is no node"),
    ],
)
def test_a_bad_need_is_named(row: NeedRow, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        Arrays.build([[], [((0,),), row]])


def test_arrays_that_repeat_an_alternative_are_refused() -> None:
    good = Arrays.build([[], [((0, 1),)]])
    with pytest.raises(ModelError, match="its alternative 0 is given more than once"):
        dataclasses.replace(good, alt_node=np.array([0, 0], dtype=np.int32))


@pytest.mark.parametrize("starts", [[0, 1], [0, 2, 1], [1, 1, 1], [0, 0, 2]])
def test_starts_that_do_not_fit_are_refused(starts: list[int]) -> None:
    good = Arrays.build([[], [((0, 1),)]])
    with pytest.raises(ModelError, match="need_start does not rise from 0 to 1 in 2 steps"):
        dataclasses.replace(good, need_start=np.array(starts))


def test_columns_of_different_length_are_refused() -> None:
    good = Arrays.build([[], [((0, 1),)]])
    with pytest.raises(ModelError, match="differ in length"):
        dataclasses.replace(good, need_hard=np.array([True, False]))


def test_a_negative_recovery_lag_is_refused() -> None:
    with pytest.raises(ModelError, match="node 1: the recovery lag is -2"):
        Arrays.build([[], []], [0.0, -2.0])
