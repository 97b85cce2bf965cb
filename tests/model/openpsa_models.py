"""Fault trees for tests: read from text, or drawn at random as the reader yields them."""

from __future__ import annotations

from collections.abc import Sequence

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

EVENTS = ("a", "b", "c", "d")
HOUSES = ("on", "off")
_NOT = (Part(Op.NOT, 1),)


def read_inside(inside: str, mission_time: float | None = None) -> OpenPsa:
    """The model of one file that holds this, from its second line on."""
    return open_psa_from_texts([("f.xml", f"<opsa-mef>\n{inside}\n</opsa-mef>")], mission_time)


def leaves(gates: Sequence[str]) -> st.SearchStrategy[Formula]:
    """References to events, house events and the gates, and constants."""
    parts = [
        *(Part(Op.EVENT, name=name) for name in EVENTS),
        *(Part(Op.HOUSE, name=name) for name in HOUSES),
        *(Part(Op.GATE, name=name) for name in gates),
        Part(Op.TRUE),
        Part(Op.FALSE),
    ]
    return st.sampled_from([(part,) for part in parts])


@st.composite
def _operators(
    draw: st.DrawFn, inner: st.SearchStrategy[Formula], by_scram: bool = False
) -> Formula:
    """An operator over other formulas; with `by_scram`, one of those that scram knows."""
    ops = [Op.AND, Op.OR, Op.NOT, Op.XOR, Op.ATLEAST] + ([] if by_scram else [Op.CARDINALITY])
    op = draw(st.sampled_from(ops))
    if op is Op.NOT:
        return _NOT + draw(inner.filter(lambda f: f[0].op not in (Op.NOT, Op.TRUE, Op.FALSE)))
    least = {Op.ATLEAST: 3}.get(op, 2)
    size = 2 if op is Op.XOR else draw(st.integers(least, 4))
    # What is there twice in an `and` or an `or` counts once; scram refuses it anywhere.
    inside = draw(st.lists(inner, min_size=size, max_size=size, unique=True))
    low = draw(st.integers(2, size - 1)) if op is Op.ATLEAST else 0
    high = 0
    if op is Op.CARDINALITY:
        low = draw(st.integers(1, size - 1))
        high = draw(st.integers(low, size - 1))
    return (Part(op, size, low=low, high=high), *(part for formula in inside for part in formula))


def formulas(gates: Sequence[str], by_scram: bool = False) -> st.SearchStrategy[Formula]:
    """Nested formulas over the events and the gates."""
    return st.recursive(leaves(gates), lambda inner: _operators(inner, by_scram), max_leaves=8)


@st.composite
def models(draw: st.DrawFn, by_scram: bool = False) -> OpenPsa:
    """Up to four gates, defined in any order, over four events and two house events."""
    names = [f"g{number}" for number in range(draw(st.integers(1, 4)))]
    gates = {
        name: Gate(draw(formulas(names[index + 1 :], by_scram)), draw(_labels), "")
        for index, name in enumerate(names)
    }
    chances = st.none() | st.floats(0, 1)
    return OpenPsa(
        gates={name: gates[name] for name in draw(st.permutations(names))},
        events={name: Event(draw(chances), draw(_labels)) for name in EVENTS},
        houses={"on": House(True), "off": House(False, draw(_labels))},
    )


_labels = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Co", "Zs", "Zl", "Zp")),
    max_size=8,
)
