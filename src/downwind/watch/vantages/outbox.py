"""What a vantage has seen and the hub has not yet: kept on disk, within a bound, sent in order.

    outbox/lock               one process writes here
    outbox/state.json         how far the hub has acknowledged, and how many were left out
    outbox/00000007/          evidence logs, the oldest first; the last one is written to
    outbox/00000008-thin/     one that has lost its healthy records for want of room

Healthy records go first, oldest first; only where no healthy ones are left, the oldest of the
others. A log goes when all of it is acknowledged. How far the hub has acknowledged is on disk
before more is sent; where the disk is full, what a killed vantage sends again lies within one log.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from downwind.evidence.log import EvidenceLog
from downwind.evidence.records import to_payload
from downwind.evidence.segments import make_directory
from downwind.terms import DownwindError, Evidence, UsageError
from downwind.watch.vantages.chunks import (
    Chunk,
    found_chunks,
    healthy,
    open_log,
    payloads_of,
    remove,
    take_lock,
    write_safely,
    write_thin,
)

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Records to send, as canonical texts, and the place after them."""

    records: tuple[bytes, ...]
    chunk: str
    upto: int
    """How many records of the chunk are done once these are acknowledged."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Records that were dropped for want of room, since the outbox was made."""

    healthy: int = 0
    failing: int = 0


class Outbox:
    """One process writes and sends; not for several threads."""

    def __init__(
        self, folder: Path, *, bound: int = 256 * 1024 * 1024, chunk_bytes: int = CHUNK_BYTES
    ) -> None:
        """`bound` is how many bytes it may take on disk; at least four times `chunk_bytes`."""
        if bound < 4 * chunk_bytes:
            raise UsageError(
                f"An outbox of {bound} bytes is too small.", todo=f"Give it {4 * chunk_bytes}."
            )
        self.folder = folder
        self.left_out = LeftOut()
        self._bound, self._chunk_bytes = bound, chunk_bytes
        self._done: tuple[str, int] = ("", 0)
        self._last = 0  # the highest number that a chunk ever had
        self._log: EvidenceLog | None = None
        self._loaded: tuple[str, list[bytes]] = ("", [])
        make_directory(folder)
        self._lock = take_lock(folder)
        try:
            self._read_state()
            self._chunks = list(found_chunks(folder))
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Sync, and let another process in. Closing twice is no error."""
        try:
            self._seal()
        finally:
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def add(self, evidence: Evidence) -> bool:
        """Keep a record; False where there was no room for it, which is counted."""
        payload = to_payload(evidence)
        while self._size() + len(payload) > self._bound - self._chunk_bytes and self._thin_one():
            pass
        try:
            self._append(evidence, payload)
        except DownwindError:
            # The disk is full. A healthy record is not worth an older one; another may be.
            if healthy(payload) or not self._thin_one() or not self._tried(evidence, payload):
                self._leave_out([payload])
                return False
        return True

    def sync(self) -> None:
        """Bring all that was added to disk."""
        if self._log is not None:
            self._log.sync()

    @property
    def waiting(self) -> int:
        """Records that are not acknowledged."""
        done = self._done[1] if self._chunks and self._chunks[0].name == self._done[0] else 0
        return sum(chunk.count for chunk in self._chunks) - done

    def next(self, most: int) -> Batch | None:
        """The oldest records that are not acknowledged, `most` of them; None where there are none.

        All of them are on disk when this returns.
        """
        while self._chunks:
            chunk = self._chunks[0]
            if self._loaded[0] != chunk.name:
                if len(self._chunks) == 1:
                    self._seal()
                self._loaded = (chunk.name, self._payloads(chunk))
            done = self._done[1] if self._done[0] == chunk.name else 0
            records = self._loaded[1][done : done + most]
            if records:
                return Batch(tuple(records), chunk.name, done + len(records))
            self._drop(chunk)
        return None

    def acknowledge(self, batch: Batch) -> None:
        """The hub has these."""
        if not self._chunks or self._chunks[0].name != batch.chunk:
            return
        chunk = self._chunks[0]
        if batch.upto >= len(self._loaded[1]):
            self._drop(chunk)
        else:
            self._reached(batch.chunk, batch.upto)

    def _tried(self, evidence: Evidence, payload: bytes) -> bool:
        try:
            self._append(evidence, payload)
        except DownwindError:
            return False
        return True

    def _append(self, evidence: Evidence, payload: bytes) -> None:
        if self._log is None or self._chunks[-1].size >= self._chunk_bytes:
            self._seal()
            self._last = max([self._last, *(chunk.number for chunk in self._chunks)]) + 1
            name = f"{self._last:08d}"
            self._log = open_log(self.folder, name)
            self._chunks.append(Chunk(name))
        chunk = self._chunks[-1]
        try:
            self._log.append(evidence)
        except DownwindError:
            self._seal_quietly()
            if not chunk.count:
                self._drop(chunk)
            raise
        chunk.count_in(payload)

    def _seal(self) -> None:
        """No more is written to the last chunk, and all of it is on disk."""
        if self._log is not None:
            log, self._log = self._log, None
            log.close()

    def _seal_quietly(self) -> None:
        with contextlib.suppress(DownwindError):
            self._seal()

    def _size(self) -> int:
        return sum(chunk.size for chunk in self._chunks)

    def _thin_one(self) -> bool:
        """Drop the healthy records of the oldest chunk that has any, or all of the oldest.

        The chunk that is being sent and the one that is being written to are spared. False where
        there is no other.
        """
        spared = {self._loaded[0], self._chunks[-1].name if self._log and self._chunks else ""}
        free = [chunk for chunk in self._chunks if chunk.name not in spared]
        if not free:
            return False
        chunk = next((each for each in free if not each.thin), free[0])
        payloads = self._payloads(chunk)
        done = self._done[1] if self._done[0] == chunk.name else 0
        kept = [] if chunk.thin else [each for each in payloads[done:] if not healthy(each)]
        if kept and write_thin(self.folder, chunk, kept):
            self._leave_out([each for each in payloads[done:] if healthy(each)])
        else:
            self._leave_out(payloads[done:])
            self._drop(chunk)
        return True

    def _payloads(self, chunk: Chunk) -> list[bytes]:
        """The records of a chunk; where its end is damaged, what was lost is counted."""
        payloads, whole = payloads_of(self.folder, chunk.name)
        if not whole and chunk.count > len(payloads):
            lost = chunk.count - len(payloads)
            self.left_out = LeftOut(self.left_out.healthy, self.left_out.failing + lost)
        chunk.count = len(payloads)
        return payloads

    def _leave_out(self, payloads: Sequence[bytes]) -> None:
        well = sum(map(healthy, payloads))
        self.left_out = LeftOut(
            self.left_out.healthy + well, self.left_out.failing + len(payloads) - well
        )
        self._reached(*self._done)

    def _drop(self, chunk: Chunk) -> None:
        self._chunks.remove(chunk)
        if self._loaded[0] == chunk.name:
            self._loaded = ("", [])
        remove(self.folder, chunk.name)
        self._reached(*(("", 0) if self._done[0] == chunk.name else self._done))

    def _reached(self, chunk: str, done: int) -> None:
        """Note it; where the disk is full it is written later, and a dropped chunk is gone."""
        self._done = (chunk, done)
        told = {"chunk": chunk, "done": done, "last": self._last}
        told |= {"healthy": self.left_out.healthy, "failing": self.left_out.failing}
        with contextlib.suppress(DownwindError):
            write_safely(self.folder / "state.json", json.dumps(told).encode("ascii"))

    def _read_state(self) -> None:
        try:
            told = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
            self._last = max(0, int(told["last"]))
            self._done = (str(told["chunk"]), max(0, int(told["done"])))
            self.left_out = LeftOut(int(told["healthy"]), int(told["failing"]))
        except (OSError, ValueError, KeyError, TypeError):
            return  # all is sent again then, and the hub tells what it has
