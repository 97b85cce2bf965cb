"""What the web app asks of the watch loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from downwind.watch.picture import IncidentSeen, Picture
from downwind.watch.vantages.batch import Receipt


class Hub(Protocol):
    """The watch loop, as seen by the web app.

    `who` is the name of the token that asked. A method that takes an id returns False where
    nothing has it; one that cannot keep what it was told raises CannotMeasure, and what it
    was told wrongly UsageError.
    """

    def now(self) -> float:
        """The watcher's clock, in seconds since 1970-01-01 UTC."""

    def picture(self) -> Picture:
        """The picture of now; it never waits."""

    async def changed(self) -> None:
        """Returns when there is another picture than at the call; any number may wait."""

    async def history(self, incident_id: str) -> IncidentSeen | None:
        """An incident of any age with its whole timeline."""

    async def orders(self, who: str) -> Mapping[str, Any] | None:
        """What the vantage of that name is to probe; None where there is no such vantage."""

    async def confirmations(self, who: str, since: int, wait: int) -> Mapping[str, Any] | None:
        """What that vantage is to probe at once, asked after the number `since`; waits so many
        seconds for the first. None where there is no such vantage."""

    async def take_evidence(self, who: str, body: bytes) -> Receipt:
        """Log a batch of the vantage `who`, as it was sent (watch.vantages.batch.unpack).

        Raises UsageError; one with a `status` is answered with it.
        """

    async def deploy(self, who: str, deploy: Mapping[str, Any]) -> str:
        """Log a deploy (see bodies.Deploy), with `at` and `by` filled in; returns its id."""

    async def maintenance(self, who: str, window: Mapping[str, Any]) -> str:
        """Log a maintenance window (see bodies.Maintenance); returns its id."""

    async def cancel(self, who: str, window_id: str, by: str, note: str) -> bool:
        """Take back a maintenance window: it ends, or never begins."""

    async def acknowledge(self, who: str, incident_id: str, by: str, note: str) -> bool:
        """Someone is on it: alerts about it fall silent, probing does not."""

    async def close(self, who: str, incident_id: str, by: str, note: str) -> bool:
        """Close an incident by hand."""

    async def comment(self, who: str, incident_id: str, by: str, note: str) -> bool:
        """Add a line to an incident's timeline."""

    async def decide_need(self, who: str, need_id: str, accept: bool, by: str, note: str) -> bool:
        """Make a suspected need a declared one, or drop it for good."""
