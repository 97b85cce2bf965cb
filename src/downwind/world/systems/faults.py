"""What breaks a world: faults on a scope, and what each kind of system makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from downwind.terms import Scope, UsageError
from downwind.world.form.check import variant_parts

# Per system: the modes that it can be told, and what it makes of them. A fault on a whole
# provider is told to all its systems; a mode that a system does not know leaves it as it is.
MODES: Mapping[str, Mapping[str, str]] = {
    "nameserver": {
        "servfail": "servfail",
        "silent": "silent",
        "lame": "lame",
        "errors": "servfail",
        "refused": "silent",
    },
    "edge": {
        "feature-file": "feature-file",
        "errors": "errors",
        "silent": "silent",
        "refused": "refused",
    },
    "compute": {"silent": "silent", "refused": "refused", "errors": "errors"},
    "keyvalue": {
        "empty-record": "empty-record",
        "errors": "errors",
        "silent": "silent",
        "refused": "refused",
    },
    "authority": {
        "no-issuance": "no-issuance",
        "silent": "silent",
        "refused": "refused",
        "errors": "errors",
    },
}

# Whose a connection is shows in its TLS hello, which is after it was accepted or refused.
VARIANT_MODES = ("feature-file", "errors")
"""The modes that an edge can tell to the customers with a variant alone."""

WORDS = ("share", "updated", "generate")
"""The further words of an order."""


def modes_of(system: str, variant: str | None) -> tuple[str, ...]:
    """The modes that a system knows in a scope with this variant."""
    if not variant_parts(variant):
        return tuple(MODES[system])
    return VARIANT_MODES if system == "edge" else ()


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that is on: where, how, and with what further words."""

    scope: Scope
    mode: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def share(self) -> float:
        """The share of requests that fail."""
        return float(self.settings.get("share", 1.0))

    def meets(self, variant: str | None) -> bool:
        """True where it hits a customer with this variant."""
        return variant_parts(self.scope.variant) <= variant_parts(variant)


class Part(Protocol):
    """Something of a world that can break."""

    @property
    def scope(self) -> Scope: ...

    @property
    def system(self) -> str: ...

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """Behave as these faults want, their modes being the system's own; none heals it."""
        ...


class FaultBoard:
    """All faults that are on, and the parts that feel them."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self._active: list[ActiveFault] = []
        self._turn = asyncio.Lock()

    async def break_(self, scope: Scope, mode: str, settings: Mapping[str, Any]) -> list[str]:
        """Put a fault on a scope; raises UsageError where it would hit nothing."""
        fault = ActiveFault(scope, mode, dict(settings))
        check_words(settings)
        hit = [part for part in self._parts if _hits(fault, part)]
        if not hit:
            raise UsageError(self._why_nothing(fault), todo="See the modes of each system.")
        async with self._turn:
            kept = [f for f in self._active if (f.scope, f.mode) != (scope, mode)]
            await self._become([*kept, fault])
        return [str(part.scope) for part in hit]

    async def set(self, scope: Scope, settings: Mapping[str, Any]) -> list[str]:
        """Change the further words of the faults on a scope; raises UsageError without one."""
        if not any(fault.scope == scope for fault in self._active):
            raise UsageError(f"no fault is on {scope}.", todo="Break it first.")
        changed = [
            ActiveFault(f.scope, f.mode, {**f.settings, **settings}) if f.scope == scope else f
            for f in self._active
        ]
        for fault in changed:
            check_words(fault.settings)
        async with self._turn:
            await self._become(changed)
        return [f.mode for f in changed if f.scope == scope]

    async def mend(self, scope: Scope) -> list[str]:
        """Take away the faults on a scope and inside it; tells which."""
        gone = [fault for fault in self._active if scope.covers(fault.scope)]
        async with self._turn:
            await self._become([fault for fault in self._active if fault not in gone])
        return [f"{fault.scope} {fault.mode}" for fault in gone]

    async def _become(self, faults: list[ActiveFault]) -> None:
        self._active = faults
        for part in self._parts:
            modes = MODES[part.system]
            felt = [
                ActiveFault(fault.scope, modes[fault.mode], fault.settings)
                for fault in faults
                if _hits(fault, part)
            ]
            await part.feel(felt)

    def _why_nothing(self, fault: ActiveFault) -> str:
        systems = sorted({p.system for p in self._parts if _covers(fault.scope, p.scope)})
        if not systems:
            return f"the world holds nothing at {fault.scope}."
        return f"{fault.scope} {unknown_mode(systems, fault.scope.variant, fault.mode)}."


def unknown_mode(systems: Iterable[str], variant: str | None, mode: str) -> str:
    """Says that none of these systems knows the mode, and which they know."""
    known = sorted({known for system in systems for known in modes_of(system, variant)})
    if not known:
        return "has a variant, and nothing there is an edge"
    what = "a variant can have" if variant else "it knows"
    return f"knows no mode {mode!r}; {what} {', '.join(known)}"


def check_words(settings: Mapping[str, Any]) -> None:
    """Raise UsageError where a further word of an order has a value that it cannot have."""
    for key in ("share", "updated"):
        value = settings.get(key, 1.0)
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not (fits and 0 <= value <= 1):
            raise UsageError(f"{key} is {value!r}.", todo="It is a number from 0 to 1.")
    if not isinstance(settings.get("generate", True), bool):
        raise UsageError(f"generate is {settings['generate']!r}.", todo="It is true or false.")


def _covers(fault: Scope, part: Scope) -> bool:
    return Scope(fault.provider, fault.product, fault.region, fault.zone).covers(part)


def _hits(fault: ActiveFault, part: Part) -> bool:
    known = modes_of(part.system, fault.scope.variant)
    return fault.mode in known and _covers(fault.scope, part.scope)
