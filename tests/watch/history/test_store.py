"""A store keeps what it acknowledged, survives a full disk, and lets go of the right things."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.records import evidence_id
from downwind.evidence.segments import segment_path
from downwind.terms import DownwindError, Evidence, Seen, UsageError
from downwind.watch.history import Bounds, GroupKeeper, Held, WatchStore, retain
from downwind.watch.history.buffer import Buffer
from downwind.watch.history.position import Position, end_of, read_since
from downwind.watch.history.snapshot import (
    BEFORE,
    NEWEST,
    Snapshot,
    oldest_place,
    read_snapshot,
    write_snapshot,
)
from tests.watch.incidents.rounds import T0, Loop, fault


def probe(number: int, size: int = 10, kind: str = "probe.http", at: float = T0) -> Evidence:
    value = {"number": number, "filling": "x" * size}
    return Evidence(f"s{number % 5}.test/load", kind, Seen(value), at + number, "here")


class Time:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = T0

    def __call__(self) -> float:
        return self.at


def test_a_full_disk_is_told_survived_and_caught_up(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("downwind.watch.history.store._CHUNK", 7)
    clock = Time()
    store = WatchStore(small_disk / "watch", clock)
    ids, answers = [], []
    for number in range(400):
        clock.at += 1
        record = probe(number, 6_000)
        ids.append(evidence_id(record))
        answers.append(store.keep([record]))
    kept = answers.index(False)
    assert 50 < kept < 200
    assert not any(answers[kept:])
    health = store.health()
    assert not health.ok
    assert "disk is full" in health.reason
    assert health.since == T0 + kept + 1
    assert (health.buffered, health.dropped) == (400 - kept, 0)
    assert store.place() is None
    assert [evidence_id(r) for _, r in read_since(store.log_directory, Position())] == ids[:kept]

    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    clock.at += 10
    assert store.try_again()
    assert store.keep([probe(400)])
    assert store.health().ok
    store.close()
    logged = list(read(small_disk / "watch" / "log"))
    assert [id for id, r in logged if r.kind == "probe.http"][:-1] == ids
    (told,) = [r.value for _, r in logged if r.kind == "watch.store"]
    assert told is not None
    assert (told["since"], told["dropped"]) == (T0 + kept + 1, 0)


def test_a_snapshot_without_room_leaves_the_one_before(small_disk: Path) -> None:
    store = WatchStore(small_disk / "watch", Time())
    store.keep([probe(1)])
    place = store.place()
    assert place is not None
    assert store.snapshot({"a": b"small"}, place)
    assert not store.snapshot({"a": b"x" * 2_000_000}, place)
    found = read_snapshot(small_disk / "watch")
    assert found is not None
    assert found.parts == {"a": b"small"}
    assert not list((small_disk / "watch").glob("*.new"))
    store.close()


def test_a_record_that_cannot_be_written_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with WatchStore(tmp_path, Time()) as store:
        bad = Evidence("s", "probe.http", Seen({"milliseconds": math.nan}), T0, "here")
        assert store.keep([probe(1), bad, probe(2)])
        assert store.health().ok
    assert [id for id, _ in read(tmp_path / "log")] == [evidence_id(probe(n)) for n in (1, 2)]


def test_a_disk_that_fails_to_sync_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Time()
    store = WatchStore(tmp_path, clock)
    assert store.keep([probe(0)])
    real = os.fsync

    def broken(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    assert not store.keep([probe(1)])
    assert "brought to disk" in store.health().reason
    monkeypatch.setattr(os, "fsync", real)
    clock.at += 60
    assert store.keep([probe(2)])
    store.close()
    ids = {id for id, r in read(tmp_path / "log") if r.kind == "probe.http"}
    assert ids == {evidence_id(probe(n)) for n in range(3)}


def test_a_second_watcher_of_one_folder_is_refused(tmp_path: Path) -> None:
    with WatchStore(tmp_path, Time()), pytest.raises(UsageError, match="Another process"):
        WatchStore(tmp_path, Time())


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.sampled_from(["probe.http", "watch.incident"])),
            st.tuples(st.just("drop"), st.integers(0, 5)),
        ),
        max_size=60,
    ),
    st.integers(1, 8),
)
def test_a_full_buffer_lets_go_of_the_oldest_observation_first(
    acts: list[tuple[str, str | int]], most: int
) -> None:
    buffer = Buffer(Bounds(records=most))
    twin: list[Evidence] = []
    gone = 0
    for number, (act, what) in enumerate(acts):
        if act == "add":
            record = probe(number, kind=str(what))
            buffer.add([record])
            twin.append(record)
            if len(twin) > most:
                plain = [r for r in twin if r.kind == "probe.http"]
                twin.remove((plain or twin)[0])
                gone += 1
        else:
            count = int(what)
            assert buffer.first(count) == twin[:count]
            buffer.drop_first(count)
            twin = twin[count:]
        assert buffer.first(99) == twin
        assert (len(buffer), buffer.dropped) == (len(twin), gone)


def test_a_buffer_counts_bytes_too() -> None:
    buffer = Buffer(Bounds(records=1000, size=10_000))
    buffer.add(probe(n, 1_000) for n in range(50))
    assert 7 <= len(buffer) <= 10
    assert buffer.dropped == 50 - len(buffer)


def test_a_log_is_read_on_from_any_place(tmp_path: Path) -> None:
    places = []
    with EvidenceLog(tmp_path, segment_bytes=3_000) as log:
        for number in range(40):
            log.append(probe(number, 100))
            log.sync()
            places.append(end_of(tmp_path))
    assert places[-1].segment > 2
    for number, place in enumerate(places):
        found = [record for _, record in read_since(tmp_path, place)]
        assert found == [probe(n, 100) for n in range(number + 1, 40)]
    assert next(p for p, _ in read_since(tmp_path, Position())) < places[0]


SNAPSHOT = Snapshot(T0, Position(3, 500), {"a": b"\x00\n{}", "empty": b"", "b": bytes(range(256))})


def test_a_snapshot_comes_back_whole_and_the_one_before_is_kept(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path) is None
    write_snapshot(tmp_path, SNAPSHOT)
    newer = Snapshot(T0 + 1, Position(4, 20), {})
    write_snapshot(tmp_path, newer)
    assert read_snapshot(tmp_path) == newer
    assert oldest_place(tmp_path) == Position(3, 500)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_broken_snapshot_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("snap")
    write_snapshot(directory, SNAPSHOT)
    newer = {"a": b"newer" * 50, "b": b"\xff" * 300}
    write_snapshot(directory, Snapshot(T0 + 1, Position(4, 20), newer))
    path = directory / NEWEST
    whole = path.read_bytes()
    if data.draw(st.booleans()):
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        at = data.draw(st.integers(0, len(whole) - 1))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x11]) + whole[at + 1 :])
    assert read_snapshot(directory) == SNAPSHOT
    (directory / BEFORE).write_bytes(b"")
    assert read_snapshot(directory) is None


async def test_many_who_keep_at_once_share_one_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = WatchStore(tmp_path, Time())
    syncs = []
    real = os.fsync

    def counted(fd: int) -> None:
        syncs.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fsync", counted)
    keeper = GroupKeeper(store)
    kept = await asyncio.gather(*(keeper.keep([probe(n)]) for n in range(200)))
    assert kept == [True] * 200
    assert len(syncs) < 10
    await keeper.close()
    store.close()
    assert [r for _, r in read(tmp_path / "log")] == [probe(n) for n in range(200)]


async def test_a_keeper_that_is_cancelled_keeps_all_the_same(tmp_path: Path) -> None:
    store = WatchStore(tmp_path, Time())
    keeper = GroupKeeper(store)
    waiting = asyncio.create_task(keeper.keep([probe(1)]))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await keeper.close()
    store.close()
    assert [r for _, r in read(tmp_path / "log")] == [probe(1)]


def test_old_observations_go_and_decisions_stay(tmp_path: Path) -> None:
    loop = Loop(("s1.test/load", "s2.test/load"))
    loop.at = T0 + 150
    loop.round([fault("aws", ["s1.test/load"])], since={"s1.test/load": T0 + 1050})
    kinds = ("probe.http", "feed.status", "watch.incident", "change.deploy", "dns.a")
    records = [probe(n, 300, kinds[n % 25 // 5]) for n in range(500)]
    with EvidenceLog(tmp_path, segment_bytes=20_000) as log:
        log.append_many(records)
        log.sync()
        newest = end_of(tmp_path)
    lies_in = {evidence_id(r): place.segment for place, r in read_since(tmp_path, Position())}
    size = sum(p.stat().st_size for p in tmp_path.glob("*.log"))
    held = Held.of(loop.incidents.ledger.open())
    assert held[0].since == T0 + 150
    done = retain(tmp_path, T0 + 400, held, rolled=99, snapshot=newest.segment)
    left = [record for _, record in read(tmp_path)]
    wanted = [
        r
        for r in records
        if lies_in[evidence_id(r)] == newest.segment
        or not r.kind.startswith(("probe.", "feed."))
        or r.at >= T0 + 400
        or (r.at >= T0 + 150 and (r.subject == "s1.test/load" or r.kind == "feed.status"))
    ]
    assert left == wanted
    assert done.records == len(records) - len(wanted) > 50
    assert sum(p.stat().st_size for p in tmp_path.glob("*.log")) == size - done.freed
    again = retain(tmp_path, T0 + 400, held, rolled=99, snapshot=newest.segment)
    assert (again.segments, again.records) == (0, 0)
    with EvidenceLog(tmp_path, segment_bytes=20_000) as log:
        log.append(probe(501))
    assert list(read(tmp_path))[-1][1] == probe(501)


def test_a_segment_that_is_not_rolled_up_or_still_needed_stays(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path, segment_bytes=5_000) as log:
        log.append_many(probe(n, 300) for n in range(100))
    whole = list(read(tmp_path))
    assert retain(tmp_path, T0 + 999, (), rolled=0, snapshot=99).records == 0
    assert retain(tmp_path, T0 + 999, (), rolled=99, snapshot=1).records == 0
    assert list(read(tmp_path)) == whole
    assert retain(tmp_path, T0 + 999, (), rolled=2, snapshot=99).segments == 2


def test_a_broken_segment_is_not_cleaned(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path, segment_bytes=5_000) as log:
        log.append_many(probe(n, 300) for n in range(50))
    path = segment_path(tmp_path, 1)
    data = bytearray(path.read_bytes())
    data[1000] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DownwindError):
        retain(tmp_path, T0 + 999, (), rolled=9, snapshot=9)
    assert path.read_bytes() == data


def test_what_a_kill_left_of_a_cleaning_goes_with_the_next(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path, segment_bytes=5_000) as log:
        log.append_many(probe(n, 300) for n in range(50))
    (tmp_path / "00000001.clean").write_bytes(b"half of a segment")
    retain(tmp_path, T0, (), rolled=9, snapshot=9)
    assert not list(tmp_path.glob("*.clean"))


def test_a_clock_that_is_set_back_does_not_put_off_the_next_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Time()
    store = WatchStore(tmp_path, clock)
    monkeypatch.setattr(EvidenceLog, "append_many", _no_room)
    assert not store.keep([probe(0)])
    monkeypatch.undo()
    clock.at += 4.9
    assert not store.try_again()
    clock.at -= 3600.0
    assert store.try_again()
    store.close()


def _no_room(*_: object) -> None:
    raise DownwindError("the disk is full")


def test_files_of_others_in_the_folder_of_the_log_are_left_alone(tmp_path: Path) -> None:
    with WatchStore(tmp_path, Time(), segment_bytes=5_000) as store:
        store.keep([probe(n, 300) for n in range(50)])
    log = tmp_path / "log"
    for name in ("notes.txt", "1.log", "00000002.log.bak", "999999999.txt"):
        (log / name).write_text("of others")
    (log / "old").mkdir()
    with WatchStore(tmp_path, Time(), segment_bytes=5_000) as store:
        assert store.keep([probe(50)])
        assert len(list(store.load().records)) == 51
    retain(log, T0 + 99, (), rolled=9, snapshot=9)
    assert {path.name for path in log.iterdir() if path.suffix in (".txt", ".bak")} == {
        "notes.txt",
        "00000002.log.bak",
        "999999999.txt",
    }


def test_without_the_folder_of_the_log_there_is_no_snapshot_and_no_crash(tmp_path: Path) -> None:
    store = WatchStore(tmp_path, Time())
    store.keep([probe(1)])
    (tmp_path / "log").rename(tmp_path / "gone")
    assert store.place() is None or store.place() == Position()
    store.close()


def test_what_could_never_be_written_is_told_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = WatchStore(tmp_path, Time())
    monkeypatch.setattr(EvidenceLog, "append_many", _no_room)
    store.keep([probe(0), probe(1)])
    store.close()
    assert "2 records were never written" in caplog.text


def test_what_is_said_seldom_is_heard_from_further_back(tmp_path: Path) -> None:
    kinds = ("probe.http", "feed.status", "rdap.domain", "dns.a", "watch.ending", "change.deploy")
    with WatchStore(tmp_path, Time()) as store:
        store.keep([probe(n, kind=kinds[n % 6], at=T0 - 100) for n in range(120)])
        heard = list(store.load(T0, seldom_from=T0 - 50).records)
        plain = list(store.load(T0).records)
    numbers = {kind: [int(r.at - T0) for r in heard if r.kind == kind] for kind in kinds}
    assert min(numbers["probe.http"]) >= 0 <= min(numbers["dns.a"])
    assert -50 <= min(numbers["feed.status"]) < -40
    assert -50 <= min(numbers["rdap.domain"]) < -40
    assert len(numbers["watch.ending"]) == len(numbers["change.deploy"]) == 20
    assert min(int(r.at - T0) for r in plain if r.kind == "feed.status") >= 0
