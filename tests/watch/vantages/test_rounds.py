"""Orders, the rounds by which they are probed, and the clock they are dated by."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe import Clock
from downwind.terms import CannotMeasure, Evidence
from downwind.watch.vantages import Order, Orders, orders_to_json
from downwind.watch.vantages.clock import Offset, OffsetMeter
from downwind.watch.vantages.orders import orders_from_json
from downwind.watch.vantages.rounds import Prober, Rounds

from .probes import probed

FEED = Order("x.test/feed", "http", 30.0, 10.0, {"url": "https://x.test/"})


def test_orders_survive_the_way() -> None:
    orders = Orders("paris", (FEED, Order("name:x.test", "dns", 60, 3, {})), 12.5)

    assert orders_from_json(json.loads(json.dumps(orders_to_json(orders))), "paris") == orders


def test_the_version_changes_with_the_orders_only() -> None:
    assert Orders("a", (FEED,), 1.0).version == Orders("a", (FEED,), 2.0).version
    assert Orders("a", (FEED,), 1.0).version != Orders("a", (), 1.0).version


GOOD: dict[str, Any] = {
    "target": "x",
    "kind": "http",
    "interval_s": 30,
    "timeout_s": 10,
    "probe": {},
}


BAD: tuple[dict[str, Any], ...] = (
    {"target": ""},
    {"target": 5},
    {"target": "x" * 513},
    {"kind": "ping"},
    {"kind": []},
    {"interval_s": 0.5},
    {"interval_s": "30"},
    {"interval_s": True},
    {"interval_s": float("inf")},
    {"timeout_s": 0},
    {"timeout_s": 30},
    {"probe": []},
    {"probe": {"url": "x" * 70_000}},
)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"vantage": "oslo", "orders": [], "at": 1},
        {"vantage": "paris", "orders": {}, "at": 1},
        {"vantage": "paris", "orders": [], "at": "now"},
        {"vantage": "paris", "orders": [], "at": float("nan")},
        {"vantage": "paris", "orders": [5], "at": 1},
        {"vantage": "paris", "orders": [GOOD, GOOD], "at": 1},
        *({"vantage": "paris", "at": 1, "orders": [{**GOOD, **change}]} for change in BAD),
    ],
    ids=lambda data: repr(data)[-60:],
)
def test_orders_that_cannot_be_read_are_told(data: object) -> None:
    with pytest.raises(CannotMeasure, match="orders cannot be read"):
        orders_from_json(data, "paris")


class Slow:
    """A probe that takes its time, and counts how many run at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.running = self.most = self.done = 0

    async def __call__(self, order: Order) -> Evidence:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.seconds)
            self.done += 1
            return probed(order.target)
        finally:
            self.running -= 1


async def turn(rounds: Rounds, seconds: float) -> None:
    task = asyncio.create_task(rounds.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def rounds_of(probe: Prober, heard: Callable[[Evidence, bool], None], at_once: int = 64) -> Rounds:
    clock = Clock(scenario=1_000.0, monotonic=time.monotonic(), speed=20.0, floor=2.0)
    return Rounds(probe, clock, "paris", heard, at_once)


def nobody(_: Evidence, __: bool) -> None:
    """Hears nothing."""


async def test_a_probe_that_still_runs_is_not_started_again_and_none_outlives_the_rounds() -> None:
    slow = Slow(0.4)
    rounds = rounds_of(slow, nobody)
    rounds.set([Order("x", "http", 1.0, 0.9)])

    await turn(rounds, 0.6)

    assert (slow.most, slow.running) == (1, 0)
    assert rounds.schedule.counts().skipped >= 5


async def test_no_more_probes_than_allowed_are_under_way() -> None:
    slow = Slow(0.05)
    rounds = rounds_of(slow, nobody, at_once=3)
    rounds.set([Order(f"x{n}", "http", 2.0, 1.0) for n in range(20)])

    await turn(rounds, 0.4)

    assert slow.most == 3


async def test_new_orders_come_in_and_old_ones_go() -> None:
    heard: list[str] = []
    rounds = rounds_of(Slow(0.0), lambda evidence, _: heard.append(evidence.subject))
    rounds.set([Order("a", "http", 1.0, 0.9), Order("b", "http", 1.0, 0.9)])
    await turn(rounds, 0.15)
    assert set(heard) == {"a", "b"}
    heard.clear()

    rounds.set([Order("a", "http", 1.0, 0.9), Order("c", "http", 1.0, 0.9)])
    await turn(rounds, 0.15)

    assert set(heard) == {"a", "c"}


@given(
    st.floats(-10_000, 10_000),
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=20),
)
def test_the_true_offset_lies_within_what_is_told(
    skew: float, ways: list[tuple[float, float]]
) -> None:
    meter = OffsetMeter()
    now = 1_000_000.0
    for there, back in ways:
        meter.heard(now, now + there + back, now + there + skew)
        now += 60.0

    found = meter.offset(now)

    assert found is not None
    assert abs(found.seconds - skew) <= found.within + 1e-6
    assert found.within <= min(sum(way) for way in ways[-8:]) / 2 + 1e-6


def test_a_clock_that_was_set_meanwhile_is_measured_anew() -> None:
    meter = OffsetMeter()
    meter.heard(1_000.0, 1_000.01, 1_000.0)
    meter.heard(1_060.0, 1_061.0, 4_660.0)

    found = meter.offset(1_061.0)

    assert found is not None
    assert found.seconds == pytest.approx(3_599.5)
    assert found.skewed


def test_before_the_first_measurement_there_is_none() -> None:
    assert OffsetMeter().offset(5.0) is None


def test_what_an_earlier_process_measured_counts_until_there_is_better() -> None:
    meter = OffsetMeter()
    meter.restore(Offset(100.0, 0.1, 5.0))
    assert meter.offset(90_000.0) == Offset(100.0, 0.1, 5.0)

    meter.heard(90_000.0, 90_000.2, 90_100.1)

    found = meter.offset(90_001.0)
    assert found is not None
    assert found.seconds == pytest.approx(100.0)
    assert found.within == pytest.approx(0.1)
