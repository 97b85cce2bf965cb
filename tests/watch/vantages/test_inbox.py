"""The hub takes each record once, and only what a vantage may say."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.records import evidence_id, to_json, to_payload
from downwind.terms import Absent, DownwindError, Evidence, Seen, Unanswered
from downwind.watch.vantages import BatchRefused, BatchTooLarge, Inbox, WrongVantage
from downwind.watch.vantages import batch as batches
from downwind.watch.vantages.batch import Head, pack, receipt_from_json, unpack
from downwind.watch.vantages.inbox import REMEMBERED

from .hubserver import receipt_to_json
from .probes import probed

NOW = 1_000_000.0
HEAD = Head("paris", NOW)


def body(*records: Evidence, head: Head = HEAD) -> bytes:
    return pack(head, [to_payload(record) for record in records])


def inbox() -> Inbox:
    return Inbox(now=lambda: NOW)


def lines(*texts: str) -> bytes:
    head = json.dumps({"vantage": "paris", "sent_at": NOW})
    return "\n".join([head, *texts]).encode()


def test_a_record_is_taken_once() -> None:
    box, kept = inbox(), list[Evidence]()
    record = probed(at=NOW - 5)

    first = box.receive("paris", body(record), kept.extend)
    second = box.receive("paris", body(record, probed(at=NOW - 4)), kept.extend)

    assert (first.accepted, first.duplicates) == (1, 0)
    assert (second.accepted, second.duplicates) == (1, 1)
    assert kept == [record, probed(at=NOW - 4)]


def test_a_record_that_comes_twice_in_one_batch_is_taken_once() -> None:
    record = probed(at=NOW)

    receipt = inbox().receive("paris", body(record, record), lambda _: None)

    assert (receipt.accepted, receipt.duplicates) == (1, 1)


def test_what_could_not_be_logged_was_not_taken() -> None:
    box, kept = inbox(), list[Evidence]()

    def full(_: Sequence[Evidence]) -> None:
        raise DownwindError("The disk is full.")

    with pytest.raises(DownwindError, match="full"):
        box.receive("paris", body(probed(at=NOW)), full)
    receipt = box.receive("paris", body(probed(at=NOW)), kept.extend)

    assert (receipt.accepted, len(kept)) == (1, 1)


def test_after_a_restart_the_log_tells_what_was_taken(tmp_path: Path) -> None:
    records = [probed(at=NOW - n) for n in range(20)]
    with EvidenceLog(tmp_path) as log:
        inbox().receive("paris", body(*records), log.append_many)

    box = inbox()
    for known, evidence in read(tmp_path):
        box.remember(evidence.vantage, known)
    receipt = box.receive("paris", body(*records, probed(at=NOW - 99)), lambda _: None)

    assert (receipt.accepted, receipt.duplicates) == (1, 20)


def test_memory_is_bounded_and_holds_the_latest() -> None:
    box = inbox()
    last = probed(at=NOW)
    for n in range(REMEMBERED + 10):
        box.remember("paris", f"{n:016x}")
    box.remember("paris", evidence_id(last))

    assert box.receive("paris", body(last), lambda _: None).duplicates == 1
    assert len(box._recent["paris"]) == REMEMBERED


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (probed(at=NOW, vantage="oslo"), "in the name of 'oslo'"),
        (probed(at=NOW, kind="watch.incident"), "does not speak of"),
        (probed(at=NOW, kind="dns.a"), "does not speak of"),
        (probed(at=NOW, kind="change.deploy"), "does not speak of"),
        (probed(at=NOW + 61), "61 s ahead"),
        (probed(at=NOW - 8 * 86400), "s ago"),
        (probed("", at=NOW), "subject"),
        (probed("x" * 513, at=NOW), "subject"),
        (probed(at=NOW, body="x" * 300_000), "may take"),
        (replace(probed(at=NOW), finding=Absent("NXDOMAIN")), "never absent"),
        (replace(probed(at=NOW), finding=Seen({})), "ok is neither"),
        (replace(probed(at=NOW), finding=Seen({"ok": True, "state": "down"})), "ok is true"),
        (replace(probed(at=NOW), finding=Seen({"ok": True, "state": "up"})), "steps"),
    ],
)
def test_what_a_vantage_may_not_say_is_refused_and_the_rest_is_taken(
    record: Evidence, why: str
) -> None:
    receipt = inbox().receive("paris", body(probed(at=NOW - 1), record), lambda _: None)

    assert receipt.accepted == 1
    assert [number for number, _ in receipt.refused] == [2]
    assert why in receipt.refused[0][1]


STEP: dict[str, Any] = dict(probed().value["steps"][0])  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        {"ok": 1},
        {"layer": "moon"},
        {"layer": ["dns"]},
        {"status": "500"},
        {"status": True},
        {"status": 10**30},
        {"headers": []},
        {"headers": {"a": 1}},
        {"headers": {str(n): "" for n in range(300)}},
        {"cookies": "a"},
        {"passed": [1]},
        {"milliseconds": "12"},
        {"dns": "NXDOMAIN"},
        {"body": None},
        {"host": 5},
        {"address": {}},
    ],
    ids=repr,
)
def test_a_step_that_what_reads_it_would_stumble_over_is_refused(change: dict[str, Any]) -> None:
    value = {"ok": True, "state": "up", "steps": [{**STEP, **change}]}
    record = replace(probed(at=NOW), finding=Seen(value))

    receipt = inbox().receive("paris", body(record), lambda _: None)

    assert (receipt.accepted, len(receipt.refused)) == (0, 1)


def test_a_vantage_that_could_not_look_may_say_so() -> None:
    record = replace(probed(at=NOW), finding=Unanswered("the probe did not end within 10 s"))

    assert inbox().receive("paris", body(record), lambda _: None).accepted == 1


async def test_two_batches_of_one_vantage_at_once_keep_each_record_once() -> None:
    box, kept = inbox(), list[Evidence]()

    async def keep(records: Sequence[Evidence]) -> None:
        await asyncio.sleep(0.02)
        kept.extend(records)

    again = [box.accept("paris", body(probed(at=NOW)), keep) for _ in range(5)]
    told = await asyncio.gather(*again)

    assert sorted(delivery.receipt.accepted for delivery in told) == [0, 0, 0, 0, 1]
    assert len(kept) == 1


async def test_a_batch_whose_sender_has_gone_is_finished() -> None:
    box, kept = inbox(), list[Evidence]()

    async def keep(records: Sequence[Evidence]) -> None:
        await asyncio.sleep(0.05)
        kept.extend(records)

    gone = asyncio.create_task(box.accept("paris", body(probed(at=NOW)), keep))
    await asyncio.sleep(0.03)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    again = await box.accept("paris", body(probed(at=NOW)), keep)

    assert (again.receipt.duplicates, len(kept)) == (1, 1)


async def test_where_the_log_takes_nothing_the_next_batch_has_its_turn() -> None:
    box, kept = inbox(), list[Evidence]()

    async def full(_: Sequence[Evidence]) -> None:
        raise DownwindError("The disk is full.")

    async def keep(records: Sequence[Evidence]) -> None:
        kept.extend(records)

    with pytest.raises(DownwindError):
        await box.accept("paris", body(probed(at=NOW)), full)
    delivery = await box.accept("paris", body(probed(at=NOW)), keep)

    assert (delivery.receipt.accepted, len(kept)) == (1, 1)


def test_a_target_that_was_not_ordered_is_refused() -> None:
    box = Inbox(now=lambda: NOW, ordered=lambda vantage, target: target == "x.test/feed")

    receipt = box.receive("paris", body(probed(at=NOW), probed("y", at=NOW)), lambda _: None)

    assert (receipt.accepted, len(receipt.refused)) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json\n",
        b"[]\n",
        b'{"vantage": 5, "sent_at": 1}\n',
        b'{"vantage": "paris"}\n',
        b'{"vantage": "paris", "sent_at": 1e999}\n',
        b'{"vantage": "paris", "sent_at": 1, "waiting": -1}\n',
        b"[" * 100_000,
        b"\x1f\x8bnot gzip",
        gzip.compress(b'{"vantage": "paris", "sent_at": 1}', mtime=0)[:-4],
        gzip.compress(b'{"vantage": "paris", "sent_at": 1}', mtime=0) + b"more",
        b"\xff\xfe\n",
    ],
    ids=lambda data: repr(data[:30]),
)
def test_a_batch_that_cannot_be_read_is_refused_whole(data: bytes) -> None:
    with pytest.raises(BatchRefused):
        inbox().take("paris", data)


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "null",
        "[1]",
        '{"at": "1"}',
        "{" * 10_000,
        json.dumps({**to_json(probed(at=NOW)), "extra": 1}),
        json.dumps(to_json(probed(at=NOW))).replace("1000000.0", "1e999"),
    ],
    ids=lambda line: line[:30],
)
def test_a_line_that_is_no_record_is_refused_by_its_number(line: str) -> None:
    receipt = inbox().receive("paris", lines(line, json.dumps(to_json(probed(at=NOW)))), len)

    assert (receipt.accepted, [number for number, _ in receipt.refused]) == (1, [1])


def test_a_small_body_that_unpacks_to_everything_is_refused_before_it_takes_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "LARGEST_PLAIN", 1_000_000)
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=1)

    tracemalloc.start()
    try:
        with pytest.raises(BatchTooLarge):
            inbox().take("paris", bomb)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 10_000_000


def test_too_many_records_are_too_large() -> None:
    with pytest.raises(BatchTooLarge):
        inbox().take("paris", lines(*["{}"] * 2_001))


def test_a_token_speaks_for_its_own_vantage_only() -> None:
    with pytest.raises(WrongVantage):
        inbox().take("oslo", body(probed(at=NOW)))


def test_the_hub_knows_how_its_vantages_fare() -> None:
    box = inbox()
    head = Head("paris", NOW - 300.0, 299.9, 0.1, waiting=12, left_out_healthy=3)

    box.receive("paris", body(probed(at=NOW), probed("", at=NOW), head=head), lambda _: None)

    (heard,) = box.heard()
    assert (heard.vantage, heard.at, heard.skew) == ("paris", NOW, 300.0)
    assert (heard.head, heard.accepted, heard.refused) == (head, 1, 1)
    assert "subject" in heard.reason


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 7))
def test_whatever_is_sent_again_each_record_is_kept_once(sent: list[int], size: int) -> None:
    box, kept = inbox(), list[Evidence]()
    for start in range(0, len(sent), size):
        records = [probed(at=NOW - n) for n in sent[start : start + size]]
        box.receive("paris", body(*records), kept.extend)

    assert sorted(NOW - record.at for record in kept) == sorted(set(sent))


@given(st.binary(max_size=200))
def test_no_body_gets_past_the_gate_but_as_a_refusal(data: bytes) -> None:
    try:
        inbox().take("paris", data)
    except BatchRefused:
        return


def test_a_batch_and_a_receipt_survive_the_way() -> None:
    records = [to_payload(probed(at=NOW - n)) for n in range(3)]
    head = Head("paris", NOW, 0.5, 0.1, 3, 2, 1)
    receipt = inbox().take("paris", pack(head, records)).receipt

    assert unpack(pack(head, records)) == (head, tuple(records))
    assert receipt_from_json(json.loads(json.dumps(receipt_to_json(receipt)))) == receipt


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"refused": {}},
        {"accepted": -1, "duplicates": 0, "refused": [], "at": 1},
        {"accepted": 1, "duplicates": 0, "refused": [], "at": "now"},
        {"accepted": 1, "duplicates": 0, "refused": [5], "at": 1},
    ],
)
def test_what_is_no_receipt_is_told(data: object) -> None:
    with pytest.raises(ValueError):
        receipt_from_json(data)
