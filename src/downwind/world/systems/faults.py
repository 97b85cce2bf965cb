"""What breaks a world: faults on a scope, and what each kind of system makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from downwind.terms import Scope, UsageError
from downwind.world.form.check import variant_parts
from downwind.world.form.modes import MODES, check_words, modes_of, unknown_mode


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


def _covers(fault: Scope, part: Scope) -> bool:
    return Scope(fault.provider, fault.product, fault.region, fault.zone).covers(part)


def _hits(fault: ActiveFault, part: Part) -> bool:
    known = modes_of(part.system, fault.scope.variant)
    return fault.mode in known and _covers(fault.scope, part.scope)
