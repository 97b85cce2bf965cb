"""Reads fault trees from Open-PSA MEF files: one model, in one file or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from downwind.model.openpsa.circles import in_order
from downwind.model.openpsa.definitions import Definitions, gather
from downwind.model.openpsa.elements import parse
from downwind.model.openpsa.expressions import Unknown, Values
from downwind.model.openpsa.formulas import formula_of
from downwind.model.openpsa.references import References
from downwind.model.openpsa.types import Event, Gate, House, Op, OpenPsa
from downwind.terms import ModelError


def read_open_psa(paths: Sequence[Path], mission_time: float | None = None) -> OpenPsa:
    """Read files as one model, in any order; raises ModelError with the file and the line.

    `mission_time` is what <system-mission-time/> stands for, in the model's own unit.
    """
    return open_psa_from_texts([(str(path), _read(path)) for path in paths], mission_time)


def open_psa_from_texts(
    texts: Iterable[tuple[str, bytes | str]], mission_time: float | None = None
) -> OpenPsa:
    """Read (where, XML text) pairs as one model; raises ModelError."""
    pairs = [(where, t.encode() if isinstance(t, str) else t) for where, t in texts]
    found = gather(parse(where, text) for where, text in pairs)
    references = References(found.events)
    gates = _gates(found, references)
    if not gates:
        raise ModelError(
            "no gate is defined.",
            where=", ".join(where for where, _ in pairs),
            todo="Only fault trees are read; give the file that holds one.",
        )
    _check_circles(gates)
    events = _events(found, mission_time)
    events |= {name: Event(unknown="it is not defined") for name in references.undefined}
    found.told.extend(references.told())
    return OpenPsa(gates, events, _houses(found), tuple(found.told))


def _gates(found: Definitions, references: References) -> dict[str, Gate]:
    gates = {}
    for name, item in found.events.by_name.items():
        if item.kind == "gate" and item.body:
            formula = formula_of(item.body, references.within(item.scope), found.told.append)
            gates[name] = Gate(formula, item.label, item.where)
    return gates


def _check_circles(gates: Mapping[str, Gate]) -> None:
    order = in_order(
        {
            name: [part.name for part in gate.formula if part.op is Op.GATE]
            for name, gate in gates.items()
        }
    )
    if order.circle:
        raise ModelError(
            f"gates go in a circle: {' -> '.join(order.circle)}.",
            where=gates[order.circle[0]].where,
            todo="A fault tree must come down to basic events.",
        )


def _houses(found: Definitions) -> dict[str, House]:
    houses = {}
    for name, item in found.events.by_name.items():
        if item.kind != "house-event":
            continue
        if item.body and item.body.tag != "constant":
            raise ModelError(
                f"house event {name!r} is <{item.body.tag}>.",
                where=item.body.where,
                todo='Write <constant value="true"/> or false.',
            )
        # MEF 2.0d, IV.1: false unless it says otherwise.
        value = item.body.flag("value") if item.body else False
        houses[name] = House(value, item.label, item.where)
    return houses


def _events(found: Definitions, mission_time: float | None) -> dict[str, Event]:
    values = Values(found.parameters, mission_time)
    values.settle()
    events = {}
    for name, item in found.events.by_name.items():
        if item.kind != "basic-event":
            continue
        value = values.of(item.body, item.scope) if item.body else Unknown("it is not given")
        if isinstance(value, Unknown):
            events[name] = Event(None, item.label, value.reason, item.where)
            continue
        if not 0 <= value <= 1:
            raise ModelError(
                f"the probability of basic event {name!r} is {value}.",
                where=item.where,
                todo="It must be from 0 to 1.",
            )
        events[name] = Event(value, item.label, "", item.where)
    found.told.extend(
        f"{count} times <{tag}> was taken as the mean of its distribution."
        for tag, count in sorted(values.means.items())
        if count
    )
    return events


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"it cannot be read: {error.strerror}.", where=str(path)) from error
