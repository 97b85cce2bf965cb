"""What is asked of a vantage at once reaches it once, soon, and never late."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from downwind.evidence.log import EvidenceLog
from downwind.terms import CannotMeasure
from downwind.watch.vantages import Inbox, Order
from downwind.watch.vantages.confirmations import (
    FRESH,
    MOST,
    Asked,
    Confirmations,
    asked_from_json,
    asked_to_json,
)

from .hubserver import HubServer
from .test_agent import Prober, clock, options, running, until


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


async def test_each_is_told_once_to_its_vantage_and_a_target_once_in_an_answer() -> None:
    asked = Confirmations(SetClock())
    for target in ("a", "b", "a"):
        asked.ask("paris", target)
    asked.ask("oslo", "c")
    first = await asked.after("paris", 0, 0)
    assert first.targets == ("a", "b")
    assert (await asked.after("paris", first.number, 0)).targets == ()
    asked.ask("paris", "a")
    assert (await asked.after("paris", first.number, 0)).targets == ("a",)
    assert (await asked.after("oslo", 0, 0)).targets == ("c",)


async def test_whoever_waits_is_told_at_once() -> None:
    asked = Confirmations(SetClock())
    waiting = asyncio.create_task(asked.after("paris", 0, 20))
    await asyncio.sleep(0.01)
    asked.ask("oslo", "b")
    await asyncio.sleep(0.01)
    assert not waiting.done()
    asked.ask("paris", "a")
    async with asyncio.timeout(1):
        assert (await waiting).targets == ("a",)


async def test_one_question_of_a_vantage_waits_and_the_next_ends_it() -> None:
    asked = Confirmations(SetClock())
    waiting = [asyncio.create_task(asked.after("paris", 0, 20)) for _ in range(50)]
    await asyncio.sleep(0.05)
    assert [task.done() for task in waiting] == [*[True] * 49, False]
    asked.ask("paris", "a")
    assert (await waiting[-1]).targets == ("a",)


async def test_what_is_stale_is_not_told() -> None:
    now = SetClock()
    asked = Confirmations(now)
    asked.ask("paris", "old")
    now.at += FRESH + 1
    asked.ask("paris", "new")
    assert (await asked.after("paris", 0, 0)).targets == ("new",)


async def test_only_the_latest_are_kept() -> None:
    asked = Confirmations(SetClock())
    for number in range(MOST + 10):
        asked.ask("paris", str(number))
    told = (await asked.after("paris", 0, 0)).targets
    assert told == tuple(str(number) for number in range(10, MOST + 10))


async def test_a_number_of_an_earlier_or_a_later_hub_hides_nothing() -> None:
    now = SetClock()
    before = (await Confirmations(now).after("paris", 0, 0)).number
    now.at += 60
    asked = Confirmations(now)
    asked.ask("paris", "a")
    for number in (before, 2**52):
        assert (await asked.after("paris", number, 0)).targets == ("a",)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"number": "1", "targets": []},
        {"number": True, "targets": []},
        {"number": 1.5, "targets": []},
        {"number": 1},
        {"number": 1, "targets": "ab"},
        {"number": 1, "targets": [1]},
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_told(data: Any) -> None:
    with pytest.raises(CannotMeasure):
        asked_from_json(data)


def test_the_json_form_goes_there_and_back() -> None:
    asked = Asked(17, ("x.test/feed", "b"))
    assert asked_from_json(asked_to_json(asked)) == asked


async def test_an_agent_probes_at_once_what_it_is_asked_for_and_the_hub_has_it_soon(
    tmp_path: Path,
) -> None:
    orders = (Order("x.test/feed", "http", 3_600.0, 0.9, {"url": "https://x.test/"}),)
    prober = Prober(clock())
    with EvidenceLog(tmp_path / "hub") as log:
        hub = HubServer(log, Inbox(now=clock().now), orders)
        async with hub, running(options(tmp_path, hub, probe=prober, send_every=60.0)):
            await until((tmp_path / "vantage" / "orders.json").exists)
            before, began = prober.count, time.monotonic()
            hub.confirmations.ask("paris", "x.test/feed")
            hub.confirmations.ask("paris", "what nobody ordered")
            await until(lambda: len(hub.bodies) > before)
            assert time.monotonic() - began < 3.0
            assert prober.count == before + 1
