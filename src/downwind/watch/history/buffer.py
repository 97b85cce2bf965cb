"""Records that the disk does not take yet: a bounded queue that lets go of the least needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from downwind.evidence.records import to_payload
from downwind.terms import Evidence

_KEPT = ("watch.", "change.")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is held in memory while the disk takes nothing."""

    records: int = 100_000
    size: int = 64 * 1024 * 1024
    """Bytes of the records' text; Python's own objects take a few times as much."""


class Buffer:
    """Records in their order. Over its bounds the oldest observations go, and are counted.

    What was decided (watch.*) and done (change.*) goes last: without it history has a hole, while
    a lost probe is one of thousands.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._plain: deque[tuple[int, int, Evidence]] = deque()
        self._kept: deque[tuple[int, int, Evidence]] = deque()
        self._next = 0
        self._size = 0
        self.dropped = 0
        """Records let go since the buffer was last empty."""

    def __len__(self) -> int:
        return len(self._plain) + len(self._kept)

    def add(self, records: Iterable[Evidence]) -> None:
        for record in records:
            size = len(to_payload(record))
            queue = self._kept if record.kind.startswith(_KEPT) else self._plain
            queue.append((self._next, size, record))
            self._next += 1
            self._size += size
            while self._over():
                _, gone, _ = (self._plain or self._kept).popleft()
                self._size -= gone
                self.dropped += 1

    def first(self, count: int) -> list[Evidence]:
        """The oldest records, in their order."""
        return [record for _, _, record in self._first(count)]

    def drop_first(self, count: int) -> None:
        """These are on disk."""
        for number, size, _ in self._first(count):
            queue = self._plain if self._plain and self._plain[0][0] == number else self._kept
            queue.popleft()
            self._size -= size

    def _first(self, count: int) -> list[tuple[int, int, Evidence]]:
        some = [q[n] for q in (self._plain, self._kept) for n in range(min(count, len(q)))]
        return sorted(some, key=lambda each: each[0])[:count]

    def _over(self) -> bool:
        return len(self) > self._bounds.records or (
            self._size > self._bounds.size and len(self) > 1
        )
