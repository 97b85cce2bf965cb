"""A watcher that is killed at any instant comes back with its incidents open and all it kept."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import downwind
from downwind.evidence.log import read
from downwind.evidence.records import evidence_id
from downwind.watch.alerts import Outbox
from downwind.watch.history import Telling, WatchStore, restore
from downwind.watch.incidents import Ledger
from tests.watch.incidents.rounds import events_of

PROJECT = Path(__file__).parents[3]
PATHS = os.pathsep.join((str(Path(downwind.__file__).parents[1]), str(PROJECT)))


class Watchers:
    """Watchers that are started one after the other, and killed."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.watch.history.watcher_process"]
        environment = {**os.environ, "PYTHONPATH": PATHS}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=PROJECT,
        )

    def run(
        self, task: str, directory: Path, number: int, lines: int = 0, seconds: float = 0.0
    ) -> list[dict[str, Any]]:
        """What a watcher said until it ended; with `lines` it is killed so long after as many."""
        assert self.process.stdin is not None
        order = {"task": task, "directory": str(directory), "number": number}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        pid = self.said()["pid"]
        told = [self.said()]
        timer = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
        while "ended" not in told[-1]:
            if lines and len(told) == lines:
                timer.start()
            told.append(self.said())
        if lines:
            timer.join()
        return told

    def said(self) -> dict[str, Any]:
        """The next whole line; half a line of one that was killed is passed over."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the watcher's parent has ended"
        try:
            return dict(json.loads(line))
        except ValueError:
            return dict(json.loads(line[line.rindex(b"{") :]))

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def watchers() -> Iterator[Watchers]:
    started = Watchers()
    yield started
    started.end()


def test_ten_kills_lose_nothing_that_was_acknowledged(watchers: Watchers, tmp_path: Path) -> None:
    draw = random.Random(3)
    probes: set[str] = set()
    events: list[tuple[str, int]] = []
    snapshots = sent = came_back_open = 0
    delivered: set[str] = set()
    for life in range(10):
        first, *told = watchers.run("ever", tmp_path, life, draw.randint(1, 60), draw.random() / 50)
        newest: dict[str, int] = {}
        for id, number in events:
            newest[id] = max(number, newest.get(id, 0))
        # It came back with every event that it had acknowledged, or a later one.
        assert all(first["numbers"].get(id, number) >= number for id, number in newest.items())
        came_back_open += bool(first["open"])
        assert not delivered & set(first["pending"]), "what was sent and logged is not sent again"
        snapshots += first["snapshot"]
        for line in told:
            probes |= set(line.get("ids", ()))
            events += [(id, number) for id, number in line.get("events", ())]
        told_sent = [line["sent"] for line in told if "sent" in line]
        delivered |= set(told_sent)
        sent += len(told_sent)
        assert told[-1]["ended"] == signal.SIGKILL

    assert len(probes) > 300
    assert len(events) > 100
    assert snapshots > 3
    assert sent > 5
    logged = [record for _, record in read(tmp_path / "log")]
    assert probes <= set(map(evidence_id, logged))
    whole = Ledger.replay(events_of(logged))
    told_once = [(e.incident, e.number) for e in events_of(logged)]
    assert set(events) <= set(told_once)
    outbox = Outbox(["pager"])
    with WatchStore(tmp_path, lambda: 9e9) as store:
        restored = restore(store, Telling(outbox), 9e9)
    assert restored.decided.incidents.ledger == whole
    assert restored.replayed < len(logged), "the snapshot saved no reading"
    assert came_back_open > 3


@pytest.mark.parametrize("room", [3_000, 3_037, 9_000])
def test_a_file_that_may_not_grow_is_survived_and_caught_up(
    watchers: Watchers, tmp_path: Path, room: int
) -> None:
    full, free, ended = watchers.run("full", tmp_path, room)
    assert ended["ended"] == 0
    answers = full["answers"]
    assert answers[0]
    assert not any(answers[answers.index(False) :]), "once full, it stays full"
    assert not full["ok"]
    assert "the disk is full" in full["reason"]
    assert full["buffered"] == answers.count(False)
    assert (free["again"], free["ok"], free["left"]) == (True, True, 0)
    logged = [(id, record.kind) for id, record in read(tmp_path / "log")]
    assert [id for id, kind in logged if kind == "probe.journey"] == free["ids"]
    assert [kind for _, kind in logged].count("watch.store") == 1
