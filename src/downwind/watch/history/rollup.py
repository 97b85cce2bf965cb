"""Roll-ups: how every target fared, hour by hour and day by day, long after its probes are gone.

DIR/rollups/00000012.parquet        of segment 12 of the log, written once it is sealed
DIR/rollups/upto-00000200.parquet   of all segments up to 200, in place of their own files
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from downwind.evidence.reader import SegmentReader
from downwind.evidence.segments import last_number, make_directory, sync_directory, trouble
from downwind.terms import DownwindError
from downwind.watch.history.retain import drop_unfinished
from downwind.watch.history.tally import HOUR, Tally, quantile

DAY = 24 * HOUR
_PROBE = b'"kind":"probe.'
_PART = re.compile(r"(\d{8,})\.parquet")
_MERGED = re.compile(r"upto-(\d{8,})\.parquet")
_COUNTS = ("up", "degraded", "down", "unanswered")
_SCHEMA = pa.schema(
    [
        ("target", pa.string()),
        ("vantage", pa.string()),
        ("hour", pa.int64()),
        *((name, pa.int64()) for name in _COUNTS),
        ("buckets", pa.list_(pa.int32())),
        ("counts", pa.list_(pa.int64())),
    ]
)


@dataclass(frozen=True, slots=True)
class Period:
    """How one target fared in one hour or day, over all vantages."""

    begins: float
    up: int
    degraded: int
    down: int
    unanswered: int
    """Probes that the watcher could not make."""
    p50: float | None
    """Milliseconds, within 5 %; None where nothing succeeded."""
    p90: float | None
    p99: float | None

    @property
    def available(self) -> float | None:
        """The share of the answered probes that were not down; None where there were none."""
        answered = self.up + self.degraded + self.down
        return (self.up + self.degraded) / answered if answered else None


class Rollups:
    """The roll-ups of one watcher. One process writes them; any may read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def roll(self, log: Path) -> int:
        """Roll up every sealed segment that is not yet; returns the last that is.

        A segment is read once, and its file is there whole or not at all.
        """
        make_directory(self._directory)
        drop_unfinished(self._directory, "*.new")
        done = self.rolled()
        for number in range(done + 1, last_number(log)):
            self._write(number, _tallied(log, number))
            done = number
        return done

    def rolled(self) -> int:
        """The last segment that is rolled up; 0 for none."""
        merged, parts = self._files()
        last = merged
        while last + 1 in parts:
            last += 1
        return last

    def merge(self, at_least: int = 200) -> bool:
        """Put many small files into one, where there are as many; False where there are not."""
        merged, parts = self._files()
        last = self.rolled()
        if last - merged < at_least:
            return False
        name = f"upto-{last:08d}.parquet"
        fresh = self._directory / f"{name}.new"
        try:
            with duckdb.connect(config=_ONE_THREAD) as database:
                files = self._readable(merged, parts, last)
                database.execute(_MERGE, {"files": files, "path": str(fresh)})
            _settle(fresh, self._directory / name)
            for old in (*parts, merged):
                # Whoever reads passes over what a merged file holds, should this be cut off.
                if old <= last:
                    self._remove(old, merged)
        except (OSError, duckdb.Error) as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise _trouble(error, fresh) from error
        return True

    def periods(
        self, target: str, since: float, until: float, seconds: int = HOUR
    ) -> tuple[Period, ...]:
        """How a target fared in each period of so many seconds (HOUR, DAY) that has probes."""
        begin = int(since // HOUR * HOUR)
        values = {"target": target, "since": begin, "until": until, "seconds": seconds}
        rows = self._query(_PERIODS, values)
        return tuple(_period(row) for row in rows)

    def availability(self, since: float, until: float) -> dict[str, float]:
        """Target -> the share of its answered probes that were not down, in whole hours."""
        values = {"since": int(since // HOUR * HOUR), "until": until}
        rows = self._query(_AVAILABILITY, values)
        return {str(target): float(share) for target, share in rows}

    def _query(self, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        merged, parts = self._files()
        files = self._readable(merged, parts, max(parts, default=0))
        if not files:
            return []
        try:
            with duckdb.connect(config=_ONE_THREAD) as database:
                return database.execute(query, {"files": files, **values}).fetchall()
        except (OSError, duckdb.Error) as error:
            raise _trouble(error, self._directory) from error

    def _files(self) -> tuple[int, set[int]]:
        """Up to where segments are merged, and those that have a file of their own."""
        with suppress(FileNotFoundError):
            names = os.listdir(self._directory)
            merged = [int(found[1]) for name in names if (found := _MERGED.fullmatch(name))]
            parts = {int(found[1]) for name in names if (found := _PART.fullmatch(name))}
            return max(merged, default=0), parts
        return 0, set()

    def _readable(self, merged: int, parts: set[int], last: int) -> list[str]:
        files = [self._path(number) for number in sorted(parts) if merged < number <= last]
        if merged:
            files.insert(0, self._directory / f"upto-{merged:08d}.parquet")
        return [str(path) for path in files]

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08d}.parquet"

    def _remove(self, number: int, merged: int) -> None:
        path = self._path(number)
        if number == merged:
            path = self._directory / f"upto-{merged:08d}.parquet"
        path.unlink(missing_ok=True)

    def _write(self, number: int, tally: Tally) -> None:
        columns: dict[str, list[object]] = {name: [] for name in _SCHEMA.names}
        for target, vantage, hour, cell in tally.cells():
            row = (target, vantage, hour, *(getattr(cell, name) for name in _COUNTS))
            buckets = sorted(cell.buckets)
            whole = (*row, buckets, [cell.buckets[b] for b in buckets])
            for name, value in zip(columns, whole, strict=True):
                columns[name].append(value)
        path = self._path(number)
        fresh = path.with_suffix(".new")
        try:
            pq.write_table(pa.table(columns, schema=_SCHEMA), fresh, compression="zstd")
            _settle(fresh, path)
        except (OSError, pa.ArrowException) as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise _trouble(error, path) from error


# Beside a watcher that probes, a roll-up may take its time.
_ONE_THREAD: dict[str, Any] = {"threads": 1}
_MERGE = """
    COPY (
        SELECT target, vantage, hour, sum(up)::BIGINT AS up, sum(degraded)::BIGINT AS degraded,
               sum(down)::BIGINT AS down, sum(unanswered)::BIGINT AS unanswered,
               flatten(list(buckets)) AS buckets, flatten(list(counts)) AS counts
        FROM read_parquet($files) GROUP BY target, vantage, hour ORDER BY target, vantage, hour
    ) TO $path (FORMAT parquet, COMPRESSION zstd)
"""
_PERIODS = """
    SELECT hour // $seconds * $seconds AS begins, sum(up)::BIGINT, sum(degraded)::BIGINT,
           sum(down)::BIGINT, sum(unanswered)::BIGINT, list(buckets), list(counts)
    FROM read_parquet($files)
    WHERE target = $target AND hour >= $since AND hour < $until
    GROUP BY begins ORDER BY begins
"""
_AVAILABILITY = """
    SELECT target, sum(up + degraded) / sum(up + degraded + down)
    FROM read_parquet($files)
    WHERE hour >= $since AND hour < $until
    GROUP BY target HAVING sum(up + degraded + down) > 0
"""


def _trouble(error: Exception, path: Path) -> DownwindError:
    """With the way out. Of a full disk DuckDB and Arrow tell in words of their own."""
    if isinstance(error, OSError) and error.strerror:
        return trouble(error, path, "could not be rolled up")
    why = str(error).partition("\n")[0][:300]
    return DownwindError(
        f"The roll-ups could not be read or written: {why}.",
        where=str(path),
        todo="Make room where there is none; move a file away that is broken.",
    )


def _settle(fresh: Path, path: Path) -> None:
    fd = os.open(fresh, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.rename(path)
    sync_directory(path.parent)


def _tallied(log: Path, number: int) -> Tally:
    tally = Tally()
    with SegmentReader(log, number) as segment:
        for payload in _payloads(segment):
            record = json.loads(payload)
            # The mark above is but a first look: a stranger's text may hold it too.
            if record["kind"].startswith("probe."):
                tally.add(record["subject"], record["vantage"], record["at"], record["finding"])
        if segment.broken is not None:
            raise segment.damage()
    return tally


def _payloads(segment: SegmentReader) -> Iterator[bytes]:
    return (payload for _, payload in segment.payloads() if _PROBE in payload)


def _period(row: tuple[Any, ...]) -> Period:
    begins, up, degraded, down, unanswered, buckets, counts = row
    whole: dict[int, int] = {}
    for some, many in zip(buckets, counts, strict=True):
        for bucket, count in zip(some, many, strict=True):
            whole[bucket] = whole.get(bucket, 0) + count
    quantiles = (quantile(whole, share) for share in (0.5, 0.9, 0.99))
    return Period(float(begins), up, degraded, down, unanswered, *quantiles)
