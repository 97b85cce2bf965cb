"""Writes fault trees as Open-PSA MEF: exact, stable text that other tools read."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from downwind.model.openpsa.portable import portable
from downwind.model.openpsa.types import Formula, Op, OpenPsa, Part

_CONSTANTS = {Op.TRUE, Op.FALSE}
_DEEPEST = 20
"""Indentation stops there: a formula of any depth stays of a size with what it says."""


def write(model: OpenPsa) -> str:
    """The model as one MEF file, with portable names (`portable` says which)."""
    return "".join(f"{line}\n" for line in _lines(portable(model)))


def _lines(model: OpenPsa) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<opsa-mef>"
    yield '  <define-fault-tree name="downwind">'
    for name, gate in model.gates.items():
        inside = [*_label(gate.label), *_formula(gate.formula)]
        yield from _definition("define-gate", name, inside)
    yield "  </define-fault-tree>"
    if model.houses or model.events:
        yield "  <model-data>"
        for name, house in model.houses.items():
            inside = [*_label(house.label), _constant(house.value)]
            yield from _definition("define-house-event", name, inside)
        for name, event in model.events.items():
            given = [] if event.p is None else [f'<float value="{float(event.p)!r}"/>']
            yield from _definition("define-basic-event", name, [*_label(event.label), *given])
        yield "  </model-data>"
    yield "</opsa-mef>"


def _definition(tag: str, name: str, inside: list[str]) -> Iterator[str]:
    if not inside:
        yield f'    <{tag} name="{name}"/>'
        return
    yield f'    <{tag} name="{name}">'
    yield from (f"      {line}" for line in inside)
    yield f"    </{tag}>"


def _label(label: str) -> list[str]:
    return [f"<label>{escape(label)}</label>"] if label else []


def _constant(value: bool) -> str:
    return f'<constant value="{"true" if value else "false"}"/>'


def _formula(formula: Formula) -> Iterator[str]:
    open_tags: list[tuple[str, int]] = []  # each with how many formulas are still to come in it
    for part in formula:
        indent = "  " * min(len(open_tags), _DEEPEST)
        if part.size:
            yield f"{indent}<{part.op}{_bounds(part)}>"
            open_tags.append((part.op, part.size))
            continue
        yield indent + _leaf(part)
        while open_tags:
            tag, left = open_tags.pop()
            if left > 1:
                open_tags.append((tag, left - 1))
                break
            yield f"{'  ' * min(len(open_tags), _DEEPEST)}</{tag}>"


def _leaf(part: Part) -> str:
    if part.op in _CONSTANTS:
        return _constant(part.op is Op.TRUE)
    return f'<{part.op} name="{part.name}"/>'


def _bounds(part: Part) -> str:
    if part.op is Op.ATLEAST:
        return f' min="{part.low}"'
    if part.op is Op.CARDINALITY:
        return f' min="{part.low}" max="{part.high}"'
    return ""
