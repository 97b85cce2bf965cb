"""Formulas become trees of numbers that are true for the same events, and trees become formulas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import xor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.model.openpsa import (
    Event,
    Formula,
    Gate,
    House,
    Op,
    OpenPsa,
    Part,
    open_psa_from_texts,
)
from downwind.solve.faulttree.of_formulas import formulas_of_tree, probabilities, tree_of_formulas
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError
from tests.solve.faulttree.brute import truth

EVENTS = ("a", "b", "c")
HOUSES = {"on": True, "off": False}

Raw = str | tuple[str, tuple["Raw", ...]]
"""A formula as a person writes it: a name, or an operator of the format over others."""


def _operators(inner: st.SearchStrategy[Raw]) -> st.SearchStrategy[Raw]:
    sizes = {"not": (1, 1), "imply": (2, 2)}
    return st.sampled_from(
        ["and", "or", "not", "nand", "nor", "xor", "iff", "imply", "atleast", "cardinality"]
    ).flatmap(
        lambda op: st.lists(
            inner, min_size=sizes.get(op, (1, 4))[0], max_size=sizes.get(op, (1, 4))[1]
        ).flatmap(lambda inside: _with_bounds(op, tuple(inside)))
    )


def _with_bounds(op: str, inside: tuple[Raw, ...]) -> st.SearchStrategy[Raw]:
    size = len(inside)
    if op == "atleast":
        return st.integers(1, size).map(lambda low: (f"atleast {low}", inside))
    if op == "cardinality":
        pairs = [(low, high) for low in range(size + 1) for high in range(low, size + 1)]
        says_something = [pair for pair in pairs if pair != (0, size)]
        return st.sampled_from(says_something).map(
            lambda pair: (f"cardinality {pair[0]} {pair[1]}", inside)
        )
    return st.just((op, inside))


def _raw(*gates: str) -> st.SearchStrategy[Raw]:
    names: list[Raw] = [*EVENTS, *HOUSES, "true", "false", *gates]
    return st.recursive(st.sampled_from(names), _operators, max_leaves=8)


def _text(raw: Raw) -> str:
    if isinstance(raw, str):
        if raw in ("true", "false"):
            return f'<constant value="{raw}"/>'
        return f'<event name="{raw}"/>'
    op, *bounds = raw[0].split()
    given = "".join(f' {key}="{bound}"' for key, bound in zip(("min", "max"), bounds, strict=False))
    return f"<{op}{given}>{''.join(map(_text, raw[1]))}</{op}>"


def _holds(raw: Raw, known: Mapping[str, bool]) -> bool:
    """Open-PSA MEF 2.0d, table IV.1, connective by connective."""
    if isinstance(raw, str):
        return known[raw]
    op, *bounds = raw[0].split()
    inside = [_holds(one, known) for one in raw[1]]
    low, high = (*map(int, bounds), len(inside), len(inside))[:2]
    return {
        "and": lambda: all(inside),
        "or": lambda: any(inside),
        "not": lambda: not inside[0],
        "nand": lambda: not all(inside),
        "nor": lambda: not any(inside),
        "xor": lambda: reduce(xor, inside),
        "iff": lambda: reduce(lambda x, y: x is y, inside),
        "imply": lambda: inside[1] or not inside[0],
        "atleast": lambda: sum(inside) >= low,
        "cardinality": lambda: low <= sum(inside) <= high,
    }[op]()


def _happened(subset: int) -> dict[str, bool]:
    return {name: bool(subset >> e & 1) for e, name in enumerate(EVENTS)}


@settings(max_examples=150)
@given(_raw("x", "y"), _raw("y"), _raw())
def test_a_tree_is_true_for_the_same_events_as_its_formulas(top: Raw, x: Raw, y: Raw) -> None:
    formulas = {"top": top, "x": x, "y": y}
    gates = "".join(
        f'<define-gate name="{g}">{_text(raw)}</define-gate>' for g, raw in formulas.items()
    )
    events = "".join(f'<define-basic-event name="{name}"/>' for name in EVENTS)
    houses = "".join(
        f'<define-house-event name="{name}"><constant value="{str(value).lower()}"/>'
        "</define-house-event>"
        for name, value in HOUSES.items()
    )
    inside = f'<define-fault-tree name="t">{gates}{events}{houses}</define-fault-tree>'
    model = open_psa_from_texts([("f.xml", f"<opsa-mef>{inside}</opsa-mef>")])
    tree, numbers, names = tree_of_formulas(model)
    assert names == EVENTS
    for gate in formulas:
        found = truth(tree, numbers[gate])
        for subset in range(2 ** len(EVENTS)):
            known = {**_happened(subset), **HOUSES, "true": True, "false": False}
            known["y"] = _holds(y, known)
            known["x"] = _holds(x, known)
            known["top"] = _holds(top, known)
            assert found[subset] == known[gate]
    assert not tree.negated[tree.inputs >= tree.events].any(), "only events are negated"


def _model(**formulas: Formula) -> OpenPsa:
    return OpenPsa(
        {name: Gate(formula) for name, formula in formulas.items()},
        {name: Event() for name in EVENTS},
        {"on": House(True)},
    )


A, B, C = (Part(Op.EVENT, name=name) for name in EVENTS)
NOT = Part(Op.NOT, 1)


def _gate(tree: FaultTree, number: int) -> tuple[int, list[int], list[bool]]:
    inputs = slice(tree.start[number], tree.start[number + 1])
    return (
        int(tree.at_least[number]),
        tree.inputs[inputs].tolist(),
        tree.negated[inputs].tolist(),
    )


def test_the_opposite_of_a_vote_is_a_vote_of_opposites() -> None:
    model = _model(top=(NOT, Part(Op.GATE, name="v")), v=(Part(Op.ATLEAST, 3, low=2), A, B, C))
    tree, numbers, _ = tree_of_formulas(model)
    assert _gate(tree, numbers["v"]) == (2, [0, 1, 2], [False] * 3)
    assert _gate(tree, numbers["top"]) == (2, [0, 1, 2], [True] * 3)


def test_a_negation_that_is_negated_again_leaves_no_trace() -> None:
    model = _model(
        top=(NOT, Part(Op.GATE, name="no")),
        no=(NOT, Part(Op.AND, 2), A, B),
        plain=(Part(Op.AND, 2), A, B),
    )
    tree, numbers, _ = tree_of_formulas(model)
    assert numbers["top"] == numbers["plain"]
    assert _gate(tree, numbers["top"]) == (2, [0, 1], [False, False])


def test_house_events_are_folded_away() -> None:
    on = Part(Op.HOUSE, name="on")
    model = _model(top=(Part(Op.AND, 2), A, on), sure=(Part(Op.OR, 2), A, on), never=(NOT, on))
    tree, numbers, _ = tree_of_formulas(model)
    assert _gate(tree, numbers["top"]) == (1, [0], [False])
    assert _gate(tree, numbers["sure"]) == (0, [], [])
    assert _gate(tree, numbers["never"]) == (1, [], [])


def test_a_chain_of_exclusive_ors_stays_of_a_size_with_the_formula() -> None:
    size = 200
    events = {f"e{n}": Event() for n in range(size)}
    formula = (Part(Op.XOR, 2),) * (size - 1) + tuple(Part(Op.EVENT, name=e) for e in events)
    tree, _, _ = tree_of_formulas(OpenPsa({"top": Gate(formula)}, events))
    assert tree.gates <= 6 * size


def test_a_chain_of_10000_negated_gates_needs_no_recursion() -> None:
    size = 10_000
    gates = {
        f"g{n}": Gate((Part(Op.NOT, 1), Part(Op.OR, 2), A, Part(Op.GATE, name=f"g{n + 1}")))
        for n in range(size)
    }
    gates[f"g{size}"] = Gate((B,))
    tree, numbers, _ = tree_of_formulas(OpenPsa(gates, {"a": Event(), "b": Event()}))
    assert len(numbers) == size + 1
    assert not tree.negated[tree.inputs >= 2].any()


def test_gates_in_a_circle_are_refused() -> None:
    model = _model(x=(Part(Op.GATE, name="y"),), y=(Part(Op.GATE, name="x"),))
    with pytest.raises(ModelError, match="gates go in a circle: x -> y -> x"):
        tree_of_formulas(model)


def test_an_unknown_probability_is_nan() -> None:
    model = OpenPsa({"top": Gate((A,))}, {"a": Event(0.25), "b": Event()})
    np.testing.assert_array_equal(probabilities(model), [0.25, np.nan])


def _tree(events: int, *gates: tuple[int, list[tuple[int, bool]]]) -> FaultTree:
    flat = [one for _, inputs in gates for one in inputs]
    return FaultTree(
        events=events,
        start=np.cumsum([0, *(len(inputs) for _, inputs in gates)], dtype=np.int64),
        at_least=np.array([k for k, _ in gates], dtype=np.int32),
        inputs=np.array([node for node, _ in flat], dtype=np.int32),
        negated=np.array([negated for _, negated in flat], dtype=np.bool_),
        from_outside=np.ones(len(gates), dtype=np.bool_),
    )


def test_a_tree_becomes_formulas_by_the_names_of_its_nodes() -> None:
    tree = _tree(
        4,
        (1, [(0, False), (5, False)]),
        (2, [(1, False), (2, True), (6, False)]),
        (0, []),
        (1, []),
        (1, [(3, True)]),
    )
    p = np.array([0.5, np.nan, 0.0, 1.0])
    model = formulas_of_tree(tree, ["x", "y", "z", "w"], ["x", "g", "h", "i", "j"], p, [0])
    assert model == OpenPsa(
        {
            "x (falls)": Gate((Part(Op.OR, 2), Part(Op.EVENT, name="x"), Part(Op.GATE, name="g"))),
            "g": Gate(
                (
                    Part(Op.ATLEAST, 3, low=2),
                    Part(Op.EVENT, name="y"),
                    NOT,
                    Part(Op.EVENT, name="z"),
                    Part(Op.GATE, name="h"),
                )
            ),
            "h": Gate((Part(Op.TRUE),)),
        },
        {"x": Event(0.5), "y": Event(), "z": Event(0.0)},
    )
    assert set(formulas_of_tree(tree, "xyzw", "abcde").gates) == set("abcde")


@st.composite
def _trees(draw: st.DrawFn) -> FaultTree:
    gates = []
    size = draw(st.integers(1, 4))
    for number in range(size):
        nodes = [*range(3), *range(3 + number + 1, 3 + size)]
        inputs = draw(st.lists(st.sampled_from(nodes), max_size=4, unique=True))
        negated = draw(st.lists(st.booleans(), min_size=len(inputs), max_size=len(inputs)))
        k = draw(st.integers(0, len(inputs) + 1))
        gates.append((k, list(zip(inputs, negated, strict=True))))
    return _tree(3, *gates)


@settings(max_examples=100)
@given(_trees())
def test_a_tree_that_became_formulas_and_a_tree_again_is_true_for_the_same_events(
    tree: FaultTree,
) -> None:
    names = [f"g{number}" for number in range(tree.gates)]
    model = formulas_of_tree(tree, EVENTS, names)
    again, numbers, events = tree_of_formulas(model)
    for gate, name in enumerate(names):
        expected = truth(tree, gate)
        found = truth(again, numbers[name])
        for subset in range(8):
            same = sum(1 << e for e, event in enumerate(events) if _happened(subset)[event])
            assert found[same] == expected[subset]


def test_names_that_repeat_and_circles_are_refused_on_the_way_out() -> None:
    tree = _tree(1, (1, [(2, False)]), (1, [(0, False)]))
    with pytest.raises(ModelError, match="the name 'g' is there twice"):
        formulas_of_tree(tree, ["a"], ["g", "g"])
    circle = _tree(1, (1, [(2, False)]), (1, [(1, False)]))
    with pytest.raises(ModelError, match="gates go in a circle: g -> h -> g"):
        formulas_of_tree(circle, ["a"], ["g", "h"])
