"""Gives everything in a model a name that all tools take, and keeps the old one as its label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from downwind.model.openpsa.types import Event, Formula, Gate, House, Op, OpenPsa

# MEF 2.0d, IV.3.4: a letter first, then letters, digits, _ and single dashes within.
_PORTABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*")
_OTHER = re.compile(r"[^A-Za-z0-9_]+")
# XML 1.0, 2.2: what no text may hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def portable(model: OpenPsa) -> OpenPsa:
    """The same model with portable names, each used once; changed names become labels."""
    taken: set[str] = set()
    gates = _renamed(model.gates, taken)
    houses = _renamed(model.houses, taken)
    events = _renamed(model.events, taken)
    by_op: dict[Op, dict[str, str]] = {Op.GATE: gates, Op.HOUSE: houses, Op.EVENT: events}

    def moved(formula: Formula) -> Formula:
        return tuple(
            part._replace(name=by_op[part.op][part.name]) if part.name else part for part in formula
        )

    return OpenPsa(
        {
            gates[name]: replace(gate, formula=moved(gate.formula), label=_label(name, gates, gate))
            for name, gate in model.gates.items()
        },
        {
            events[name]: replace(event, label=_label(name, events, event))
            for name, event in model.events.items()
        },
        {
            houses[name]: replace(house, label=_label(name, houses, house))
            for name, house in model.houses.items()
        },
        model.told,
    )


def _renamed(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    """New names by old ones; names that are portable already go first and stay."""
    new: dict[str, str] = {}
    names = list(names)
    for name in names:
        if _PORTABLE.fullmatch(name) and name not in taken:
            new[name] = name
            taken.add(name)
    for name in names:
        if name not in new:
            new[name] = _free(_slug(name), taken)
            taken.add(new[name])
    return new


def _slug(name: str) -> str:
    slug = _OTHER.sub("-", name).strip("-")
    return slug if _PORTABLE.fullmatch(slug) else f"n-{slug}".strip("-")


def _free(slug: str, taken: set[str]) -> str:
    number = 1
    free = slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


def _label(name: str, new: Mapping[str, str], item: Gate | Event | House) -> str:
    label = item.label
    if new[name] != name:
        label = f"{name}: {label}" if label else name
    return " ".join(_NOT_XML.sub("\ufffd", label).split())
