"""What the tests of this folder share: reading bytes as a log, and what must hold of any bytes."""

import contextlib
import gzip
from collections.abc import Callable
from io import BufferedReader, BytesIO
from typing import Any

from downwind.evidence.inside import Reading, records_of
from downwind.evidence.inside.dnslog import read_dnslog
from downwind.evidence.records import from_payload, to_payload
from downwind.terms import DownwindError

NOW = 1763500000.0  # 2025-11-18 21:06:40 UTC


def stream(data: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(data))  # type: ignore[arg-type, unused-ignore]


def read(data: bytes | str, **options: Any) -> Reading:
    raw = data if isinstance(data, bytes) else data.encode()
    return read_dnslog(stream(raw), now=NOW, **options)


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def queries(reading: Reading) -> dict[str, Any]:
    """Host -> how often it was looked up in order to connect."""
    return {statement.thing: statement.value["queries"] for statement in reading.statements}


def reads_or_refuses(reader: Callable[[bytes], Reading], data: bytes) -> None:
    """Any bytes end as evidence that can be written and read back, or as an error of our own."""
    with contextlib.suppress(DownwindError):
        for record in records_of(reader(data), node="n", source="s", now=NOW):
            assert from_payload(to_payload(record)) == record
