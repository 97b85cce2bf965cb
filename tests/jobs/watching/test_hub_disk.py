"""A hub whose disk takes nothing acknowledges nothing, and does not know what it did not take."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from downwind.evidence.log import EvidenceLog
from downwind.evidence.records import evidence_id, to_payload
from downwind.jobs.watching.hub import LiveHub
from downwind.jobs.watching.remembering import remember
from downwind.terms import CannotMeasure, DownwindError, Evidence
from downwind.watch.history import GroupKeeper, WatchStore
from downwind.watch.history.position import START, read_since
from downwind.watch.vantages import Inbox
from downwind.watch.vantages.batch import Head, pack
from downwind.watch.vantages.inbox import PART
from tests.watch.vantages.probes import probed

NOW = 1_000_000.0
BATCH = [probed(str(n), NOW - n, vantage="paris") for n in range(3)]
BODY = pack(Head("paris", NOW), [to_payload(each) for each in BATCH])


class Home:
    """The hub on a store, an inbox and a keeper, and what came to count."""

    def __init__(self, folder: Path) -> None:
        self.store = WatchStore(folder, lambda: NOW, retry_every=0.0)
        self.inbox = Inbox(lambda: NOW)
        self.heard: list[Evidence] = []
        self.keeper = GroupKeeper(self.store)
        remember(self.store, self.inbox, "here")

        async def whole(keeping: Awaitable[Any]) -> Any:
            return await keeping

        watcher = SimpleNamespace(
            parts=SimpleNamespace(
                inbox=self.inbox, keeper=self.keeper, store=self.store, book=None
            ),
            live=SimpleNamespace(hear=self.heard.append),
            house=SimpleNamespace(whole=whole),
        )
        self.hub = LiveHub(cast(Any, watcher))

    def logged(self) -> list[str]:
        records = (record for _, record in read_since(self.store.log_directory, START))
        return [evidence_id(each) for each in records if each.vantage == "paris"]


def _no_room(*_: object) -> None:
    raise DownwindError("the disk is full")


async def test_a_hub_whose_disk_fills_and_that_is_killed_takes_the_batch_when_it_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    await home.keeper.keep([probed("own", NOW, vantage="here")])
    place = home.store.place()
    assert place is not None
    with monkeypatch.context() as full:
        full.setattr(EvidenceLog, "append_many", _no_room)
        with pytest.raises(CannotMeasure):
            await home.hub.take_evidence("paris", BODY)
    # A snapshot has its place from before the disk was full, and its parts from afterwards.
    assert home.store.snapshot({PART: home.inbox.to_bytes()}, place)
    home.store._buffer._plain.clear()  # killed: what is in memory is gone
    home.store.close()

    again = Home(tmp_path)
    receipt = await again.hub.take_evidence("paris", BODY)

    assert (receipt.accepted, receipt.duplicates) == (3, 0)
    assert again.logged() == [evidence_id(each) for each in BATCH]
    again.store.close()


async def test_what_comes_again_once_the_disk_has_room_counts_and_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(EvidenceLog, "append_many", _no_room)
        for _ in range(3):
            with suppress(CannotMeasure):
                await home.hub.take_evidence("paris", BODY)
            assert not await home.keeper.keep([probed("own", NOW, vantage="here")])
    assert home.heard == []
    assert home.store.try_again()

    receipt = await home.hub.take_evidence("paris", BODY)

    assert receipt.accepted == 3
    assert {evidence_id(each) for each in home.heard} == {evidence_id(each) for each in BATCH}
    assert sorted(home.logged()) == sorted(evidence_id(each) for each in BATCH)
    home.store.close()
