"""Rates and places are kept, shared lookups happen once, and memory stays bounded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.survey.limits.manners import _seconds
from downwind.survey.limits.pace import Bucket, Doors, network_of
from downwind.survey.memory.recent import Recent
from downwind.survey.memory.shared import FAILED_FOR, Shared


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 100),
    st.integers(1, 10),
    st.lists(st.floats(0, 0.2, allow_nan=False), min_size=1, max_size=60),
)
def test_a_bucket_never_lets_more_through_than_its_rate_and_burst(
    rate: int, burst: int, pauses: list[float]
) -> None:
    bucket = Bucket(rate, burst=burst)
    now, starts = 1000.0, []
    for pause in pauses:
        now += pause
        starts.append(now + bucket.take(now))
    for first in range(len(starts)):
        for last in range(first, len(starts)):
            allowed = burst + rate * (starts[last] - starts[first])
            assert last - first + 1 <= allowed + 1e-6


def test_a_bucket_says_when_it_is_ready_and_takes_nothing() -> None:
    bucket = Bucket(10, burst=1)
    assert bucket.ready(5.0) == 0.0
    assert bucket.take(5.0) == 0.0
    assert bucket.ready(5.0) == pytest.approx(0.1)
    assert bucket.ready(5.1) == pytest.approx(0.0)


async def test_a_door_lets_so_many_through_at_once() -> None:
    doors = Doors(2, 10_000, asyncio.get_running_loop().time)
    inside = most = 0

    async def pass_through(key: str) -> None:
        nonlocal inside, most
        async with doors.through(key):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(pass_through("a") for _ in range(7)))
    assert most == 2
    await asyncio.gather(*(pass_through(key) for key in "abcd"))
    assert most == 4


async def test_doors_that_nobody_uses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("downwind.survey.limits.pace._MOST_DOORS", 10)
    doors = Doors(1, 10_000, asyncio.get_running_loop().time)
    async with doors.through("kept"):
        for n in range(100):
            async with doors.through(str(n)):
                pass
        assert len(doors._doors) <= 11
        assert "kept" in doors._doors


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_latest_are_remembered() -> None:
    recent: Recent[int] = Recent(2)
    for n, name in enumerate("abca"):
        recent.put(name, n)
    assert [recent.get(name) for name in "abc"] == [3, None, 2]


class _Lookups:
    def __init__(self, most: int = 10) -> None:
        self.now = 0.0
        self.made: list[str] = []
        self.shared: Shared[str] = Shared(
            most, failed=lambda value: value == "failed", clock=lambda: self.now
        )

    def get(self, key: str, value: str = "found", wait: float = 0.0) -> asyncio.Future[str]:
        async def look() -> str:
            self.made.append(key)
            await asyncio.sleep(wait)
            return value

        return self.shared.get(key, look)


async def test_who_asks_at_the_same_time_shares_one_lookup() -> None:
    lookups = _Lookups()
    found = await asyncio.gather(*(lookups.get("a", wait=0.01) for _ in range(5)))
    assert found == ["found"] * 5
    assert await lookups.get("a") == "found"
    assert lookups.made == ["a"]


async def test_a_failure_is_tried_again_after_five_minutes_and_not_before() -> None:
    """RFC 9520, 3.2."""
    lookups = _Lookups()
    await lookups.get("a", "failed")
    lookups.now = FAILED_FOR - 1
    await lookups.get("a")
    assert lookups.made == ["a"]
    lookups.now = FAILED_FOR
    assert await lookups.get("a") == "found"
    lookups.now = 10 * FAILED_FOR
    await lookups.get("a")
    assert lookups.made == ["a", "a"]


async def test_only_the_latest_lookups_are_remembered_and_none_under_way_is_lost() -> None:
    lookups = _Lookups(most=3)
    slow = lookups.get("slow", wait=0.05)
    for n in range(20):
        await lookups.get(str(n))
    assert len(lookups.shared) <= 3
    assert lookups.get("slow") is slow
    assert await slow == "found"


async def test_closing_ends_what_is_under_way() -> None:
    lookups = _Lookups()
    slow: Any = lookups.get("slow", wait=60)
    await asyncio.sleep(0)
    await lookups.shared.close()
    assert slow.cancelled()


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("60", True),
        ("Wed, 21 Oct 2015 07:28:00 GMT", True),
        ("Wed, 21 Oct 201500000000000000 07:28:00 GMT", False),
        ("soon", False),
    ],
)
def test_a_server_that_asks_for_patience_in_strange_words_breaks_nothing(
    said: str, understood: bool
) -> None:
    assert (_seconds(said) is not None) is understood
