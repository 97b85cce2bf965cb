"""A writer of its own: says on its output which ids were acknowledged, and is killed by a test."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
from pathlib import Path

from downwind.evidence.log import EvidenceLog
from downwind.terms import DownwindError, Evidence, Seen

SEGMENT_BYTES = 300_000


def some(number: int, size: int = 20) -> Evidence:
    value = {"number": number, "filling": "x" * size}
    return Evidence(f"h{number}.test", "dns.a", Seen(value), float(number), "here")


def tell(**told: object) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def write_for_ever(directory: Path, seed: int) -> None:
    draw = random.Random(seed)
    with EvidenceLog(directory, segment_bytes=SEGMENT_BYTES) as log:
        tell(trimmed=log.trimmed is not None)
        number = seed * 1_000_000
        while True:
            ids = []
            for _ in range(draw.randint(1, 30)):
                size = draw.choice([10, 100, 5_000])
                ids.append(log.append(some(number, size)))
                number += 1
            if draw.random() < 0.1:
                batch = [some(number + n, 1_000_000) for n in range(2)]
                ids.extend(log.append_many(batch))
                number += len(batch)
            log.sync()
            tell(ids=ids)


def write_long_records(directory: Path, seed: int) -> None:
    """Nearly always within a long write, which Linux gives up half-way for a killed process."""
    with EvidenceLog(directory) as log:
        tell(trimmed=log.trimmed is not None)
        for number in range(seed * 1000, seed * 1000 + 1000):
            first = log.append(some(number))
            log.sync()
            tell(ids=[first])
            log.append_many([some(number, 8_000_000)] * 3)


def write_until_full(directory: Path, room: int) -> None:
    """A file may grow no further than `room`, as on a full disk; then it may."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    acknowledged: list[str] = []
    with EvidenceLog(directory) as log:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
        size = (directory / "00000001.log").stat().st_size
        try:
            log.append(some(-1, room))
        except DownwindError:
            tell(grown=(directory / "00000001.log").stat().st_size - size)
        pending: list[str] = []
        try:
            for number in range(1_000_000):
                pending.append(log.append(some(number, number % 90)))
                if number % 5 == 4:
                    log.sync()
                    acknowledged, pending = acknowledged + pending, []
        except DownwindError as error:
            tell(error=str(error), acknowledged=acknowledged, pending=pending)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        after = [log.append(some(-2)), log.append(some(-3))]
    tell(after=after)


def write_slowly(directory: Path, count: int) -> None:
    with EvidenceLog(directory, segment_bytes=2_000) as log:
        for number in range(count):
            tell(id=log.append(some(number, number % 300)))
            if number % 7 == 0:
                log.sync()


if __name__ == "__main__":
    tasks = {
        "ever": write_for_ever,
        "long": write_long_records,
        "full": write_until_full,
        "slow": write_slowly,
    }
    tasks[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
