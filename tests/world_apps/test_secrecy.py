"""What phones say to each other is nowhere at the server: not in storage, not in a request."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from downwind.observe import Reply, Session
from downwind.world.people.e2e import exchange
from downwind.world.people.phone import Phone
from downwind.world.systems.storage import LocalStore

from .place import BASE, running

SECRETS = ("meet me at the lone pine at dawn", "Treffen um fünf: ça marche 🌲 naïvement")


def forms(text: str) -> set[bytes]:
    """A text as it could lie in a file: encoded, escaped or in base64 at any offset."""
    plain = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    plain += [json.dumps(text)[1:-1].encode(), json.dumps(json.dumps(text))[3:-3].encode()]
    found = set(plain)
    for raw in plain:
        found |= {raw.hex().encode(), raw.hex().upper().encode()}
        for offset in range(3):
            coded = base64.b64encode(bytes(offset) + raw)
            # Characters at either end also code their neighbours.
            inner = coded[4 if offset else 0 :].rstrip(b"=")[:-2]
            found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def places(text: str, *folders: Path, said: bytes = b"") -> list[str]:
    """Where a text lies: files of the folders, and what else was said."""
    wanted = forms(text)
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    hits = [file.name for file in files if any(form in file.read_bytes() for form in wanted)]
    return hits + ["wire"] * any(form in said for form in wanted)


@dataclass(slots=True)
class Tap:
    """A transport that keeps everything that goes to the server."""

    session: Session
    heard: list[str] = field(default_factory=list)

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        self.heard.append(repr((method, url, json, headers)))
        return await self.session.request(method, url, json=json, headers=headers)


@pytest.mark.parametrize("storage", ["file", "database"])
async def test_the_server_holds_no_plain_text(tmp_path: Path, storage: str) -> None:
    own, database = tmp_path / "own", tmp_path / "database"
    own.mkdir()
    store = LocalStore(database) if storage == "database" else None
    async with running("messenger", own, store) as place, place.session() as session:
        tap = Tap(session)
        ada, grace = Phone(BASE, "ada", "feather-river"), Phone(BASE, "grace", "copper-kettle")
        for text in SECRETS:
            await exchange(tap, ada, grace, text)
            await exchange(tap, grace, ada, text)
            # These stay in the mailbox, where the server can look at leisure.
            await ada.send(tap, "grace", text.encode())
        said = "".join(tap.heard).encode()
        held = sorted(file.name for file in tmp_path.rglob("*") if file.is_file())
        for text in SECRETS:
            assert places(text, tmp_path, said=said) == []
        assert places("feather-river", tmp_path) == []
    for text in SECRETS:
        assert places(text, tmp_path) == []
    if storage == "database":
        assert not list(own.iterdir())
    kept = sum(file.stat().st_size for file in tmp_path.rglob("*.sqlite"))
    assert any(name.endswith(".sqlite-wal") for name in held)
    assert kept > 4096


@pytest.mark.parametrize("text", SECRETS)
async def test_the_search_finds_what_is_stored_plainly(tmp_path: Path, text: str) -> None:
    """The social network encrypts nothing: the same search finds its direct messages."""
    async with running("social", tmp_path) as place:
        token = await place.sign_in("ada", "feather-river")
        await place.call("POST", "/direct/grace", {"text": text}, token=token)
        assert places(text, tmp_path)
    assert places(text, tmp_path) == ["data.sqlite"]


@pytest.mark.parametrize("text", SECRETS)
async def test_the_search_finds_what_is_only_coded(tmp_path: Path, text: str) -> None:
    store = LocalStore(tmp_path)
    for offset in range(3):
        for number, raw in enumerate((text.encode(), text.encode("utf-16-le"))):
            key = f"{offset}-{number}"
            coded = base64.b64encode(b"x" * offset + raw + b"yz").decode()
            await store.put("mailbox", key, {"ciphertext": coded})
            assert places(text, tmp_path), key
            await store.delete("mailbox", key)
    store.close()
    assert places(text, tmp_path / "elsewhere", said=repr({"text": text}).encode()) == ["wire"]
