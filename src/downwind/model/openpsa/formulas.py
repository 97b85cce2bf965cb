"""Turns the formula of a gate into its parts, each reference resolved.

`nand`, `nor`, `iff` and `imply` become `and`, `or`, `xor` and `not`; an `xor` of many becomes a
chain of twos (all of them associate: MEF 2.0d, table IV.1); an operator on a single formula, and a
`not` of a `not`, fall away.
"""

from __future__ import annotations

from collections.abc import Callable

from downwind.model.openpsa.elements import Element
from downwind.model.openpsa.types import Formula, Op, Part
from downwind.terms import ModelError

REFERENCES = {"gate", "basic-event", "house-event", "event"}

_TRUE, _FALSE, _NOT = Part(Op.TRUE), Part(Op.FALSE), Part(Op.NOT, 1)

OPERATORS: dict[str, tuple[int, int | None]] = {
    "and": (1, None),
    "or": (1, None),
    "not": (1, 1),
    "nand": (1, None),
    "nor": (1, None),
    "xor": (1, None),
    "iff": (1, None),
    "imply": (2, 2),
    "atleast": (1, None),
    "cardinality": (1, None),
}

Resolve = Callable[[Element], Part]
Tell = Callable[[str], None]


def formula_of(element: Element, resolve: Resolve, tell: Tell) -> Formula:
    """The parts of a formula; `resolve` gives that of a reference. Raises ModelError."""
    steps: list[tuple[Element, int, Part | None]] = []
    todo = [(element, _leaf(element, resolve))]
    while todo:
        here, leaf = todo.pop()
        inside = [] if leaf else _inside(here, resolve, tell)
        steps.append((here, len(inside), leaf))
        todo.extend(reversed(inside))
    # From the end, so that what an operator takes is there, foremost first, when it comes.
    parts: list[Part] = []
    for here, size, leaf in reversed(steps):
        if leaf:
            parts.append(leaf)
        else:
            _put(here, size, parts)
    return tuple(reversed(parts))


def _leaf(element: Element, resolve: Resolve) -> Part | None:
    if element.tag in REFERENCES:
        return resolve(element)
    if element.tag == "constant":
        return _TRUE if element.flag("value") else _FALSE
    if element.tag not in OPERATORS:
        raise ModelError(
            f"<{element.tag}> is no formula.",
            where=element.where,
            todo="The formulas that are read are in docs/open-psa.md.",
        )
    return None


def _inside(element: Element, resolve: Resolve, tell: Tell) -> list[tuple[Element, Part | None]]:
    """What an operator takes, with the part of each that is a reference or a constant."""
    least, most = OPERATORS[element.tag]
    if len(element.children) < least or (most and len(element.children) > most):
        raise ModelError(
            f"<{element.tag}> takes {least if least == most else f'{least} or more'} "
            f"formulas, and has {len(element.children)}.",
            where=element.where,
        )
    kept: list[tuple[Element, Part | None]] = []
    seen: set[Part] = set()
    for child in element.children:
        leaf = _leaf(child, resolve)
        if leaf in seen and element.tag in ("and", "or"):
            what = repr(leaf.name) if leaf and leaf.name else f"<{child.tag}>"
            tell(f"{child.where}: {what} is there twice in <{element.tag}>, and counted once.")
            continue
        if leaf:
            seen.add(leaf)
        kept.append((child, leaf))
    return kept


def _put(element: Element, size: int, parts: list[Part]) -> None:
    """Put an operator before what it takes, which is at the end of the reversed parts."""
    match element.tag:
        case "and" | "nand":
            _put_at_least(size, size, parts)
        case "or" | "nor":
            _put_at_least(1, size, parts)
        case "xor" | "iff":
            parts.extend([Part(Op.XOR, 2)] * (size - 1))
        case "atleast":
            low = element.whole("min")
            if not 1 <= low <= size:
                raise ModelError(
                    f"min is {low}, of {size} formulas.",
                    where=element.where,
                    todo="Write a number from 1 to how many formulas there are.",
                )
            _put_at_least(low, size, parts)
        case "cardinality":
            _put_cardinality(element, size, parts)
        case "imply":
            _negate(parts)
            _put_at_least(1, size, parts)
    if element.tag in ("not", "nand", "nor") or (element.tag == "iff" and size % 2 == 0):
        _negate(parts)


def _put_at_least(low: int, size: int, parts: list[Part]) -> None:
    if size == 1:
        return
    if low == 1:
        parts.append(Part(Op.OR, size))
    elif low == size:
        parts.append(Part(Op.AND, size))
    else:
        parts.append(Part(Op.ATLEAST, size, low=low))


def _put_cardinality(element: Element, size: int, parts: list[Part]) -> None:
    low, high = element.whole("min"), element.whole("max")
    if not low <= high <= size:
        raise ModelError(
            f"min is {low} and max {high}, of {size} formulas.",
            where=element.where,
            todo="min goes up to max, and max up to how many formulas there are.",
        )
    if low == 0 and high == size:
        raise ModelError(
            f"min is 0 and max {high}, of {size} formulas: it says nothing.",
            where=element.where,
            todo='Write <constant value="true"/>.',
        )
    if high == size:
        _put_at_least(low, size, parts)
    elif low == 0:
        _put_at_least(high + 1, size, parts)
        _negate(parts)
    else:
        parts.append(Part(Op.CARDINALITY, size, low=low, high=high))


def _negate(parts: list[Part]) -> None:
    """Turn the foremost formula, at the end of the reversed parts, into its opposite."""
    match parts[-1].op:
        case Op.NOT:
            parts.pop()
        case Op.TRUE:
            parts[-1] = _FALSE
        case Op.FALSE:
            parts[-1] = _TRUE
        case _:
            parts.append(_NOT)
