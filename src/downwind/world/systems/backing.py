"""Where a key-value product keeps what it is given: files of its own, or a central store."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from downwind.world.net.platform import HttpClient, ScenarioClock
from downwind.world.systems.keyvalueclient import RemoteTables
from downwind.world.systems.storage import Tables

_HOT_FOR = 60.0
"""Scenario seconds for which a key that was read is answered without the central store."""
_HOT_KEYS = 10_000


class Backing(Protocol):
    """Tables of JSON text, each account's apart; raises KeyValueUnavailable."""

    async def put(self, account: str, table: str, key: str, value: str) -> None: ...
    async def get(self, account: str, table: str, key: str) -> str | None: ...
    async def delete(self, account: str, table: str, key: str) -> None: ...
    async def list(
        self, account: str, table: str, prefix: str, limit: int, *, newest_first: bool
    ) -> list[tuple[str, str]]: ...
    def close(self) -> None: ...


class OwnFiles:
    """Kept by the product itself."""

    def __init__(self, folder: Path) -> None:
        self._tables = Tables(folder / "tables.sqlite")

    async def put(self, account: str, table: str, key: str, value: str) -> None:
        """Store JSON text."""
        self._tables.put(account, table, key, value)

    async def get(self, account: str, table: str, key: str) -> str | None:
        """The JSON text, or None where there is none."""
        return self._tables.get(account, table, key)

    async def delete(self, account: str, table: str, key: str) -> None:
        """Forget a key."""
        self._tables.delete(account, table, key)

    async def list(
        self, account: str, table: str, prefix: str, limit: int, *, newest_first: bool
    ) -> list[tuple[str, str]]:
        """Pairs of key and JSON text, by key."""
        return self._tables.list(account, table, prefix, limit, newest_first=newest_first)

    def close(self) -> None:
        """Close the file."""
        self._tables.close()


class CentralStore:
    """Kept in another product; only keys that were read of late are answered without it.

    Modelled on the public report of 2025-06-12: cached keys went on, nine in ten requests failed.
    """

    def __init__(self, http: HttpClient, name: str, owner: str, clock: ScenarioClock) -> None:
        self._http = http
        self._name = name
        self._owner = owner
        self._clock = clock
        self._hot: OrderedDict[tuple[str, str, str], tuple[float, str]] = OrderedDict()

    async def put(self, account: str, table: str, key: str, value: str) -> None:
        """Store JSON text."""
        self._hot.pop((account, table, key), None)
        await self._tables(account).put(table, key, json.loads(value))

    async def get(self, account: str, table: str, key: str) -> str | None:
        """The JSON text, or None where there is none."""
        place = (account, table, key)
        until, text = self._hot.get(place, (0.0, ""))
        if self._clock.now() < until:
            return text
        found = await self._tables(account).get(table, key)
        if found is None:
            return None
        self._keep(place, json.dumps(found))
        return json.dumps(found)

    async def delete(self, account: str, table: str, key: str) -> None:
        """Forget a key."""
        self._hot.pop((account, table, key), None)
        await self._tables(account).delete(table, key)

    async def list(
        self, account: str, table: str, prefix: str, limit: int, *, newest_first: bool
    ) -> list[tuple[str, str]]:
        """Pairs of key and JSON text, by key; never cached."""
        found = await self._tables(account).list(
            table, prefix, limit=limit, newest_first=newest_first
        )
        return [(key, json.dumps(value)) for key, value in found]

    def close(self) -> None:
        """Nothing is held open."""

    def _tables(self, account: str) -> RemoteTables:
        return RemoteTables(self._http, self._name, f"{self._owner}:{account}")

    def _keep(self, place: tuple[str, str, str], text: str) -> None:
        self._hot[place] = (self._clock.now() + _HOT_FOR, text)
        self._hot.move_to_end(place)
        while len(self._hot) > _HOT_KEYS:
            self._hot.popitem(last=False)
