"""Where a watcher keeps what it saw and decided: an evidence log, a snapshot, and a bounded buffer.

    DIR/log/        the evidence log
    DIR/snapshot    the state up to a place in it; DIR/snapshot.before is the one before
    DIR/rollups/    counts by hour and day

A full disk does not stop the watcher: it goes on in memory, says so, and catches up.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from downwind.evidence.framing import LARGEST_PAYLOAD
from downwind.evidence.log import SEGMENT_BYTES, EvidenceLog, Trimmed
from downwind.evidence.records import to_payload
from downwind.evidence.segments import make_directory
from downwind.terms import DownwindError, Evidence, Seen
from downwind.watch.history.buffer import Bounds, Buffer
from downwind.watch.history.position import START, Position, end_of, read_since
from downwind.watch.history.snapshot import Snapshot, read_snapshot, write_snapshot

KIND = "watch.store"
_CHUNK = 1000
_DECIDED = (b'"kind":"watch.', b'"kind":"change.')
_SELDOM = (b'"kind":"feed.', b'"kind":"rdap.')
"""Observations that go on telling something long after they were made."""
_OPENING = len(b'{"at":')
_SPENT = "brought to disk"
"""In the words of a log whose fsync failed: it takes no more until it is opened anew."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether the disk takes what is seen."""

    ok: bool = True
    reason: str = ""
    since: float | None = None
    """When the disk first refused; None while it takes all."""
    buffered: int = 0
    """Records in memory that are not on disk."""
    dropped: int = 0
    """Records let go, since the buffer was full."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a store holds when it is opened."""

    snapshot: Snapshot | None
    records: Iterator[Evidence]
    """All that was logged after the snapshot, in order; read it before keeping more."""


class WatchStore:
    """The one writer of a watcher's folder. Its methods may be called from several threads."""

    def __init__(
        self,
        directory: Path,
        now: Callable[[], float],
        *,
        vantage: str = "here",
        segment_bytes: int = SEGMENT_BYTES,
        bounds: Bounds | None = None,
        retry_every: float = 5.0,
    ) -> None:
        """Open or make it; raises DownwindError where another process writes it.

        `now` gives seconds by the watcher's clock; a full disk is tried again every `retry_every`.
        """
        make_directory(directory)
        self.directory = directory
        self.log_directory = directory / "log"
        self._now = now
        self._vantage = vantage
        self._segment_bytes = segment_bytes
        self._retry_every = retry_every
        self._guard = threading.RLock()
        self._buffer = Buffer(bounds or Bounds())
        self._reason = ""
        self._since: float | None = None
        self._tried = 0.0
        self._log: EvidenceLog | None = EvidenceLog(self.log_directory, segment_bytes=segment_bytes)
        self.trimmed: Trimmed | None = self._log.trimmed
        """What a killed writer had not finished, cut off on opening."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def load(
        self,
        observed_from: float = -math.inf,
        *,
        seldom_from: float | None = None,
        from_snapshot: bool = True,
    ) -> Loaded:
        """The newest snapshot, and what was logged after it; without it all that was logged.

        Of what was merely observed only what is not older than `observed_from`: without a snapshot
        there may be months of it. What feeds and registries said is rarer, and comes from
        `seldom_from` on.
        """
        snapshot = read_snapshot(self.directory) if from_snapshot else None
        position = snapshot.position if snapshot else START
        seldom = observed_from if seldom_from is None else seldom_from

        def wanted(payload: bytes) -> bool:
            at = _at(payload)
            if at >= observed_from or any(kind in payload for kind in _DECIDED):
                return True
            return at >= seldom and any(kind in payload for kind in _SELDOM)

        records = (record for _, record in read_since(self.log_directory, position, wanted))
        return Loaded(snapshot, records)

    def keep(self, records: Sequence[Evidence], *, held: bool = True) -> bool:
        """Put records on disk. True: they are, and nothing takes them away. False: the disk takes
        none; they are in memory, and are written when it does. Those that are not to be `held`
        are nowhere then, and whoever sent them keeps them."""
        with self._guard:
            if self._since is not None:
                if held:
                    self._buffer.add(_sound(records))
                if not self._catch_up():
                    return False
                if held:
                    return True
            error = self._write(records)
            if error is None:
                return True
            sound = _sound(records)
            if len(sound) < len(records):
                # What JSON cannot say would never be written, and hold up all behind it.
                return not sound or self.keep(sound, held=held)
            self._begin(error)
            if held:
                self._buffer.add(records)
            return False

    def try_again(self) -> bool:
        """Write what is in memory, where the disk takes it again; for a watcher with no news."""
        with self._guard:
            return self._since is None or self._catch_up()

    def health(self) -> StoreHealth:
        with self._guard:
            return StoreHealth(
                self._since is None,
                self._reason,
                self._since,
                len(self._buffer),
                self._buffer.dropped,
            )

    def place(self) -> Position | None:
        """Where the log ends now, all of it on disk. None while the disk takes none."""
        with self._guard:
            if self._since is not None or self._log is None:
                return None
            try:
                self._log.sync()
            except DownwindError as error:
                self._begin(error)
                return None
            try:
                return end_of(self.log_directory)
            except (OSError, DownwindError) as error:
                _logger.warning("%s: no snapshot: %s", self.directory, error)
                return None

    def snapshot(self, parts: Mapping[str, bytes], place: Position) -> bool:
        """Keep the state of a moment: of all before `place`, which was asked for before the parts
        were taken. False where the disk takes none: the snapshot before it stands."""
        try:
            write_snapshot(self.directory, Snapshot(self._now(), place, parts))
        except OSError as error:
            _logger.warning("%s: no snapshot: %s", self.directory, error)
            return False
        return True

    def close(self) -> None:
        """Write what can be written, and let the next writer in. Closing twice is no error."""
        with self._guard:
            if self._since is not None:
                self._tried = float("-inf")
                self._catch_up()
            if len(self._buffer):
                lost = len(self._buffer)
                _logger.warning("%s: %d records were never written", self.directory, lost)
            if self._log is not None:
                with contextlib.suppress(DownwindError):
                    self._log.close()
                self._log = None

    def _begin(self, error: DownwindError) -> None:
        self._since = self._tried = self._now()
        self._reason = error.what
        _logger.warning("%s", error)

    def _catch_up(self) -> bool:
        """Write the buffer, oldest first; True once all of it is on disk."""
        # A clock that was set back must not put it off.
        if 0 <= self._now() - self._tried < self._retry_every:
            return False
        self._tried = self._now()
        while len(self._buffer):
            chunk = self._buffer.first(_CHUNK)
            error = self._write(chunk)
            if error is not None:
                self._reason = error.what
                return False
            self._buffer.drop_first(len(chunk))
        return self._write([self._gap()]) is None and self._over()

    def _gap(self) -> Evidence:
        value = {"event": "the disk takes records again", "since": self._since or 0.0}
        told = {**value, "reason": self._reason, "dropped": self._buffer.dropped}
        return Evidence("store", KIND, Seen(told), self._now(), self._vantage)

    def _over(self) -> bool:
        _logger.warning("%s: the disk takes records again", self.directory)
        self._since, self._reason, self._buffer.dropped = None, "", 0
        return True

    def _write(self, records: Sequence[Evidence]) -> DownwindError | None:
        """On disk, or the reason why they are not."""
        try:
            log = self._opened()
            log.append_many(records)
            log.sync()
        except DownwindError as error:
            if _SPENT in error.what:
                self._shut()
            return error
        return None

    def _opened(self) -> EvidenceLog:
        if self._log is None:
            self._log = EvidenceLog(self.log_directory, segment_bytes=self._segment_bytes)
        return self._log

    def _shut(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            with contextlib.suppress(DownwindError):
                log.close()


def _at(payload: bytes) -> float:
    """When a record was made: its canonical text begins with it."""
    return float(payload[_OPENING : payload.index(b",", _OPENING)])


def _sound(records: Sequence[Evidence]) -> list[Evidence]:
    """Those that can be written at all; the others are told."""
    sound = []
    for record in records:
        try:
            if len(to_payload(record)) <= LARGEST_PAYLOAD:
                sound.append(record)
                continue
            why = "it is too long"
        except DownwindError as error:
            why = error.what
        _logger.error("A record of %s is not kept: %.200s", record.kind, why)
    return sound
