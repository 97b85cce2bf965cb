"""The resolvers' answers, each question asked once for all who want to know."""

from __future__ import annotations

import asyncio

from downwind.survey.dns.client import Answer, Client
from downwind.survey.memory.shared import Shared


class Resolver:
    """Asks through the client, and remembers the latest answers."""

    def __init__(self, client: Client, most: int = 5_000) -> None:
        self._client = client
        self._asked: Shared[Answer] = Shared(
            most, failed=lambda answer: not answer.answered, clock=client.now
        )

    def ask(self, name: str, rdtype: int) -> asyncio.Future[Answer]:
        """The answer to this question; the future never fails."""
        return self._asked.get(f"{rdtype} {name}", lambda: self._client.ask(name, rdtype))

    async def close(self) -> None:
        await self._asked.close()
