"""What a trap is, and the two kinds of most: a fault of the emulation, a box on the path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from traps_ground import Ground
from traps_path import Meddling

Deed = Callable[[Ground], Awaitable[None]]


@dataclass(frozen=True)
class Trap:
    """One trap."""

    name: str
    begin: Deed
    end: Deed
    right: tuple[str, ...] = ()
    """Scopes of which any that lies inside or around is right; own:SERVICE or own:*;
    vantage:NAME."""
    nobody: bool = False
    """True where naming nobody is right as well."""
    within: str = ""
    """A named scope must lie inside this one."""
    never: tuple[str, ...] = ()
    """Scopes that must not be named."""
    all_of: bool = False
    """Every right one must be named."""
    holds: float = 200.0
    """Scenario seconds."""
    unseen: bool = False
    """Nothing at all need be noticed."""


async def restore(ground: Ground) -> None:
    ground.restore()


def breaks(
    name: str,
    *scopes: str,
    mode: str,
    right: tuple[str, ...] = (),
    nobody: bool = False,
    within: str = "",
    never: tuple[str, ...] = (),
    all_of: bool = False,
    holds: float = 200.0,
) -> Trap:
    async def begin(ground: Ground) -> None:
        for scope in scopes:
            await ground.tell("break", scope, mode)

    async def end(ground: Ground) -> None:
        for scope in scopes:
            await ground.tell("mend", scope)

    return Trap(name, begin, end, right or scopes, nobody, within, never, all_of, holds)


def meddles(
    name: str,
    rule: Meddling,
    *hosts: str,
    right: tuple[str, ...] = (),
    nobody: bool = False,
    everywhere: bool = True,
    unseen: bool = False,
) -> Trap:
    """A box on the path, of this vantage or of both, does this to these hosts."""

    async def begin(ground: Ground) -> None:
        for sight in (ground.here, ground.elsewhere) if everywhere else (ground.here,):
            await sight.meddle(dict.fromkeys(hosts, rule))

    return Trap(name, begin, restore, right, nobody, unseen=unseen)
