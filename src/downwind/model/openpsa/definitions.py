"""Gathers what files define, container by container, and what of them is left out or refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from downwind.model.openpsa.elements import Element, below
from downwind.model.openpsa.names import KINDS, Definition, Names, say
from downwind.terms import ModelError

CONTAINERS = {
    "opsa-mef": {"define-fault-tree", "model-data"},
    "define-fault-tree": {*KINDS, "define-component"},
    "define-component": {*KINDS, "define-component"},
    "model-data": {*KINDS} - {"define-gate"},
}
LEFT_OUT = {
    "define-alignment",
    "define-consequence",
    "define-consequence-group",
    "define-event-tree",
    "define-extern-function",
    "define-extern-library",
    "define-initiating-event",
    "define-mission",
    "define-rule",
}
REFUSED = {
    "define-CCF-group": "a common-cause group makes its basic events depend on one another",
    "define-substitution": "a substitution changes which cut sets there are",
    "include": "a file does not pull in others; give each of them",
}
_DEEPEST = 100
"""Components within components."""


@dataclass(slots=True)
class Definitions:
    """All that the files define, as they define it."""

    events: Names = field(default_factory=Names)
    parameters: Names = field(default_factory=Names)
    fault_trees: dict[str, str] = field(default_factory=dict)
    """Where each one is."""
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Container:
    element: Element
    path: str = ""
    public: bool = True
    depth: int = 0


def gather(roots: Iterable[Element]) -> Definitions:
    """Gather the definitions of all files in their order; raises ModelError."""
    found = Definitions()
    for root in roots:
        todo = [_Container(root)]
        while todo:
            container = todo.pop()
            if container.element.tag in KINDS:
                _define(container, found)
                continue
            inside = [_inside(container, child, found) for child in _members(container, found)]
            todo.extend(reversed(inside))
    return found


def _members(container: _Container, found: Definitions) -> list[Element]:
    """The children that are definitions or containers; the others are told or refused."""
    members = []
    for child in container.element.children:
        if child.tag in CONTAINERS[container.element.tag]:
            members.append(child)
        elif child.tag not in ("label", "attributes"):
            found.told.append(_left_out(child, container.element.tag))
    return members


def _left_out(element: Element, parent: str) -> str:
    name = f" {element.attributes['name']!r}" if "name" in element.attributes else ""
    if reason := REFUSED.get(element.tag):
        raise ModelError(
            f"<{element.tag}>{name} is not read: {reason}.",
            where=element.where,
            todo="Take it out to read the rest.",
        )
    if element.tag not in LEFT_OUT:
        raise ModelError(
            f"<{element.tag}>{name} has no place in <{parent}>.",
            where=element.where,
            todo="The subset that is read is in docs/open-psa.md.",
        )
    if any(inner.tag == "set-house-event" for inner in below(element)) and (
        element.tag == "define-alignment"
    ):
        raise ModelError(
            f"<{element.tag}>{name} is not read: its phases set house events.",
            where=element.where,
            todo="Take it out and set the house events for one phase.",
        )
    kind = say(element.tag.removeprefix("define-"))
    return f"{element.where}: the {kind}{name} is left out; only fault trees are read."


def _inside(container: _Container, child: Element, found: Definitions) -> _Container:
    """The child as a container, or as a definition still to be taken in."""
    public = _is_public(child, container.public)
    if child.tag in KINDS:
        return _Container(child, container.path, public)
    if child.tag == "model-data":
        return _Container(child)
    if container.depth >= _DEEPEST:
        raise ModelError(
            f"components are nested more than {_DEEPEST} deep.",
            where=child.where,
            todo="Flatten them.",
        )
    name = child.attribute("name")
    path = f"{container.path}.{name}" if container.path else name
    if path in found.fault_trees:
        raise ModelError(
            f"{say(child.tag.removeprefix('define-'))} {path!r} is defined twice; "
            f"the first is at {found.fault_trees[path]}.",
            where=child.where,
            todo="Rename one.",
        )
    found.fault_trees[path] = child.where
    return _Container(child, path, public, container.depth + 1)


def _is_public(element: Element, by_default: bool) -> bool:
    role = element.attributes.get("role", "").strip()
    if role not in ("", "public", "private"):
        raise ModelError(f"role is {role!r}.", where=element.where, todo="Write public or private.")
    return role == "public" if role else by_default


def _define(container: _Container, found: Definitions) -> None:
    element = container.element
    own = element.attribute("name")
    name = own if container.public or not container.path else f"{container.path}.{own}"
    kind = KINDS[element.tag]
    label, body = "", None
    for child in element.children:
        if child.tag == "label":
            label = " ".join(child.text.split())
        elif body is not None:
            raise ModelError(
                f"{say(kind)} {name!r} has more than one definition in it: "
                f"<{body.tag}>, then <{child.tag}>.",
                where=child.where,
                todo="Put them into one <or> or <and>." if kind == "gate" else "Keep one.",
            )
        elif child.tag != "attributes":
            body = child
    if body is None and kind in ("gate", "parameter"):
        what = "formula" if kind == "gate" else "expression"
        raise ModelError(f"{say(kind)} {name!r} has no {what}.", where=element.where)
    definition = Definition(kind, name, container.path, body, label, element.where)
    (found.parameters if kind == "parameter" else found.events).add(own, definition)
