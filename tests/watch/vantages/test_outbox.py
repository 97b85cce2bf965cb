"""What a vantage has seen is kept until the hub has it, within a bound."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.records import from_payload, to_payload
from downwind.terms import UsageError
from downwind.watch.vantages.chunks import healthy
from downwind.watch.vantages.outbox import Batch, LeftOut, Outbox

from .probes import probed

SMALL = 16 * 1024


def drain(box: Outbox, most: int = 7) -> list[float]:
    """Send all; returns the times of the records, in order."""
    times = []
    while batch := box.next(most):
        times += [from_payload(payload).at for payload in batch.records]
        box.acknowledge(batch)
    return times


def test_records_come_out_in_order_and_once(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=10**7, chunk_bytes=SMALL)
    for n in range(200):
        assert box.add(probed(at=n))

    assert box.waiting == 200
    assert drain(box) == list(range(200))
    assert (box.waiting, box.next(5)) == (0, None)
    assert [each.name for each in tmp_path.iterdir() if each.is_dir()] == []
    box.close()


def test_what_is_added_while_sending_comes_after(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=10**7, chunk_bytes=SMALL)
    box.add(probed(at=1))
    first = box.next(10)
    box.add(probed(at=2))
    assert first is not None
    box.acknowledge(first)

    assert drain(box) == [2]
    box.close()


def test_without_an_acknowledgement_the_same_comes_again(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=10**7)
    for n in range(5):
        box.add(probed(at=n))

    assert box.next(3) == box.next(3)
    box.close()


def test_after_a_restart_it_goes_on_behind_what_was_acknowledged(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=10**7, chunk_bytes=SMALL)
    for n in range(100):
        box.add(probed(at=n))
    batch = box.next(10)
    assert batch is not None
    box.acknowledge(batch)
    box.close()

    again = Outbox(tmp_path, bound=10**7, chunk_bytes=SMALL)

    assert again.waiting == 90
    assert drain(again) == list(range(10, 100))
    again.close()


def test_the_end_of_a_record_that_a_killed_process_did_not_finish_is_cut_off(
    tmp_path: Path,
) -> None:
    box = Outbox(tmp_path, bound=10**7)
    for n in range(3):
        box.add(probed(at=n))
    box.close()
    (log,) = tmp_path.glob("*/*.log")
    with open(log, "ab") as file:
        file.write(b"\x40\x00\x00\x00half")

    again = Outbox(tmp_path, bound=10**7)

    assert drain(again) == [0, 1, 2]
    again.close()


def test_a_damaged_log_gives_what_can_be_read_of_it(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=10**7)
    for n in range(10):
        box.add(probed(at=n))
    box.close()
    (log,) = tmp_path.glob("*/*.log")
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 0xFF
    log.write_bytes(data)

    again = Outbox(tmp_path, bound=10**7)

    times = drain(again)
    assert times == list(range(len(times)))
    assert 0 < len(times) < 10
    again.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"chunk": 5}', '{"chunk":"x","done":"y"}'])
def test_a_state_that_cannot_be_read_sends_all_again(tmp_path: Path, text: str) -> None:
    box = Outbox(tmp_path, bound=10**7)
    box.add(probed(at=1))
    box.close()
    (tmp_path / "state.json").write_text(text)

    again = Outbox(tmp_path, bound=10**7)

    assert drain(again) == [1]
    again.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    box = Outbox(tmp_path)

    with pytest.raises(UsageError, match="Another process"):
        Outbox(tmp_path)
    box.close()
    Outbox(tmp_path).close()


def test_a_bound_that_holds_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too small"):
        Outbox(tmp_path, bound=1000)


def test_healthy_records_go_first_and_it_is_told_how_many(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=16 * SMALL, chunk_bytes=4 * SMALL)
    for n in range(2_000):
        box.add(probed(at=n, up=n % 50 != 0))

    on_disk = sum(file.stat().st_size for file in tmp_path.glob("*/*"))
    sent = drain(box)

    assert on_disk <= 16 * SMALL
    assert set(range(0, 2_000, 50)) <= set(sent)
    assert sent == sorted(sent)
    assert box.left_out == LeftOut(healthy=2_000 - len(sent), failing=0)
    box.close()


def test_where_all_fail_the_oldest_go(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=4 * SMALL, chunk_bytes=SMALL)
    for n in range(600):
        box.add(probed(at=n, up=False))

    sent = drain(box)

    assert sent == list(range(600 - len(sent), 600))
    assert box.left_out == LeftOut(0, 600 - len(sent))
    box.close()


def test_what_was_left_out_is_still_told_after_a_restart(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=4 * SMALL, chunk_bytes=SMALL)
    for n in range(500):
        box.add(probed(at=n))
    told = box.left_out
    box.close()

    again = Outbox(tmp_path, bound=4 * SMALL, chunk_bytes=SMALL)

    assert again.left_out == told
    assert told.healthy > 0
    again.close()


def test_the_part_that_is_being_sent_stays(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bound=6 * SMALL, chunk_bytes=SMALL)
    for n in range(100):
        box.add(probed(at=n))
    batch = box.next(5)
    for n in range(100, 700):
        box.add(probed(at=n))
    assert batch is not None

    box.acknowledge(batch)
    after = box.next(5)

    assert after is not None
    assert [from_payload(payload).at for payload in after.records] == [5, 6, 7, 8, 9]
    box.close()


class SmallDisk:
    """A disk that holds so many bytes of a folder's records, and then no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.size = 10**9
        real = os.pwrite

        def write(fd: int, data: bytes, offset: int) -> int:
            taken = sum(file.stat().st_size for file in folder.glob("*/*.log"))
            if taken + len(data) > self.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(fd, data, offset)

        monkeypatch.setattr("downwind.evidence.segments.os.pwrite", write)


def test_on_a_full_disk_what_fails_takes_the_room_of_what_was_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk(monkeypatch, tmp_path)
    box = Outbox(tmp_path, bound=10**7, chunk_bytes=SMALL)
    for n in range(50):
        box.add(probed(at=n))

    disk.size = sum(file.stat().st_size for file in tmp_path.glob("*/*.log")) + 100
    kept = [box.add(probed(at=50 + n, up=n % 2 == 0)) for n in range(8)]

    assert kept[:2] == [False, True]
    assert [n for n in range(51, 58, 2) if not kept[n - 50]] == []
    assert {51, 53, 55, 57} <= set(drain(box))
    assert box.left_out.failing == 0
    box.close()


def test_a_disk_that_takes_nothing_at_all_is_survived_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk(monkeypatch, tmp_path)
    box = Outbox(tmp_path, bound=10**7, chunk_bytes=SMALL)
    disk.size = 0

    kept = [box.add(probed(at=n, up=n % 2 == 0)) for n in range(4)]
    disk.size = 10**9
    box.add(probed(at=99))

    assert kept == [False] * 4
    assert box.left_out == LeftOut(2, 2)
    assert drain(box) == [99]
    box.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 30)),
        st.tuples(st.just("send"), st.integers(1, 40)),
        st.tuples(st.just("lose"), st.integers(1, 40)),
        st.tuples(st.just("kill"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_nothing_is_lost_and_what_comes_again_was_in_the_last_batch(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    box = Outbox(folder, bound=10**7, chunk_bytes=SMALL)
    added = 0
    heard: list[float] = []
    for what, count in steps:
        if what == "add":
            for _ in range(count):
                box.add(probed(at=added))
                added += 1
        elif what == "kill":
            # A killed process closes nothing; its lock goes with it.
            copy = folder.parent / f"{folder.name}-{len(list(folder.parent.iterdir()))}"
            shutil.copytree(folder, copy)
            box.close()
            folder = copy
            box = Outbox(folder, bound=10**7, chunk_bytes=SMALL)
        elif batch := box.next(count):
            heard += [from_payload(payload).at for payload in batch.records]
            if what == "send":
                box.acknowledge(batch)
    heard += drain(box)
    box.close()

    assert sorted(set(heard)) == list(range(added))
    furthest = -1.0
    for at in heard:
        assert at >= furthest - 40  # no batch was longer
        furthest = max(furthest, at)


def test_a_healthy_record_is_one_whose_target_was_up() -> None:
    assert healthy(to_payload(probed()))
    assert not healthy(to_payload(probed(up=False)))


def test_an_acknowledgement_of_what_is_gone_changes_nothing(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    box.add(probed(at=1))

    box.acknowledge(Batch((), "00000099", 5))

    assert drain(box) == [1]
    assert json.loads((tmp_path / "state.json").read_text())["healthy"] == 0
    box.close()
