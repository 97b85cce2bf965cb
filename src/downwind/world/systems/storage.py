"""Tables of JSON values in an SQLite file: what a key-value product and a host's own file share."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    account TEXT NOT NULL, tab TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, tab, key)
) WITHOUT ROWID
"""
_SELECT = "SELECT key, value FROM items WHERE account = ? AND tab = ? AND key >= ? AND key < ?"
_LIST = {False: f"{_SELECT} ORDER BY key ASC LIMIT ?", True: f"{_SELECT} ORDER BY key DESC LIMIT ?"}
_PAST_ALL = "\U0010ffff"


class Tables:
    """An SQLite file of tables, each account's apart from the others'."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_SCHEMA)

    def put(self, account: str, table: str, key: str, value: str) -> None:
        """Store JSON text."""
        self._db.execute(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", (account, table, key, value)
        )

    def get(self, account: str, table: str, key: str) -> str | None:
        """The JSON text, or None where there is none."""
        row = self._db.execute(
            "SELECT value FROM items WHERE account = ? AND tab = ? AND key = ?",
            (account, table, key),
        ).fetchone()
        return str(row[0]) if row else None

    def delete(self, account: str, table: str, key: str) -> None:
        """Forget a key."""
        self._db.execute(
            "DELETE FROM items WHERE account = ? AND tab = ? AND key = ?", (account, table, key)
        )

    def list(
        self, account: str, table: str, prefix: str, limit: int, *, newest_first: bool
    ) -> list[tuple[str, str]]:
        """Pairs of key and JSON text, by key."""
        rows = self._db.execute(
            _LIST[newest_first],
            (account, table, prefix, prefix + _PAST_ALL, limit),
        ).fetchall()
        return [(str(key), str(value)) for key, value in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class LocalStore:
    """A host's own tables in its own folder; the same contract as a KeyValueClient."""

    def __init__(self, folder: Path) -> None:
        self._tables = Tables(folder / "data.sqlite")

    async def put(self, table: str, key: str, value: Any) -> None:
        """Store a JSON value."""
        self._tables.put("", table, key, json.dumps(value))

    async def get(self, table: str, key: str) -> Any | None:
        """The JSON value, or None where there is none."""
        found = self._tables.get("", table, key)
        return None if found is None else json.loads(found)

    async def delete(self, table: str, key: str) -> None:
        """Forget a key; fine where there is none."""
        self._tables.delete("", table, key)

    async def list(
        self, table: str, prefix: str = "", *, limit: int = 100, newest_first: bool = False
    ) -> list[tuple[str, Any]]:
        """Pairs of key and value in the order of their keys, or the reverse of it."""
        rows = self._tables.list("", table, prefix, limit, newest_first=newest_first)
        return [(key, json.loads(value)) for key, value in rows]

    def close(self) -> None:
        """Close the file."""
        self._tables.close()
