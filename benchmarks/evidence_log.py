"""How fast is evidence acknowledged, against the bound of plain writes with the same fsyncs?

.venv/bin/python benchmarks/evidence_log.py [RECORDS]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.records import to_payload
from downwind.terms import Evidence, Seen

GROUP = 100


def _records(many: int) -> list[Evidence]:
    value = {"addresses": ["198.18.1.9"], "ttl": 300, "canonical": "x.test"}
    return [Evidence(f"h{n}.test", "dns.a", Seen(value), float(n), "here") for n in range(many)]


def _log(folder: Path, records: list[Evidence]) -> float:
    began = time.perf_counter()
    with EvidenceLog(folder) as log:
        for start in range(0, len(records), GROUP):
            log.append_many(records[start : start + GROUP])
            log.sync()
    return time.perf_counter() - began


def _plain(file: Path, records: list[Evidence]) -> float:
    began = time.perf_counter()
    with file.open("wb", buffering=0) as out:
        for start in range(0, len(records), GROUP):
            out.write(b"".join(to_payload(record) for record in records[start : start + GROUP]))
            os.fsync(out.fileno())
    return time.perf_counter() - began


def main() -> None:
    """Print records a second for both, and for reading."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    records = _records(many)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = _plain(folder / "plain", records)
        log = _log(folder / "log", records)
        began = time.perf_counter()
        count = sum(1 for _ in read(folder / "log"))
        reading = time.perf_counter() - began
    assert count == many
    print(f"plain writes, one fsync per {GROUP}: {many / plain:,.0f} records a second")
    print(f"evidence log, one fsync per {GROUP}: {many / log:,.0f} ({log / plain:.1f} x the time)")
    print(f"read back: {many / reading:,.0f} records a second")


if __name__ == "__main__":
    main()
