"""A restart finds what was decided: by a snapshot, by the log, and across the gap between both."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from downwind.evidence.log import EvidenceLog
from downwind.terms import Evidence, Seen, State, UsageError
from downwind.watch.alerts import Outbox, watcher_alert
from downwind.watch.history import Book, Decided, Restored, Telling, WatchStore, restore
from downwind.watch.history.store import Loaded
from downwind.watch.incidents import Observed, Window, event_to_evidence
from tests.watch.incidents.rounds import T0, Loop, fault

SITES = tuple(f"s{n}.test/load" for n in range(6))


class Run:
    """A watcher's book on a real store, from one start to the next."""

    def __init__(self, directory: Path, at: float = T0) -> None:
        self.at = at
        self.store = WatchStore(directory, lambda: self.at)
        self.outbox = Outbox(["pager"])
        self.heard: list[Evidence] = []
        telling = Telling(self.outbox)
        self.restored: Restored = restore(self.store, telling, at, hear=self.heard.append)
        self.book = Book(self.restored.decided, telling, self.keep, lambda: self.at)

    async def keep(self, records: Sequence[Evidence]) -> bool:
        return self.store.keep(records)

    async def round(self, *causes: str) -> None:
        self.at += 30
        faults = [fault(cause, SITES[:3]) for cause in causes]
        states = {t: State.DOWN if causes and t in SITES[:3] else State.UP for t in SITES}
        await self.book.round(Observed(self.at, faults, states))


async def _detector() -> dict[str, bytes]:
    return {"detector": b"its state"}


async def test_a_restart_knows_what_the_watcher_knew(tmp_path: Path) -> None:
    run = Run(tmp_path)
    await run.book.plan(Window("w", "s5.test", T0, T0 + 9e5, 0.0, "new disks"))
    for life in range(8):
        run.at += 1200 * (life % 2)
        for cause in (("aws", "aws", "", "", ""), ("own:s0.test",) * 3)[life % 2]:
            await run.round(*filter(None, [cause]))
        for incident in run.book.ledger.open()[:1]:
            await run.book.acknowledge(incident.id, "ann", "on it")
            await run.book.comment(incident.id, "ann", "so it is")
        due = run.outbox.due("pager", run.at)
        if due is not None:
            run.store.keep(run.outbox.sent(due, run.at))
        if life % 3 == 1:
            assert await run.book.snapshot(run.store, _detector)
            await run.round("aws")
        run.store.close()
        again = Run(tmp_path, run.at)
        assert again.book.ledger == run.book.ledger
        assert again.book.decided.maintenance == run.book.decided.maintenance
        assert again.book.decided.alerted == run.book.decided.alerted
        pending = [due.alert.id for due in run.outbox.pending()]
        assert [due.alert.id for due in again.outbox.pending()] == pending
        assert again.outbox.standing() == run.outbox.standing()
        if life >= 1:
            assert dict(again.restored.parts) == {"detector": b"its state"}
            assert again.restored.snapshot_at is not None
        run = again
    assert len(run.book.ledger.incidents) > 1
    assert any(not incident.open for incident in run.book.ledger.incidents.values())
    run.store.close()


async def test_what_came_after_the_snapshot_is_heard_again_and_what_came_before_is_not(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path)
    probes = [Evidence(SITES[0], "probe.http", Seen({"n": n}), T0 + n, "here") for n in range(4)]
    run.store.keep(probes[:2])
    assert await run.book.snapshot(run.store)
    run.store.keep(probes[2:])
    run.store.close()
    again = Run(tmp_path)
    assert again.heard == probes[2:]
    again.store.close()


@pytest.mark.parametrize(
    "state",
    [b"{}", b"nothing", b"[]", b'{"ledger": {"incidents": [{}], "timelines": {}}}'],
)
async def test_a_snapshot_of_another_version_costs_a_longer_reading_and_nothing_else(
    tmp_path: Path, state: bytes
) -> None:
    run = Run(tmp_path)
    await run.round("aws")
    place = run.store.place()
    assert place is not None
    assert run.store.snapshot({"decided": state}, place)
    run.store.close()
    again = Run(tmp_path, run.at)
    assert again.book.ledger == run.book.ledger
    assert [due.alert.id for due in again.outbox.pending()] == [
        due.alert.id for due in run.outbox.pending()
    ]
    assert again.restored.snapshot_at is None
    again.store.close()


async def test_old_observations_are_passed_over_and_decisions_never(tmp_path: Path) -> None:
    run = Run(tmp_path)
    old = Evidence(SITES[0], "probe.http", Seen({"n": '"kind":"watch.'}), T0 - 9e3, "here")
    plain = Evidence(SITES[0], "probe.http", Seen({"n": 1}), T0 - 9e3, "here")
    new = Evidence(SITES[0], "probe.http", Seen({"n": 2}), T0, "here")
    run.store.keep([plain, old, new])
    await run.round("aws")
    run.store.close()
    heard: list[Evidence] = []
    with WatchStore(tmp_path, lambda: T0) as store:
        outbox = Outbox(["pager"])
        restored = restore(store, Telling(outbox), T0, hear=heard.append, hear_from=T0)
        quick = restore(store, Telling(Outbox(["pager"])), T0)
    assert new in heard
    assert plain not in heard
    assert restored.decided.incidents.ledger == run.book.ledger
    assert quick.decided.incidents.ledger == run.book.ledger
    assert len(outbox) == 1


def test_an_event_whose_alert_was_not_queued_before_the_kill_is_alerted(tmp_path: Path) -> None:
    loop = Loop(SITES)
    loop.round([fault("aws", SITES[:3])])
    with EvidenceLog(tmp_path / "log") as log:
        log.append(event_to_evidence(loop.log[0], "here"))
    run = Run(tmp_path, loop.at)
    assert [due.alert.kind for due in run.outbox.pending()] == ["opened"]
    run.store.close()
    once = Run(tmp_path, loop.at)
    assert len(once.outbox) == 1
    once.store.close()


def test_a_record_that_tells_no_event_is_passed_over_and_counted(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path / "log") as log:
        log.append(Evidence("i", "watch.incident", Seen({"version": 9}), T0, "here"))
        log.append(Evidence("i/1", "watch.alert", Seen({"version": 1, "what": "queued"}), T0, "h"))
        log.append(Evidence("x", "change.maintenance", Seen({"starts": "noon"}), T0, "here"))
    run = Run(tmp_path)
    assert (run.restored.replayed, run.restored.skipped) == (3, 1)
    assert run.book.decided == Decided(run.book.decided.incidents)
    run.store.close()


async def test_a_full_disk_does_not_stop_decisions_or_alerts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path)
    monkeypatch.setattr(EvidenceLog, "append_many", _full)
    await run.round("aws")
    await run.book.alert(watcher_alert(run.at, "disk-full", "The disk is full", "In memory."))
    assert not run.store.health().ok
    assert [str(i.cause) for i in run.book.ledger.open()] == ["aws"]
    assert [due.alert.incident for due in run.outbox.pending()][1] == "watcher-disk-full"
    assert not await run.book.snapshot(run.store)
    monkeypatch.undo()
    await run.round("aws")
    assert run.store.try_again()
    run.store.close()
    again = Run(tmp_path, run.at)
    assert again.book.ledger == run.book.ledger
    assert len(again.outbox) == 2
    again.store.close()


def _full(self: EvidenceLog, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    from downwind.terms import DownwindError

    raise DownwindError("The evidence log could not be written: the disk is full.")


async def test_decisions_are_made_one_at_a_time_even_when_a_caller_gives_up(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path)
    await run.round("aws")
    (incident,) = run.book.ledger.open()

    async def slow(records: Sequence[Evidence]) -> bool:
        await asyncio.sleep(0.01)
        return run.store.keep(records)

    run.book._keep = slow
    acts = [asyncio.create_task(run.book.comment(incident.id, "ann", f"{n}")) for n in range(8)]
    await asyncio.sleep(0.015)
    for act in acts[1:4]:
        act.cancel()
    await asyncio.gather(*acts, return_exceptions=True)
    await asyncio.sleep(0.12)
    told = run.book.ledger.timelines[incident.id]
    assert [event.number for event in told] == list(range(1, 10))
    assert [event.text for event in told[1:]] == [str(n) for n in range(8)]
    run.store.close()
    again = Run(tmp_path, run.at)
    assert again.book.ledger == run.book.ledger
    again.store.close()


async def test_what_a_person_gets_wrong_is_told_and_changes_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for act in (
        run.book.acknowledge("nothing", "ann"),
        run.book.close("nothing", "ann"),
        run.book.cancel("nothing", "ana"),
    ):
        with pytest.raises(UsageError):
            await act
    assert run.book.ledger.incidents == {}
    run.store.close()
    assert isinstance(run.store.load(), Loaded)
