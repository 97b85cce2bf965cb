"""A hub in memory that keeps what it was told, and a server over it on a free port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from downwind.show.web import Access, Right, Token, build_app, serving
from downwind.terms import CannotMeasure
from downwind.watch.picture import IncidentSeen, Picture
from downwind.watch.vantages.batch import BatchTooLarge, Receipt, WrongVantage
from tests.show.web.pictures import NOON, calm_picture

READER, ACTOR, PARIS = (
    "reader-secret-0123456789",
    "actor-secret-0123456789",
    "paris-secret-01234567",
)
TOKENS = (
    Token.of("reader", READER, (Right.READ,)),
    Token.of("ana", ACTOR),
    Token.of("paris", PARIS, (Right.REPORT,)),
)


@dataclass(slots=True)
class MemoryHub:
    """Implements downwind.show.web.Hub."""

    shown: Picture = field(default_factory=calm_picture)
    time: float = NOON + 5
    told: list[tuple[Any, ...]] = field(default_factory=list)
    full: bool = False
    """The disk takes no more."""
    _next: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        return self.time

    def picture(self) -> Picture:
        return self.shown

    def show(self, picture: Picture) -> None:
        """There is another picture."""
        self.shown = picture
        self._next.set()
        self._next = asyncio.Event()

    async def changed(self) -> None:
        await self._next.wait()

    async def history(self, incident_id: str) -> IncidentSeen | None:
        return self.shown.incident(incident_id)

    async def orders(self, who: str) -> Mapping[str, Any] | None:
        return {"at": self.time, "vantage": who, "orders": []} if who == "paris" else None

    async def confirmations(self, who: str, since: int, wait: int) -> Mapping[str, Any] | None:
        await asyncio.sleep(wait)
        return {"number": since + 1, "targets": ["shop/buy"]} if who == "paris" else None

    async def take_evidence(self, who: str, body: bytes) -> Receipt:
        if body == b"in the name of another":
            raise WrongVantage("This token is that of another.")
        if body == b"unpacks to too much":
            raise BatchTooLarge("It unpacks to too much.")
        self._keep("evidence", who, body)
        return Receipt(2, 1, ((3, "it is no probe"),), self.time)

    async def deploy(self, who: str, deploy: Mapping[str, Any]) -> str:
        self._keep("deploy", who, dict(deploy))
        return f"deploy-{len(self.told)}"

    async def maintenance(self, who: str, window: Mapping[str, Any]) -> str:
        self._keep("maintenance", who, dict(window))
        return f"maintenance-{len(self.told)}"

    async def cancel(self, who: str, window_id: str, by: str, note: str) -> bool:
        if all(each.id != window_id for each in self.shown.changes):
            return False
        self._keep("cancel", who, window_id, by, note)
        return True

    async def acknowledge(self, who: str, incident_id: str, by: str, note: str) -> bool:
        return self._act("acknowledge", who, incident_id, by, note)

    async def close(self, who: str, incident_id: str, by: str, note: str) -> bool:
        return self._act("close", who, incident_id, by, note)

    async def comment(self, who: str, incident_id: str, by: str, note: str) -> bool:
        return self._act("comment", who, incident_id, by, note)

    async def decide_need(self, who: str, need_id: str, accept: bool, by: str, note: str) -> bool:
        if all(each.id != need_id for each in self.shown.needs):
            return False
        self._keep("need", who, need_id, accept, by, note)
        return True

    def _act(self, what: str, who: str, incident_id: str, by: str, note: str) -> bool:
        if self.shown.incident(incident_id) is None:
            return False
        self._keep(what, who, incident_id, by, note)
        return True

    def _keep(self, *told: Any) -> None:
        if self.full:
            raise CannotMeasure("the disk is full.", todo="Make room.")
        self.told.append(told)


@asynccontextmanager
async def asked(
    hub: MemoryHub, access: Access | None = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a real server over the hub, on a free port of loopback."""
    app = build_app(hub, access or Access(TOKENS))
    async with (
        serving(app, "127.0.0.1", 0) as url,
        aiohttp.ClientSession(url, headers=headers) as client,
    ):
        yield client


def bearer(secret: str) -> dict[str, str]:
    """The header that holds a token."""
    return {"Authorization": f"Bearer {secret}"}
