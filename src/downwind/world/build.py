"""Puts a world together: addresses, names, servers, applications; and takes it down again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from downwind.terms import UsageError
from downwind.world.form.schema import WorldFile
from downwind.world.hosting import Hosting, check_apps
from downwind.world.layout import Layout
from downwind.world.net.addresses import RESOLVER, WORLD_V4, WORLD_V6
from downwind.world.net.bulletin import Bulletins, announcement
from downwind.world.net.clock import WorldClock
from downwind.world.net.names import host_names
from downwind.world.net.platform import App
from downwind.world.opening import Opening
from downwind.world.overlay import overlay_text
from downwind.world.systems.edge import Edge
from downwind.world.systems.faults import FaultBoard
from downwind.world.systems.tls import trust_anchors


class World:
    """A running world."""

    def __init__(
        self, world: WorldFile, state: Path, clock: WorldClock, apps: Mapping[str, App]
    ) -> None:
        check_apps(world, apps)
        self._layout = Layout.of(world, state, clock)
        self._bulletins = Bulletins()
        self._stack = AsyncExitStack()
        hosting = Hosting(self._layout, apps, self._bulletins)
        self._opening = Opening(self._layout, hosting, self._stack)
        self.board = FaultBoard(())

    @property
    def edges(self) -> list[Edge]:
        """All edges that were opened."""
        return self._opening.edges

    async def start(self) -> None:
        """Open all that listens; raises what went wrong, with all closed again."""
        try:
            await self._opening.open()
        except BaseException:
            await self.stop()
            raise
        self.board = FaultBoard(self._opening.parts)

    async def stop(self) -> None:
        """Close all that listens."""
        await self._stack.aclose()

    def handout(self) -> dict[str, Any]:
        """All that a mapper is given besides names and catalogue."""
        layout = self._layout
        return {
            "vantage": f"emulated internet {layout.world.world}",
            "resolvers": [RESOLVER.v4],
            "dial": layout.doors.dial,
            "trust": trust_anchors(layout.authorities.values()),
            "allowed": [str(WORLD_V4), str(WORLD_V6)],
            "clock": layout.clock.handout(),
        }

    def overlay(self) -> str:
        """Catalogue text on the providers."""
        layout = self._layout
        day = datetime.fromtimestamp(layout.clock.scenario, UTC).date()
        return overlay_text(layout.world, layout.plan, tuple(layout.authorities.values()), day)

    def names(self) -> list[str]:
        """The host names of the services."""
        return list(host_names(self._layout.world))

    def tune(self, speed: float | None, recovery: float | None) -> dict[str, float]:
        """Change the clock's speed, or how long control planes take to recover (seconds).

        Returns the clock, as the handout tells it.
        """
        if recovery is not None:
            for leases in self._opening.leases:
                leases.recovery = float(recovery)
        if speed is not None:
            self._layout.clock.retune(float(speed))
        return self._layout.clock.handout()

    def announce(self, provider: str, words: Mapping[str, Any]) -> None:
        """Let a provider say something on its status page; raises UsageError."""
        if self._layout.world.provider(provider) is None:
            raise UsageError(f"there is no provider {provider!r}.")
        self._bulletins.announce(provider, announcement(words, self._layout.clock.now()))
