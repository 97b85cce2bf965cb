"""Resolves the names in formulas to gates, basic events and house events."""

from __future__ import annotations

from collections.abc import Callable

from downwind.model.openpsa.elements import Element
from downwind.model.openpsa.names import Names, a, say
from downwind.model.openpsa.types import Op, Part
from downwind.terms import ModelError

_ANY = ""


class References:
    """Resolves names; where a model defines no basic event at all, its formulas name them.

    The format does not ask for basic events to be defined (MEF 2.0d, IV.2). But once a model
    defines some, one that is missing is rather a slip of the pen, and an error.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._strict = any(item.kind == "basic-event" for item in names.by_name.values())
        self._parts: dict[tuple[str, str, str], Part] = {}
        self.undefined: dict[str, None] = {}
        """The basic events that formulas name and nobody defines, in order."""

    def within(self, scope: str) -> Callable[[Element], Part]:
        """Resolves an element that refers to something, in a container; raises ModelError."""

        def resolve(element: Element) -> Part:
            key = (scope, element.attribute("name"), _kind(element))
            if key not in self._parts:
                self._parts[key] = self._resolved(element, *key)
            return self._parts[key]

        return resolve

    def told(self) -> list[str]:
        """What to tell of basic events that are not defined."""
        if not self.undefined:
            return []
        shown = ", ".join(list(self.undefined)[:10])
        more = f" and {len(self.undefined) - 10} more" if len(self.undefined) > 10 else ""
        return [
            "no basic event is defined; the formulas name them, without probability: "
            f"{shown}{more}."
        ]

    def _resolved(self, element: Element, scope: str, reference: str, kind: str) -> Part:
        found = self._names.find(reference, scope)
        if found is None and kind in ("basic-event", _ANY) and not self._strict:
            self.undefined[reference] = None
            return Part(Op.EVENT, name=reference)
        if found is None:
            raise ModelError(
                f"{say(kind or 'event')} {reference!r} is not defined.",
                where=element.where,
                todo="Define it, give the file that does, or mend the name.",
            )
        if kind not in (found.kind, _ANY):
            raise ModelError(
                f"{reference!r} is referred to as {a(kind)}, "
                f"and defined as {a(found.kind)} at {found.where}.",
                where=element.where,
            )
        return Part(Op(found.kind), name=found.name)


def _kind(element: Element) -> str:
    """What kind a reference asks for."""
    if element.tag != "event":
        return element.tag
    kind = element.attributes.get("type", "").strip()
    if kind not in ("gate", "basic-event", "house-event", _ANY):
        raise ModelError(
            f"type is {kind!r}.",
            where=element.where,
            todo="Write gate, basic-event or house-event.",
        )
    return kind
