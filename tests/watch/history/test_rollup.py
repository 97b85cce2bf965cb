"""Roll-ups say what the probes said, long after the probes are gone."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.log import EvidenceLog
from downwind.evidence.segments import last_number
from downwind.terms import DownwindError, Evidence, Seen, Unanswered
from downwind.watch.history import retain
from downwind.watch.history.position import Position, read_since
from downwind.watch.history.rollup import DAY, Period, Rollups
from downwind.watch.history.tally import HOUR, Tally, quantile

BEGIN = 1763424000.0  # 2025-11-18T00:00:00Z


def probe(target: str, at: float, state: str, milliseconds: float = 20.0) -> Evidence:
    if state == "unanswered":
        return Evidence(target, "probe.http", Unanswered("the watcher is blind"), at, "here")
    steps = [{"milliseconds": milliseconds / 2}, {"milliseconds": milliseconds / 2}]
    value = {"ok": state == "up", "state": state, "steps": steps, "filling": "x" * 100}
    return Evidence(target, "probe.http", Seen(value), at, "here")


def some(count: int) -> list[Evidence]:
    draw = random.Random(7)
    states = ["up"] * 8 + ["degraded", "down", "unanswered"]
    records = [
        probe(
            f"s{draw.randrange(3)}.test/load",
            BEGIN + draw.random() * 3 * DAY,
            draw.choice(states),
            draw.lognormvariate(4, 1),
        )
        for _ in range(count)
    ]
    trap = {"text": '"kind":"probe.http"', "state": "down"}
    records.insert(count // 2, Evidence("s1.test/load", "feed.status", Seen(trap), BEGIN, "here"))
    return records


def logged(directory: Path, records: list[Evidence]) -> Path:
    with EvidenceLog(directory / "log", segment_bytes=20_000) as log:
        log.append_many(records)
    return directory / "log"


def sealed(log: Path, records: list[Evidence]) -> list[Evidence]:
    """The records of all segments but the last, which is still written to."""
    last = last_number(log)
    return [r for place, r in read_since(log, Position()) if place.segment < last]


def counted(records: list[Evidence], target: str, begin: float, seconds: float) -> dict[str, Any]:
    """The same by hand."""
    found: dict[str, Any] = dict.fromkeys(("up", "degraded", "down", "unanswered"), 0)
    took = []
    for record in records:
        if record.subject != target or not begin <= record.at < begin + seconds:
            continue
        if not record.kind.startswith("probe."):
            continue
        state = str(record.value["state"]) if record.value else "unanswered"
        found[state] += 1
        if state in ("up", "degraded") and record.value:
            took.append(sum(step["milliseconds"] for step in record.value["steps"]))
    return found | {"took": sorted(took)}


@pytest.mark.parametrize("seconds", [HOUR, DAY])
def test_hours_and_days_agree_with_counting_by_hand(tmp_path: Path, seconds: int) -> None:
    records = some(1200)
    log = logged(tmp_path, records)
    rollups = Rollups(tmp_path / "rollups")
    assert rollups.roll(log) == last_number(log) - 1 > 5
    whole = sealed(log, records)
    seen = 0
    for target in ("s0.test/load", "s1.test/load", "s2.test/load"):
        for period in rollups.periods(target, BEGIN, BEGIN + 3 * DAY, seconds):
            by_hand = counted(whole, target, period.begins, seconds)
            took = by_hand.pop("took")
            assert {name: getattr(period, name) for name in by_hand} == by_hand
            seen += sum(by_hand.values())
            for share, found in ((0.5, period.p50), (0.9, period.p90), (0.99, period.p99)):
                exact = took[max(0, -int(-share * len(took) // 1) - 1)] if took else None
                assert found == (pytest.approx(exact, rel=0.051) if took else None)
    assert seen == len(whole) - 1


def test_the_availability_leaves_out_what_the_watcher_could_not_see(tmp_path: Path) -> None:
    states = ["up", "up", "degraded", "down", "unanswered", "unanswered"]
    records = [probe("a.test/x", BEGIN + n, state) for n, state in enumerate(states)]
    records += [probe("b.test/x", BEGIN, "unanswered"), *some(300)]
    log = logged(tmp_path, records)
    rollups = Rollups(tmp_path / "rollups")
    rollups.roll(log)
    found = rollups.availability(BEGIN, BEGIN + DAY)
    assert found["a.test/x"] == pytest.approx(3 / 4)
    assert "b.test/x" not in found
    assert rollups.periods("b.test/x", BEGIN, BEGIN + DAY)[0].available is None


def test_merging_and_rolling_on_change_no_count(tmp_path: Path) -> None:
    records = some(900)
    log = logged(tmp_path, records[:600])
    rollups = Rollups(tmp_path / "rollups")
    assert rollups.periods("s0.test/load", BEGIN, BEGIN + DAY) == ()
    assert rollups.availability(BEGIN, BEGIN + DAY) == {}
    first = rollups.roll(log)
    assert not rollups.merge(at_least=first + 1)
    assert rollups.merge(at_least=2)
    assert len(list((tmp_path / "rollups").iterdir())) == 1
    logged(tmp_path, records[600:])
    last = rollups.roll(log)
    assert last > first
    assert rollups.merge(at_least=1)
    assert rollups.roll(log) == rollups.rolled() == last
    plain = Rollups(tmp_path / "plain")
    plain.roll(log)
    for target in ("s0.test/load", "s1.test/load"):
        args = (target, BEGIN, BEGIN + 3 * DAY)
        assert rollups.periods(*args) == plain.periods(*args)


def test_a_merge_that_was_cut_off_counts_nothing_twice(tmp_path: Path) -> None:
    log = logged(tmp_path, some(600))
    rollups = Rollups(tmp_path / "rollups")
    rollups.roll(log)
    whole = rollups.periods("s0.test/load", BEGIN, BEGIN + 3 * DAY)
    parts = {path.name: path.read_bytes() for path in (tmp_path / "rollups").iterdir()}
    assert rollups.merge(at_least=2)
    for name, data in parts.items():
        (tmp_path / "rollups" / name).write_bytes(data)
    (tmp_path / "rollups" / "00000099.new").write_bytes(b"half")
    assert rollups.periods("s0.test/load", BEGIN, BEGIN + 3 * DAY) == whole


def test_roll_ups_outlive_the_probes(tmp_path: Path) -> None:
    log = logged(tmp_path, some(600))
    rollups = Rollups(tmp_path / "rollups")
    rolled = rollups.roll(log)
    whole = rollups.periods("s1.test/load", BEGIN, BEGIN + 3 * DAY)
    done = retain(log, BEGIN + 9 * DAY, (), rolled=rolled, snapshot=last_number(log))
    assert done.records > 300
    assert rollups.roll(log) == rolled
    assert rollups.periods("s1.test/load", BEGIN, BEGIN + 3 * DAY) == whole
    assert any(isinstance(period, Period) for period in whole)


@given(st.lists(st.floats(0.2, 500_000), min_size=1, max_size=60), st.floats(0, 1))
def test_a_quantile_is_right_within_five_per_cent(took: list[float], share: float) -> None:
    tally = Tally()
    for each in took:
        tally.add("t", "v", 0.0, {"value": {"state": "up", "steps": [{"milliseconds": each}]}})
    ((_, _, _, cell),) = tally.cells()
    found = quantile(cell.buckets, share)
    exact = sorted(took)[max(1, -int(-share * len(took) // 1)) - 1]
    assert found == pytest.approx(exact, rel=0.051)


@pytest.mark.parametrize(
    "finding",
    [
        {},
        {"value": None},
        {"value": {"state": "purple"}},
        {"value": {"state": ["up"]}},
        {"type": "unanswered", "reason": "blind", "detail": {}},
    ],
)
def test_what_tells_no_state_is_unanswered(finding: dict[str, Any]) -> None:
    tally = Tally()
    tally.add("t", "v", 0.0, finding)
    ((_, _, _, cell),) = tally.cells()
    assert cell.unanswered == 1


@pytest.mark.parametrize(
    "steps", [None, 7, [7], [{}], [{"milliseconds": "5"}], [{"milliseconds": -1}]]
)
def test_a_probe_without_a_latency_counts_without_one(steps: object) -> None:
    tally = Tally()
    tally.add("t", "v", 0.0, {"value": {"state": "up", "steps": steps}})
    ((_, _, _, cell),) = tally.cells()
    assert (cell.up, cell.buckets) == (1, {})


def test_a_full_disk_takes_no_roll_up_and_holds_no_half_of_one(
    small_disk: Path, tmp_path: Path
) -> None:
    log = logged(tmp_path, some(600))
    rollups = Rollups(small_disk)
    filling = _filled(small_disk)
    with pytest.raises(DownwindError, match=r"the disk is full|No space left"):
        rollups.roll(log)
    assert [path.name for path in small_disk.iterdir()] == [filling.name]
    filling.unlink()
    assert rollups.roll(log) == last_number(log) - 1
    whole = rollups.periods("s0.test/load", BEGIN, BEGIN + 3 * DAY)
    parts = sorted(path.name for path in small_disk.iterdir())
    filling = _filled(small_disk)
    with pytest.raises(DownwindError, match=r"could not be (read or written|rolled up)"):
        rollups.merge(at_least=2)
    assert sorted(path.name for path in small_disk.iterdir()) == [*parts, filling.name]
    assert rollups.periods("s0.test/load", BEGIN, BEGIN + 3 * DAY) == whole
    filling.unlink()
    assert rollups.merge(at_least=2)
    assert rollups.periods("s0.test/load", BEGIN, BEGIN + 3 * DAY) == whole


def _filled(disk: Path) -> Path:
    """A file that leaves no room behind."""
    path = disk / "filling"
    with path.open("wb", buffering=0) as out:
        for size in (4096, 1):
            with suppress(OSError):
                while out.write(b"x" * size):
                    pass
    return path


@pytest.mark.parametrize("data", [b"", b"junk", b"PAR1junkPAR1"])
def test_a_roll_up_that_is_broken_is_told_with_its_place(tmp_path: Path, data: bytes) -> None:
    log = logged(tmp_path, some(600))
    rollups = Rollups(tmp_path / "rollups")
    rollups.roll(log)
    broken = tmp_path / "rollups" / "00000002.parquet"
    broken.write_bytes(data)
    for act in (
        lambda: rollups.availability(BEGIN, BEGIN + DAY),
        lambda: rollups.periods("s0.test/load", BEGIN, BEGIN + DAY),
        lambda: rollups.merge(at_least=2),
    ):
        with pytest.raises(DownwindError, match=r"00000002\.parquet") as raised:
            act()
        assert "move a file away" in raised.value.todo
    broken.unlink()
    rollups.roll(log)
    assert rollups.availability(BEGIN, BEGIN + DAY)


def test_files_of_others_are_left_alone_and_what_a_kill_left_half_written_goes(
    tmp_path: Path,
) -> None:
    log = logged(tmp_path, some(600))
    folder = tmp_path / "rollups"
    folder.mkdir()
    for name in ("notes.txt", "1.parquet", "upto-1.parquet", "00000001.parquet.bak"):
        (folder / name).write_bytes(b"of others")
    (folder / "00000099.new").write_bytes(b"half")
    rollups = Rollups(folder)
    assert rollups.roll(log) == last_number(log) - 1
    assert rollups.availability(BEGIN, BEGIN + DAY)
    left = {path.name for path in folder.iterdir() if path.read_bytes() == b"of others"}
    assert left == {"notes.txt", "1.parquet", "upto-1.parquet", "00000001.parquet.bak"}
    assert not list(folder.glob("*.new"))
