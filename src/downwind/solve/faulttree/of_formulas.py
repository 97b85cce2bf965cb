"""Turns fault trees of formulas into fault trees of numbers, and back.

Negations are pushed down until only basic events are negated: a gate whose opposite is needed is
there twice. House events, `xor` and `cardinality` are folded away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from downwind.model.openpsa import Event, Formula, Gate, Op, OpenPsa, Part
from downwind.model.openpsa.circles import in_order
from downwind.solve.arrays import Floats
from downwind.solve.faulttree.builder import FALSE, TRUE, Builder, literal
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError


def tree_of_formulas(model: OpenPsa) -> tuple[FaultTree, dict[str, int], tuple[str, ...]]:
    """The tree, the number of each gate of the model by name, and the names of the events.

    Events are numbered as in `model.events`. Gates that say the same are one, and have one number.
    Raises ModelError where gates go in a circle.
    """
    literals = _literals(model)
    builder = Builder(len(model.events))
    opposites = _Opposites(builder)
    for name in _order({name: gate.formula for name, gate in model.gates.items()}):
        formula = model.gates[name].formula
        literals[Op.GATE, name] = _made(formula, literals, builder, opposites)
    tree, numbers = builder.tree([literals[Op.GATE, name] for name in model.gates])
    return tree, dict(zip(model.gates, numbers, strict=True)), tuple(model.events)


def probabilities(model: OpenPsa) -> Floats:
    """The probability of each event, in the order of `model.events`; nan where it is not known."""
    known = [np.nan if event.p is None else event.p for event in model.events.values()]
    return np.array(known, dtype=np.float64)


def formulas_of_tree(
    tree: FaultTree,
    events: Sequence[str],
    gates: Sequence[str],
    p: Floats | None = None,
    tops: Sequence[int] | None = None,
) -> OpenPsa:
    """A tree as formulas, with a name for each event and each gate, and p where it is not nan.

    With `tops`, only these gates and what they reach. A gate that is called like an event has
    `(falls)` after its name. Raises ModelError where gates go in a circle or names repeat.
    """
    own = set(events)
    names = [*events, *(f"{name} (falls)" if name in own else name for name in gates)]
    if len(set(names)) < len(names):
        again = next(name for index, name in enumerate(names) if name in names[:index])
        raise ModelError(f"the name {again!r} is there twice.", where="fault tree")
    reached = _reached(tree, range(tree.gates) if tops is None else tops)
    formulas = {
        names[node]: _formula(tree, node - tree.events, names)
        for node in reached
        if node >= tree.events
    }
    _order(formulas)
    chances = [None] * tree.events if p is None else [None if x != x else x for x in p.tolist()]
    return OpenPsa(
        {name: Gate(formula) for name, formula in formulas.items()},
        {names[node]: Event(chances[node]) for node in reached if node < tree.events},
    )


def _order(formulas: Mapping[str, Formula]) -> list[str]:
    """The gates, each after those that it refers to."""
    order = in_order(
        {
            name: [part.name for part in formula if part.op is Op.GATE]
            for name, formula in formulas.items()
        }
    )
    if order.circle:
        raise ModelError(
            f"gates go in a circle: {' -> '.join(order.circle)}.", where=order.circle[0]
        )
    return order.names


def _literals(model: OpenPsa) -> dict[tuple[Op, str], int]:
    """What stands for each event, house event and constant."""
    literals = {(Op.EVENT, name): literal(e) for e, name in enumerate(model.events)}
    literals |= {
        (Op.HOUSE, name): TRUE if house.value else FALSE for name, house in model.houses.items()
    }
    return literals | {(Op.TRUE, ""): TRUE, (Op.FALSE, ""): FALSE}


class _Opposites:
    """The opposites of literals, made of gates whose inputs are opposites in turn."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._known: dict[int, int] = {}

    def of(self, asked: int) -> int:
        todo = [asked]
        while todo:
            here = todo[-1]
            gate = (here >> 1) - self._builder.events
            if here in self._known or gate < 0:
                todo.pop()
                continue
            at_least, inputs = self._builder.gates[gate]
            missing = [x for x in inputs if self._one(x) is None]
            if missing:
                todo.extend(missing)
                continue
            # Fewer than k of n are true where at least n - k + 1 are not.
            others = [self._one(x) for x in inputs]
            made = self._builder.gate(
                len(inputs) - at_least + 1, [x for x in others if x is not None]
            )
            self._known[here] = made
            todo.pop()
        return self._known.get(asked, asked ^ 1)

    def _one(self, x: int) -> int | None:
        return x ^ 1 if x >> 1 < self._builder.events else self._known.get(x)


def _made(
    formula: Formula,
    literals: Mapping[tuple[Op, str], int],
    builder: Builder,
    opposites: _Opposites,
) -> int:
    """The literal of a formula; what it refers to is among the literals already."""
    stack: list[int] = []
    for part in reversed(formula):
        taken = [stack.pop() for _ in range(part.size)]
        match part.op:
            case Op.NOT:
                made = opposites.of(taken[0])
            case Op.AND:
                made = builder.gate(part.size, taken)
            case Op.OR:
                made = builder.gate(1, taken)
            case Op.ATLEAST:
                made = builder.gate(part.low, taken)
            case Op.CARDINALITY:
                over = opposites.of(builder.gate(part.high + 1, taken))
                made = builder.gate(2, [builder.gate(part.low, taken), over])
            case Op.XOR:
                one, other = taken
                only_one = builder.gate(2, [one, opposites.of(other)])
                only_other = builder.gate(2, [opposites.of(one), other])
                made = builder.gate(1, [only_one, only_other])
            case _:
                made = literals[part.op, part.name]
        stack.append(made)
    return stack.pop()


def _reached(tree: FaultTree, tops: Iterable[int]) -> list[int]:
    """The nodes that the gates reach, themselves among them; gates and events in their order."""
    reached = {tree.events + top for top in tops}
    fringe = list(reached)
    while fringe:
        gate = fringe.pop() - tree.events
        if gate < 0:
            continue
        new = set(tree.inputs[tree.start[gate] : tree.start[gate + 1]].tolist()) - reached
        reached |= new
        fringe.extend(new)
    return sorted(reached)


def _formula(tree: FaultTree, gate: int, names: Sequence[str]) -> Formula:
    first, last = int(tree.start[gate]), int(tree.start[gate + 1])
    size, low = last - first, int(tree.at_least[gate])
    if low <= 0 or low > size:
        return (Part(Op.TRUE if low <= 0 else Op.FALSE),)
    parts: list[Part] = []
    if size > 1 and low in (1, size):
        parts.append(Part(Op.OR if low == 1 else Op.AND, size))
    elif size > 1:
        parts.append(Part(Op.ATLEAST, size, low=low))
    for node, negated in zip(
        tree.inputs[first:last].tolist(), tree.negated[first:last].tolist(), strict=True
    ):
        if negated:
            parts.append(Part(Op.NOT, 1))
        parts.append(Part(Op.EVENT if node < tree.events else Op.GATE, name=names[node]))
    return tuple(parts)
