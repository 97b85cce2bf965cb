"""A host's client of a key-value product: over the network, by its name."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from downwind.world.net.platform import HttpClient, HttpReply, KeyValueUnavailable, Unreachable


class RemoteTables:
    """The contract of a KeyValueClient over HTTPS."""

    def __init__(self, http: HttpClient, name: str, account: str) -> None:
        self._http = http
        self._base = f"https://{name}/t"
        self._headers = {"x-account": account}

    async def put(self, table: str, key: str, value: Any) -> None:
        """Store a JSON value."""
        await self._ask("PUT", self._url(table, key), value)

    async def get(self, table: str, key: str) -> Any | None:
        """The JSON value, or None where there is none."""
        reply = await self._ask("GET", self._url(table, key), missing_is_fine=True)
        return None if reply.status == 404 else json.loads(reply.body)

    async def delete(self, table: str, key: str) -> None:
        """Forget a key; fine where there is none."""
        await self._ask("DELETE", self._url(table, key))

    async def list(
        self, table: str, prefix: str = "", *, limit: int = 100, newest_first: bool = False
    ) -> list[tuple[str, Any]]:
        """Pairs of key and value in the order of their keys, or the reverse of it."""
        order = "down" if newest_first else "up"
        query = urlencode({"prefix": prefix, "limit": limit, "order": order})
        reply = await self._ask("GET", f"{self._base}/{quote(table, safe='')}?{query}")
        return [(item["key"], item["value"]) for item in json.loads(reply.body)["items"]]

    def _url(self, table: str, key: str) -> str:
        return f"{self._base}/{quote(table, safe='')}/{quote(key, safe='')}"

    async def _ask(
        self, method: str, url: str, value: Any = None, *, missing_is_fine: bool = False
    ) -> HttpReply:
        body = {"value": value} if method == "PUT" else None
        try:
            reply = await self._http.request(method, url, json=body, headers=self._headers)
        except Unreachable as error:
            raise KeyValueUnavailable(str(error)) from error
        if reply.status >= 300 and not (missing_is_fine and reply.status == 404):
            raise KeyValueUnavailable(f"the database answers {reply.status}")
        return reply
