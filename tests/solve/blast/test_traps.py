"""The traps, by name: what a merge over lists gets wrong when it forgets the model."""

from __future__ import annotations

import numpy as np

from downwind.solve.blast.blast import blast

from ..twin import Graph, Want
from .tables import table_of

DAY = 86_400.0


def want(*alternatives: int, k: int = 1, grace: float = 0.0) -> Want:
    return Want(frozenset(alternatives), k, True, grace)


def down(graph: Graph, duration: float = DAY) -> dict[int, int]:
    """How many sites fall with each core node alone."""
    table, order = table_of(graph)
    found = blast(table, np.arange(table.core.size, dtype=np.int32), duration)
    return {order[node]: int(many) for node, many in zip(found.causes, found.down, strict=True)}


def test_two_that_back_each_other_up_do_not_stand_on_one_another() -> None:
    """Site 0 needs 1 or 2; 1 = {2 or 3}, 2 = {1 or 3}: with 3 both are gone."""
    assert down(((want(1, 2),), (want(2, 3),), (want(1, 3),), ())) == {1: 0, 2: 0, 3: 1}


def test_a_ring_without_ground_stands_until_something_in_it_fails() -> None:
    """1 and 2 need each other and nothing else, which alone takes nobody down."""
    graph: Graph = ((want(1),), (want(2),), (want(1),), (want(4),), ())
    assert down(graph) == {1: 1, 2: 1, 4: 1}


def test_a_node_that_is_its_own_alternative_stands_on_the_other_one() -> None:
    assert down(((want(1),), (want(1, 2),), ())) == {1: 1, 2: 1}


def test_a_grace_that_is_no_shorter_than_the_outage_takes_nobody_down() -> None:
    graph: Graph = ((want(1, grace=100.0),), (want(2, grace=50.0),), ())
    assert down(graph, 100.0) == {1: 0, 2: 0}
    assert down(graph, 150.0) == {1: 1, 2: 0}
    assert down(graph, 150.5) == {1: 1, 2: 1}


def test_two_alternatives_that_share_a_provider_are_one() -> None:
    """Site 0 needs 1 or 2, and both need 3."""
    assert down(((want(1, 2),), (want(3),), (want(3),), ())) == {1: 0, 2: 0, 3: 1}
