"""What the tables of bad requests share: each is refused in JSON, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .place import Place


class Bad(NamedTuple):
    """A request that is refused."""

    method: str
    path: str
    body: Any
    """JSON or raw bytes."""
    status: int
    reason: str
    """A part of it."""
    extra: Mapping[str, str] = MappingProxyType({})
    signed_in: bool = False


async def check_refused(place: Place, bad: Bad, token: str = "") -> None:
    raw = bad.body if isinstance(bad.body, bytes) else None
    body = None if raw is not None else bad.body
    used = token if bad.signed_in else ""
    said = await place.call(bad.method, bad.path, body, token=used, raw=raw, extra=bad.extra)
    assert said.status == bad.status, (bad, said)
    assert set(said.json) == {"error", "reason"}
    assert bad.reason in said.json["reason"], (bad, said)
