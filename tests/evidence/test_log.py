"""The log in one process: what is written is read back, and damage is told with its place."""

from __future__ import annotations

import errno
import os
import stat
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence import framing
from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.records import evidence_id, to_payload
from downwind.terms import DownwindError, Evidence, LogDamaged, Seen, UsageError


def some(number: int, size: int = 20) -> Evidence:
    value = {"number": number, "filling": "é" * size}
    return Evidence(f"h{number}.test", "dns.a", Seen(value), float(number), "here")


def write(directory: Path, count: int = 3, *, segment_bytes: int = 1_000_000) -> list[str]:
    with EvidenceLog(directory, segment_bytes=segment_bytes) as log:
        return [log.append(some(number)) for number in range(count)]


def ids(directory: Path) -> list[str]:
    return [id for id, _ in read(directory)]


def first_segment(directory: Path) -> Path:
    return directory / "00000001.log"


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    evidence = [some(number) for number in range(5)]
    with EvidenceLog(tmp_path) as log:
        told = log.append_many(evidence)
    assert list(read(tmp_path)) == [(evidence_id(one), one) for one in evidence]
    assert told == tuple(map(evidence_id, evidence))


def test_a_segment_holds_exactly_these_bytes(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path) as log:
        log.append(Evidence("x.test", "dns.a", Seen({"ttl": 60, "a": "é"}), 1.5, "here"))
    start = b"\x89DWLOG\r\n" + b"\x01\0\0\0" + b"\x01\0\0\0"
    payload = (
        b'{"at":1.5,"finding":{"type":"seen","value":{"a":"\\u00e9","ttl":60}},'
        b'"kind":"dns.a","subject":"x.test","vantage":"here"}'
    )
    length = struct.pack("<I", 119)
    record = length + struct.pack("<I", zlib.crc32(length + payload)) + payload
    place = struct.pack("<Q", 20 + len(record))
    mark = b"\xff\xff\xff\xff" + struct.pack("<I", zlib.crc32(b"\xff\xff\xff\xff" + place))
    whole = start + struct.pack("<I", zlib.crc32(start)) + record + mark
    assert first_segment(tmp_path).read_bytes() == whole


def test_the_log_turns_to_a_new_segment_when_one_is_full(tmp_path: Path) -> None:
    told = write(tmp_path, 30, segment_bytes=1_000)
    assert len(list(tmp_path.glob("*.log"))) > 3
    assert all(path.stat().st_size <= 1_010 for path in tmp_path.glob("*.log"))
    assert ids(tmp_path) == told


def test_a_batch_is_parted_between_segments(tmp_path: Path) -> None:
    with EvidenceLog(tmp_path, segment_bytes=2_000) as log:
        told = log.append_many(some(number) for number in range(100))
    assert len(list(tmp_path.glob("*.log"))) > 3
    assert ids(tmp_path) == list(told)


def test_a_writer_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    told = write(tmp_path, 3) + write(tmp_path, 4) + write(tmp_path, 2, segment_bytes=100)
    assert ids(tmp_path) == told


def test_a_torn_tail_of_any_length_is_passed_over_and_cut_off(tmp_path: Path) -> None:
    log = EvidenceLog(tmp_path / "whole")
    told = [log.append(some(number)) for number in range(3)]
    whole = first_segment(tmp_path / "whole").read_bytes()
    log.close()
    last = len(whole) - len(framing.record(to_payload(some(2))))
    torn = tmp_path / "torn"
    torn.mkdir()
    for end in range(last + 1, len(whole)):
        first_segment(torn).write_bytes(whole[:end])
        (torn / "writer.lock").touch()
        assert ids(torn) == told[:2]
        with EvidenceLog(torn) as again:
            assert again.trimmed is not None
            assert (again.trimmed.offset, again.trimmed.size) == (last, end - last)
            assert "00000001.log: cut off" in str(again.trimmed)
            again.append(some(9))
        assert ids(torn) == [*told[:2], evidence_id(some(9))]


@pytest.mark.parametrize("tail", [bytes(5_000), b"\xff" * 50, b'{"at":' * 9, bytes(range(1, 256))])
def test_rubbish_that_a_power_cut_left_behind_the_end_is_cut_off(
    tmp_path: Path, tail: bytes
) -> None:
    told = write(tmp_path)
    with first_segment(tmp_path).open("ab") as file:
        file.write(tail)
    assert ids(tmp_path) == told
    assert ids(tmp_path) + write(tmp_path) == ids(tmp_path)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(20, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_told_with_file_and_offset(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    directory = tmp_path_factory.mktemp("log")
    write(directory, 6)
    path = first_segment(directory)
    data = bytearray(path.read_bytes())
    place = 20 + (place - 20) % (len(data) - 20 - 8)  # all but the last mark
    data[place] ^= 1 << bit
    path.write_bytes(data)
    with pytest.raises(LogDamaged, match=r"00000001\.log at byte \d+") as told:
        ids(directory)
    assert int(told.value.where.rpartition(" ")[2]) <= place
    with pytest.raises(LogDamaged):
        EvidenceLog(directory)


def test_a_flipped_bit_with_no_mark_behind_it_is_told_while_records_follow(tmp_path: Path) -> None:
    log = EvidenceLog(tmp_path)
    log.append_many(some(number) for number in range(3))
    data = bytearray(first_segment(tmp_path).read_bytes())
    log.close()
    data[40] ^= 1
    first_segment(tmp_path).write_bytes(data)
    with pytest.raises(LogDamaged, match="at byte 20: A record fails its checksum"):
        ids(tmp_path)


def cut_the_end(directory: Path) -> None:
    path = first_segment(directory)
    os.truncate(path, path.stat().st_size - 8)


def cut_a_record(directory: Path) -> None:
    os.truncate(first_segment(directory), 100)


def remove_the_second(directory: Path) -> None:
    (directory / "00000002.log").unlink()


def remove_the_first(directory: Path) -> None:
    first_segment(directory).unlink()


def swap_two(directory: Path) -> None:
    second = directory / "00000002.log"
    second.write_bytes((directory / "00000003.log").read_bytes())


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (cut_the_end, r"00000001\.log at byte \d+: The end of the segment is missing"),
        (cut_a_record, r"00000001\.log at byte 20: The file ends inside a record"),
        (remove_the_first, r"00000001\.log at byte 0: The segment is missing"),
        (remove_the_second, r"00000002\.log at byte 0: The segment is missing"),
        (swap_two, "says that it is number 3, and its name says 2"),
    ],
)
def test_a_segment_before_the_last_must_be_whole(
    tmp_path: Path, harm: Callable[[Path], None], message: str
) -> None:
    write(tmp_path, 20, segment_bytes=1_000)
    harm(tmp_path)
    with pytest.raises(LogDamaged, match=message):
        ids(tmp_path)


def segment(payload: bytes) -> bytes:
    return framing.header(1) + framing.record(payload) + framing.mark(28 + len(payload))


def version_two() -> bytes:
    start = framing.MAGIC + struct.pack("<II", 2, 1)
    return start + struct.pack("<I", zlib.crc32(start))


GOOD = to_payload(some(1))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "byte 0: The file is empty", id="empty file"),
        pytest.param(b"SQLite format 3\0" * 9, "not a segment of an evidence log", id="foreign"),
        pytest.param(b"\x89DWL", "header of the segment is cut short", id="short magic"),
        pytest.param(framing.header(1)[:19], "is cut short", id="short header"),
        pytest.param(framing.header(1)[:-1] + b"\0", "header .* checksum", id="broken header"),
        pytest.param(version_two(), "of version 2; .* reads version 1", id="unknown version"),
        pytest.param(framing.header(7), "says that it is number 7", id="another's number"),
        pytest.param(
            framing.header(1) + b"\xff\xff\xff\x7f" + segment(GOOD)[24:],
            "byte 20: A record claims to be 2147483647 bytes long",
            id="huge length",
        ),
        pytest.param(
            framing.header(1)
            + b"\0\0\xff\0"
            + bytes(4)
            + segment(GOOD)[20:]
            + framing.record(GOOD),
            "byte 20: The file ends inside a record",
            id="length past the end",
        ),
        pytest.param(
            framing.header(1) + framing.record(b"") + framing.record(GOOD),
            "byte 20: A record claims to be 0 bytes long",
            id="no payload",
        ),
        pytest.param(
            framing.header(1) + framing.mark(21) + framing.record(GOOD),
            "byte 20: A mark fails its checksum",
            id="a mark from elsewhere",
        ),
        pytest.param(segment(b"{"), "byte 20: The payload is not JSON", id="not JSON"),
        pytest.param(segment(b"\xff{}"), "byte 20: The payload is not JSON", id="not UTF-8"),
        pytest.param(segment(b"[" * 99_999), "The payload is not JSON", id="too deep"),
        pytest.param(segment(b"9" * 9_999), "The payload is not JSON", id="a huge number"),
        pytest.param(segment(b"[]"), "byte 20: This is not a record", id="not a mapping"),
        pytest.param(
            segment(GOOD.replace(b"seen", b"sane")), "unknown type 'sane'", id="unknown finding"
        ),
    ],
)
def test_bad_input_is_told_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    first_segment(tmp_path).write_bytes(data)
    with pytest.raises(LogDamaged, match=message) as told:
        ids(tmp_path)
    assert "00000001.log at byte" in told.value.where


def test_a_folder_without_a_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no evidence log here"):
        ids(tmp_path / "none")
    write(tmp_path / "a" / "log", 0)
    assert ids(tmp_path / "a" / "log") == []


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.touch()
    with pytest.raises(DownwindError, match="could not be made"):
        EvidenceLog(place)
    with pytest.raises(DownwindError, match="could not be listed"):
        ids(place)


def test_the_directory_is_brought_to_disk_with_every_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    fsync = os.fsync

    def spy(fd: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file"
        told.append(f"{kind} {Path(os.readlink(f'/proc/self/fd/{fd}')).name}")
        fsync(fd)

    monkeypatch.setattr(os, "fsync", spy)
    with EvidenceLog(tmp_path / "log", segment_bytes=300) as log:
        log.append(some(1))
        log.append(some(2))
    assert told == [
        f"directory {tmp_path.name}",
        "file 00000001.new",
        "directory log",
        "file 00000001.log",
        "file 00000001.log",
        "file 00000002.new",
        "directory log",
        "file 00000002.log",
    ]


def test_after_a_failed_fsync_nothing_more_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EvidenceLog(tmp_path)
    first = log.append(some(1))
    log.sync()
    second = log.append(some(2))

    def fail(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(DownwindError, match="could not be brought to disk: Input/output"):
            log.sync()
    with pytest.raises(DownwindError, match="takes no more"):
        log.append(some(3))
    with pytest.raises(DownwindError, match="takes no more"):
        log.sync()
    log.close()
    with EvidenceLog(tmp_path) as again:
        third = again.append(some(3))
    assert ids(tmp_path) == [first, second, third]


def test_evidence_that_is_no_json_is_refused_and_nothing_of_its_batch_is_kept(
    tmp_path: Path,
) -> None:
    bad = Evidence("x.test", "dns.a", Seen({"set": {1}}), 0.0, "here")
    with EvidenceLog(tmp_path) as log:
        with pytest.raises(DownwindError, match=r"value\.set is of the type set"):
            log.append_many([some(1), bad])
        with pytest.raises(DownwindError, match="may take 16777216 bytes"):
            log.append(some(1, 3_000_000))
        told = log.append(some(2))
    assert ids(tmp_path) == [told]


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = EvidenceLog(tmp_path)
    log.close()
    log.close()
    with pytest.raises(UsageError, match="is closed"):
        log.append(some(1))


def test_only_records_are_read_whose_text_is_wanted(tmp_path: Path) -> None:
    write(tmp_path, 4, segment_bytes=200)
    seen: list[bytes] = []

    def wanted(payload: bytes) -> bool:
        seen.append(payload)
        return b'"h2.test"' in payload

    assert [record for _, record in read(tmp_path, wanted=wanted)] == [some(2)]
    assert seen == [to_payload(some(number)) for number in range(4)]


def test_following_ends_when_waiting_does(tmp_path: Path) -> None:
    waits = iter(["open", "append", "append", "stop"])
    told: list[str] = []
    with EvidenceLog(tmp_path / "log", segment_bytes=200) as log:

        def wait() -> bool:
            step = next(waits)
            if step == "append":
                told.extend(log.append_many([some(len(told)), some(len(told) + 100)]))
            return step != "stop"

        followed = [id for id, _ in read(tmp_path / "log", follow=True, wait=wait)]
    assert followed == told
    assert len(told) == 4


def test_following_begins_before_there_is_a_log(tmp_path: Path) -> None:
    tries = iter([None, write, None])

    def wait() -> bool:
        act = next(tries, ids)
        if act is write:
            write(tmp_path / "log")
        return act is not ids

    assert len(list(read(tmp_path / "log", follow=True, wait=wait))) == 3


def test_a_file_that_shrinks_below_what_was_read_is_damage(tmp_path: Path) -> None:
    write(tmp_path)

    def wait() -> bool:
        os.truncate(first_segment(tmp_path), 30)
        return True

    with pytest.raises(LogDamaged, match="became shorter"):
        list(read(tmp_path, follow=True, wait=wait))


def test_several_threads_may_append_and_sync(tmp_path: Path) -> None:
    told: list[str] = []
    with EvidenceLog(tmp_path, segment_bytes=5_000) as log:

        def work(start: int) -> None:
            for number in range(start, start + 50):
                told.append(log.append(some(number)))
                log.sync()

        threads = [threading.Thread(target=work, args=(n * 1000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(ids(tmp_path)) == sorted(told)
