"""What an edge keeps of its customers' public answers, by the scenario's clock."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from multidict import CIMultiDict, CIMultiDictProxy

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])")
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and until when it is fresh."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    stored: float
    until: float


class EdgeCache:
    """The newest answers; the oldest make room."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def find(self, host: str, path: str) -> tuple[Kept, int] | None:
        """A fresh answer and its age in seconds."""
        kept = self._kept.get((host, path))
        if kept is None:
            return None
        now = self._now()
        if kept.until <= now:
            del self._kept[host, path]
            return None
        return kept, int(now - kept.stored)

    def keep(
        self, host: str, path: str, status: int, headers: CIMultiDict[str], body: bytes
    ) -> None:
        """Keep an answer where its headers allow that."""
        lasts = freshness(status, CIMultiDictProxy(headers))
        if lasts <= 0:
            return
        now = self._now()
        self._kept[host, path] = Kept(status, headers, body, now, now + lasts)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)


def freshness(status: int, headers: CIMultiDictProxy[str]) -> int:
    """For how many seconds a shared cache may use an answer (RFC 9111, 3)."""
    control = headers.get("cache-control", "").lower()
    found = _MAX_AGE.search(control)
    closed = "no-store" in control or "private" in control or "set-cookie" in headers
    if status != 200 or closed or "public" not in control or found is None:
        return 0
    return int(found.group(1))
