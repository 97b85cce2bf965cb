"""Who is meant by a name: public and private elements, and the containers that they are in.

Open-PSA MEF 2.0d, IV.3.2: a public element is referred to by its name, a private one by its name
inside of its container, and both by a full path or by one that begins in a container around.
"""

from __future__ import annotations

from dataclasses import dataclass

from downwind.model.openpsa.elements import Element
from downwind.terms import ModelError

KINDS = {
    "define-gate": "gate",
    "define-basic-event": "basic-event",
    "define-house-event": "house-event",
    "define-parameter": "parameter",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A gate, a basic event, a house event or a parameter, as the file has it."""

    kind: str
    name: str
    """Its own name where it is public, else its full path."""
    scope: str
    """The path of the container that it is in; empty for model data."""
    body: Element | None
    """Its formula, expression or constant."""
    label: str
    where: str


class Names:
    """The definitions of one name space: that of events, or that of parameters."""

    def __init__(self) -> None:
        self.by_name: dict[str, Definition] = {}
        self._by_path: dict[str, Definition] = {}

    def add(self, own: str, definition: Definition) -> None:
        """Take in a definition with its own name; raises ModelError where it is there already."""
        path = f"{definition.scope}.{own}" if definition.scope else own
        for known, key in ((self.by_name, definition.name), (self._by_path, path)):
            first = known.setdefault(key, definition)
            if first is not definition:
                raise ModelError(
                    f"{say(definition.kind)} {definition.name!r} is defined twice; "
                    f"the first is {a(first.kind)} at {first.where}.",
                    where=definition.where,
                    todo="Rename one, or make one private to its component.",
                )

    def find(self, reference: str, scope: str) -> Definition | None:
        """What is meant by a reference in a container: the innermost container goes first."""
        while scope:
            if found := self._by_path.get(f"{scope}.{reference}"):
                return found
            scope = scope.rpartition(".")[0]
        return self.by_name.get(reference) or self._by_path.get(reference)


def say(kind: str) -> str:
    """The kind in plain words."""
    return kind.replace("-", " ")


def a(kind: str) -> str:
    """The kind in plain words, with its article."""
    return f"an {say(kind)}" if kind[0] in "aeiou" else f"a {say(kind)}"
