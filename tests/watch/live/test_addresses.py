"""One dead address of several is told while the name stands, and forgotten when it is gone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.watch.live.addresses import Addresses


def _step(address: str | None, reason: str = "", **other: Any) -> list[dict[str, Any]]:
    step = {"host": "x.test", "address": address, "ok": not reason, "reason": reason, "do": "get"}
    return [{**step, "status": None, **other}]


def _turns(addresses: Addresses, dead: set[str], many: int, of: int = 4) -> None:
    for turn in range(many):
        at = f"192.0.2.{turn % of}"
        addresses.hear(_step(at, "connection refused" if at in dead else ""))


def test_a_dead_address_is_told_at_its_second_turn() -> None:
    addresses = Addresses()
    _turns(addresses, {"192.0.2.2"}, 4)
    assert addresses.words() == ""
    _turns(addresses, {"192.0.2.2"}, 4)
    assert addresses.words() == "1 of 4 addresses of x.test fails: 192.0.2.2 (connection refused)"
    _turns(addresses, set(), 4)
    assert addresses.words() == ""


def test_an_address_that_left_the_list_is_forgotten() -> None:
    addresses = Addresses()
    _turns(addresses, {"192.0.2.3"}, 8)
    assert "1 of 4" in addresses.words()
    _turns(addresses, set(), 20, of=3)
    assert addresses.words() == ""


def test_where_all_fail_it_is_no_matter_of_addresses() -> None:
    addresses = Addresses()
    _turns(addresses, {f"192.0.2.{n}" for n in range(4)}, 12)
    assert addresses.words() == ""


def test_what_a_journey_passed_over_counts_as_failed() -> None:
    addresses = Addresses()
    for _ in range(2):
        addresses.hear(_step("192.0.2.1", dead={"192.0.2.9": "dial: no connection within 1 s"}))
    assert addresses.words() == (
        "1 of 2 addresses of x.test fails: 192.0.2.9 (dial: no connection within 1 s)"
    )


def test_a_server_that_answers_with_not_found_is_there() -> None:
    addresses = Addresses()
    for _ in range(4):
        addresses.hear(_step("192.0.2.1"))
        addresses.hear(_step("192.0.2.2", "status 404 where 200 was expected", status=404))
    assert addresses.words() == ""


def test_a_resolver_is_no_address_of_the_name() -> None:
    addresses = Addresses()
    for _ in range(4):
        addresses.hear(_step("192.0.2.53", "no answer", do="dns"))
        addresses.hear(_step("192.0.2.1"))
    assert addresses.words() == ""


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["host", "address", "dead", "ok", "reason", "status", "do"]), _ANY
        ),
        max_size=10,
    )
)
def test_whatever_an_agent_tells_is_taken(steps: list[dict[str, Any]]) -> None:
    addresses = Addresses()
    addresses.hear(steps)
    assert isinstance(addresses.words(), str)


@pytest.mark.parametrize("many", [50, 5_000])
def test_what_is_held_is_little_however_many_addresses_come(many: int) -> None:
    addresses = Addresses()
    for n in range(many):
        addresses.hear(_step(f"2001:db8::{n:x}"))
    assert len(addresses._seen) <= 64
