"""The log between processes: killed writers, full disks, readers and second writers."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import downwind
from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.records import evidence_id
from downwind.terms import Evidence, Seen, UsageError

WRITER = Path(__file__).with_name("log_writer_process.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(downwind.__file__).parents[1])}
READER = """
import sys
from pathlib import Path
from downwind.evidence.log import read
for id, evidence in read(Path(sys.argv[1]), follow=True):
    print(id, evidence.subject, flush=True)
"""


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT)


def told_by(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    """The whole lines that a process, perhaps killed within one, has said."""
    assert process.stdout is not None
    with process.stdout:
        lines = process.stdout.read().splitlines(keepends=True)
    process.wait()
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def kill_after(process: subprocess.Popen[bytes], seconds: float) -> list[dict[str, Any]]:
    assert process.stdout is not None
    first = process.stdout.readline()
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    told = [json.loads(first), *told_by(process)]
    timer.join()
    return told


def test_what_was_acknowledged_survives_sigkill_at_any_moment(tmp_path: Path) -> None:
    draw = random.Random(5)
    acknowledged: list[str] = []
    for seed in range(25):
        process = start(WRITER, "ever", tmp_path, seed)
        told = kill_after(process, draw.uniform(0, 0.12))
        acknowledged += [id for line in told for id in line.get("ids", ())]
        # In the order in which they were appended, with at most unacknowledged ones between.
        rest = iter(id for id, _ in read(tmp_path))
        assert all(id in rest for id in acknowledged)
    assert len(acknowledged) > 500
    assert all(evidence_id(evidence) == id for id, evidence in read(tmp_path))
    with EvidenceLog(tmp_path) as log:
        last = log.append(Evidence("x.test", "dns.a", Seen({}), 0.0, "here"))
    assert [id for id, _ in read(tmp_path)][-1] == last


@pytest.mark.parametrize("seed", range(8))
def test_a_writer_killed_within_a_long_record_leaves_all_before_it(
    tmp_path: Path, seed: int
) -> None:
    told = kill_after(start(WRITER, "long", tmp_path, seed), 0.02 * seed)
    acknowledged = {id for line in told for id in line.get("ids", ())}
    with EvidenceLog(tmp_path) as log:
        last = log.append(Evidence("x.test", "dns.a", Seen({}), 0.0, "here"))
    found = [id for id, _ in read(tmp_path)]
    assert acknowledged <= set(found)
    assert found[-1] == last


def test_a_full_disk_is_told_and_loses_nothing_and_can_be_overcome(tmp_path: Path) -> None:
    refused, full, done = told_by(start(WRITER, "full", tmp_path, 4_000))
    assert "the disk is full" in full["error"]
    assert "00000001.log" in full["error"]
    assert refused == {"grown": 0}, "half a record was left behind"
    assert len(full["acknowledged"]) > 10
    found = [id for id, _ in read(tmp_path)]
    assert found == full["acknowledged"] + full["pending"] + done["after"]


@pytest.mark.parametrize("room", range(500, 560, 3))
def test_a_disk_may_be_full_at_any_byte(tmp_path: Path, room: int) -> None:
    _, full, done = told_by(start(WRITER, "full", tmp_path, room))
    assert [id for id, _ in read(tmp_path)] == full["acknowledged"] + full["pending"] + done[
        "after"
    ]


def test_a_reader_follows_a_log_that_another_process_writes(tmp_path: Path) -> None:
    reader = start("-c", READER, tmp_path)
    writer = start(WRITER, "slow", tmp_path, 200)
    written = [line["id"] for line in told_by(writer)]
    assert reader.stdout is not None
    followed = [reader.stdout.readline().decode().split()[0] for _ in written]
    reader.kill()
    reader.wait()
    reader.stdout.close()
    assert followed == written
    assert len(list(tmp_path.glob("*.log"))) > 5


def test_readers_beside_a_writer_see_only_whole_records_in_order(tmp_path: Path) -> None:
    writer = start(WRITER, "ever", tmp_path, 1)
    assert writer.stdout is not None
    writer.stdout.readline()
    seen: list[str] = []
    until = time.monotonic() + 1
    while time.monotonic() < until:
        now = [id for id, _ in read(tmp_path)]
        assert now[: len(seen)] == seen
        seen = now
    writer.kill()
    told_by(writer)
    assert len(seen) > 10


def test_a_second_writer_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    writer = start(WRITER, "ever", tmp_path, 1)
    assert writer.stdout is not None
    writer.stdout.readline()
    with pytest.raises(UsageError, match=rf"pid {writer.pid}\b"):
        EvidenceLog(tmp_path)
    writer.kill()
    told_by(writer)
    EvidenceLog(tmp_path).close()


def test_a_second_writer_is_refused_in_the_same_process(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path), pytest.raises(UsageError, match="Another process"):
        EvidenceLog(tmp_path)
