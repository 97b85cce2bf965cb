"""A list is mapped into a log: nothing is lost or done twice, whatever ends the run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest

from downwind.evidence.log import EvidenceLog, read
from downwind.jobs.survey import Surveyed, map_list
from downwind.observe.network import Network
from downwind.survey.names_file import NamesFile
from downwind.survey.run import Progress
from downwind.terms import CannotMeasure, DownwindError, Evidence, Seen, UsageError
from tests.observe.tinynet import RESOLVER, TinyInternet, plain_answering, usual

from .look import FAST


def _list(tmp_path: Path, *names: str) -> NamesFile:
    file = tmp_path / "list.txt"
    file.write_text("".join(f"{name}\n" for name in names))
    return NamesFile(file)


async def _map(
    names: NamesFile, network: Network, store: Path, *, told: list[Any] | None = None, **how: Any
) -> Surveyed:
    def heard(progress: Progress, before: int) -> None:
        if told is not None:
            told.append((progress.tally.done, before))

    return await map_list(names, network, store, limits=FAST, heard=heard, **how)


def _done(store: Path) -> Counter[str]:
    return Counter(e.subject for _, e in read(store) if e.kind == "survey.name")


async def test_every_name_of_a_list_is_mapped_once(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        names = _list(tmp_path, "x.test", "none.test", "# skipped", "www.x.test", "x.test", "a b")
        surveyed = await _map(names, net.network(), tmp_path / "store")
    assert _done(tmp_path / "store") == {"x.test": 1, "none.test": 1, "www.x.test": 1}
    tally = surveyed.progress.tally
    assert (tally.done, tally.seen, tally.absent, tally.unknown) == (3, 2, 1, 0)
    assert (surveyed.read.repeats, surveyed.read.broken) == (1, 1)


async def test_an_empty_folder_may_be_the_store(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")
    assert _done(tmp_path / "store") == {"x.test": 1}


async def test_two_runs_at_once_do_not_share_a_store(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        with (
            EvidenceLog(tmp_path / "store"),
            pytest.raises(UsageError, match="Another process"),
        ):
            await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")


async def test_labels_and_lines_stay_with_the_name(tmp_path: Path) -> None:
    file = tmp_path / "sites.tsv"
    file.write_text("rank\tdomain\n7\tx.test\n")
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        await _map(NamesFile(file), net.network(), tmp_path / "store")
    (value,) = (e.value for _, e in read(tmp_path / "store") if e.kind == "survey.name")
    assert value is not None
    assert (value["line"], value["labels"]) == (2, {"rank": "7"})


async def test_unknown_names_are_counted_with_the_reason(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        net.recursion.fail["x.test"] = (22, "nobody there")
        await net.resolver()
        surveyed = await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")
    tally = surveyed.progress.tally
    assert (tally.unknown, tally.seen) == (1, 0)
    assert tally.reasons == {"SERVFAIL (extended error 22 nobody there)": 1}


async def test_a_finished_survey_is_begun_anew_the_next_time(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        for _ in range(2):
            surveyed = await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")
            assert surveyed.before == 0
    assert _done(tmp_path / "store") == {"x.test": 2}


def _cut(store: Path, kept: Iterable[Evidence]) -> None:
    with EvidenceLog(store) as log:
        log.append_many(kept)


async def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        names = ("x.test", "ads.test", "www.x.test")
        await _map(_list(tmp_path, *names), net.network(), tmp_path / "whole")
        records = [record for _, record in read(tmp_path / "whole")]
        first = next(n for n, each in enumerate(records) if each.kind == "survey.name")
        _cut(tmp_path / "store", records[: first + 1])
        surveyed = await _map(_list(tmp_path, *names), net.network(), tmp_path / "store")
    assert surveyed.before == 1
    assert surveyed.progress.tally.done == 2
    assert _done(tmp_path / "store") == dict.fromkeys(names, 1)


@pytest.mark.parametrize("how", [{"afresh": True}, {"looked_at": ("tls",)}])
async def test_it_does_not_go_on_where_something_else_is_asked_for(
    tmp_path: Path, how: dict[str, Any]
) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        begun = Evidence("list.txt ", "survey.begun", Seen({"looked_at": []}), 1.0, "test")
        done = Evidence("x.test", "survey.name", Seen({}), 2.0, "test")
        _cut(tmp_path / "store", [begun, done])
        surveyed = await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store", **how)
    assert surveyed.before == 0
    assert surveyed.progress.tally.done == 1


async def test_an_interrupted_run_keeps_what_is_done(tmp_path: Path) -> None:
    begun = asyncio.Event()

    def heard(progress: Progress, _: int) -> None:
        if progress.tally.done:
            begun.set()

    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        network, store = net.network(), tmp_path / "store"
        names = _list(tmp_path, *(f"n{n}.x.test" for n in range(300)))
        slow = replace(FAST, names_at_once=5, queries=200.0)
        task = asyncio.create_task(map_list(names, network, store, limits=slow, heard=heard))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = sum(_done(store).values())
        surveyed = await _map(names, network, store)
    assert 0 < before < 300
    assert surveyed.before == before
    assert _done(store) == dict.fromkeys((f"n{n}.x.test" for n in range(300)), 1)


async def test_without_a_resolver_nothing_is_begun(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        net.dial[RESOLVER] = {"udp/53": ["127.0.0.1", 1]}
        with pytest.raises(CannotMeasure, match="No resolver answers"):
            await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")
    assert _done(tmp_path / "store") == {}


async def test_a_resolver_that_knows_not_even_the_root_is_not_believed_of_names(
    tmp_path: Path,
) -> None:
    def nobody(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    async with TinyInternet(tmp_path, speed=1) as net:
        await net.name_server(RESOLVER, plain_answering(nobody))
        with pytest.raises(CannotMeasure, match=r"does not know the root's name servers"):
            await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")
    assert _done(tmp_path / "store") == {}


async def test_a_resolver_that_goes_away_ends_the_run_and_blames_no_name(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async with TinyInternet(tmp_path, speed=20, floor=0.2) as net:
        await usual(net)
        answer = net.recursion.answer

        def dying(wire: bytes) -> Iterable[bytes]:
            asked.append(wire)
            return plain_answering(answer)(wire) if len(asked) < 60 else []

        await net.name_server(RESOLVER, dying)
        names = _list(tmp_path, *(f"n{n}.x.test" for n in range(200)))
        with pytest.raises(CannotMeasure, match="No resolver answers"):
            await _map(names, net.network(), tmp_path / "store")
    kept = [e for _, e in read(tmp_path / "store") if e.kind == "survey.name"]
    assert len(kept) < 200
    assert not any(record.kind == "survey.ended" for _, record in read(tmp_path / "store"))


async def test_a_log_that_takes_no_more_ends_the_run_with_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DownwindError("The evidence log could not be written: the disk is full.")

    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        monkeypatch.setattr(EvidenceLog, "append_many", full)
        monkeypatch.setattr(EvidenceLog, "append", lambda *_: "")
        with pytest.raises(DownwindError, match="the disk is full"):
            await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store")


async def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        with pytest.raises(UsageError, match="No such file"):
            await _map(NamesFile(tmp_path / "none"), net.network(), tmp_path / "store")


async def test_how_far_it_is_is_told_meanwhile(tmp_path: Path) -> None:
    told: list[Any] = []
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        await _map(_list(tmp_path, "x.test"), net.network(), tmp_path / "store", told=told)
    assert told[-1] == (1, 0)
