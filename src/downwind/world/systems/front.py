"""An end point that is reached through an edge, and the way past it when the edge fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from downwind.terms import Scope
from downwind.world.net.addresses import Address
from downwind.world.systems.automation import RecordKeeper
from downwind.world.systems.faults import ActiveFault


@dataclass(frozen=True, slots=True)
class Front:
    """The name of a key-value product that leads to an edge of its provider.

    With `bypass: true` in a fault of that edge its operators let the name lead past it, as was
    done on 2025-11-18 at 13:05.
    """

    edge: Scope
    keeper: RecordKeeper
    through: tuple[Address, ...]
    past: tuple[Address, ...]
    system: str = "front"

    @property
    def scope(self) -> Scope:
        """Where it feels faults: the edge, whose variants it tells apart by itself."""
        return Scope(self.edge.provider, self.edge.product)

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """Lead past the edge where a fault that it meets says so."""
        met = [fault for fault in faults if fault.meets(self.edge.variant)]
        bypass = any(fault.settings.get("bypass") for fault in met)
        self.keeper.move(self.past if bypass else self.through)
