"""A watcher of its own, which tests kill: it says on its output what it acknowledged.

The imports take longer than the life of a watcher here, so one process imports, and a child of it
is forked for each line of its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import signal
import sys
from pathlib import Path

from downwind.evidence.records import evidence_id
from downwind.terms import Evidence, Seen, State
from downwind.watch.alerts import Outbox
from downwind.watch.history import Book, Bounds, GroupKeeper, Telling, WatchStore, restore
from downwind.watch.incidents import Observed
from tests.watch.incidents.rounds import T0, fault

TARGETS = tuple(f"s{n}.test/load" for n in range(12))
CAUSES = ("cloudflare/proxy", "aws", "aws/dynamodb/us-east-1", "own:s1.test", "unknown")
SEGMENT_BYTES = 60_000


def tell(**told: object) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def probe(number: int, at: float, size: int = 100) -> Evidence:
    value = {"ok": True, "state": "up", "steps": [], "number": number, "filling": "x" * size}
    return Evidence(TARGETS[number % len(TARGETS)], "probe.journey", Seen(value), at, "here")


async def watch_for_ever(directory: Path, seed: int) -> None:
    """Rounds of probes and verdicts without a pause, until it is killed."""
    draw = random.Random(seed)
    at = T0 + seed * 100_000.0
    store = WatchStore(directory, lambda: at, segment_bytes=SEGMENT_BYTES)
    telling = Telling(Outbox(["pager"]))
    restored = restore(store, telling, at)
    ledger = restored.decided.incidents.ledger
    numbers = {id: incident.number for id, incident in ledger.incidents.items()}
    pending = [due.alert.id for due in telling.outbox.pending()]
    used = restored.snapshot_at is not None
    opened = [incident.id for incident in ledger.open()]
    tell(numbers=numbers, open=opened, pending=pending, snapshot=used)
    keeper = GroupKeeper(store)
    book = Book(restored.decided, telling, keeper.keep, lambda: at)
    number = seed * 1_000_000
    while True:
        at += 30.0
        probes = [probe(number + n, at, draw.choice([10, 400])) for n in range(draw.randint(1, 9))]
        number += len(probes)
        faults = [
            fault(draw.choice(CAUSES), draw.sample(TARGETS, draw.randint(1, 6)))
            for _ in range(draw.choice([0, 0, 1, 1, 2]))
        ]
        failing = {t for f in faults for t in (*f.explains, *f.unexplained)}
        states = {t: State.DOWN if t in failing else State.UP for t in TARGETS}
        kept, events = await asyncio.gather(
            keeper.keep(probes), book.round(Observed(at, faults, states))
        )
        assert kept
        tell(ids=list(map(evidence_id, probes)), events=[[e.incident, e.number] for e in events])
        due = telling.outbox.due("pager", at)
        if due is not None and draw.random() < 0.5:
            records = telling.outbox.sent(due, at)
            await keeper.keep(records)
            tell(sent=due.alert.id)
        if draw.random() < 0.1:
            tell(snapshot=await book.snapshot(store))


async def watch_until_full(directory: Path, room: int) -> None:
    """No file may grow beyond `room`, as on a full disk; then it may."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    at = T0
    bounds = Bounds(records=10_000)
    store = WatchStore(directory, lambda: at, bounds=bounds, retry_every=5.0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
    answers = []
    ids = []
    for number in range(300):
        at += 1.0
        record = probe(number, at)
        ids.append(evidence_id(record))
        answers.append(store.keep([record]))
    health = store.health()
    tell(answers=answers, ok=health.ok, reason=health.reason, buffered=health.buffered)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    at += 10.0
    again = store.keep([probe(300, at)])
    ids.append(evidence_id(probe(300, at)))
    tell(again=again, ok=store.health().ok, left=store.health().buffered, ids=ids)
    store.close()


def fork_for_each_line() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            task = {"ever": watch_for_ever, "full": watch_until_full}[order["task"]]
            code = 1
            try:
                asyncio.run(task(Path(order["directory"]), order["number"]))
                code = 0
            finally:
                os._exit(code)
        tell(pid=child)
        _, status = os.waitpid(child, 0)
        tell(ended=status)


if __name__ == "__main__":
    fork_for_each_line()
