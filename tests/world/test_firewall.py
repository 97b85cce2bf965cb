"""An edge's firewall: what it blocks, and whom the kill switch of 5 December 2025 hurts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.world.systems.firewall import ATTACKS, Firewall, RuleError

from .planes import Planes, running_planes

OLD, NEW, NONE = "https://www.radio.test", "https://wall.test", "https://bare.test"
_TEXTS = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(ATTACKS))).map("".join)


@pytest.fixture
async def planes(tmp_path: Path) -> AsyncIterator[Planes]:
    async with running_planes(tmp_path) as started:
        yield started


async def statuses(planes: Planes) -> list[int]:
    """Customers of #fl1+waf and #fl2+waf, and one without a variant."""
    return [await planes.status("GET", f"{base}/health") for base in (OLD, NEW, NONE)]


@pytest.mark.parametrize("attack", ATTACKS)
async def test_each_managed_rule_blocks_its_attack_where_the_firewall_is_on(
    planes: Planes, attack: str
) -> None:
    body = {"item": f"a kettle {attack}", "quantity": 1}
    blocked = await planes.ask("POST", f"{OLD}/orders", body)
    assert (blocked.status, blocked.headers["server"]) == (403, "acme")
    assert await planes.status("POST", f"{NEW}/orders", body) == 403
    assert await planes.status("POST", f"{NONE}/orders", body) == 201
    assert await planes.status("POST", f"{OLD}/orders", {"item": "a kettle"}) == 201


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("acme/proxy#fl1+waf", [500, 200, 200]),
        ("acme/proxy#waf", [500, 500, 200]),
        ("acme/proxy", [500, 500, 200]),
        ("acme", [500, 500, 200]),
    ],
)
async def test_the_kill_switch_panics_only_in_the_variants_that_meet_the_fault(
    planes: Planes, scope: str, found: list[int]
) -> None:
    assert await statuses(planes) == [200, 200, 200]
    await planes.break_(scope, "killswitch")
    assert await statuses(planes) == found
    page = await planes.ask("GET", f"{OLD}/health")
    assert b"acme inside" in page.body
    await planes.mend(scope)
    assert await statuses(planes) == [200, 200, 200]
    attack = {"item": ATTACKS[0]}
    assert await planes.status("POST", f"{OLD}/orders", attack) == 403


async def test_the_kill_switch_leaves_those_without_firewall_and_their_bot_filter_alone(
    planes: Planes,
) -> None:
    await planes.break_("acme/proxy#fl1+waf", "killswitch")
    assert await planes.status("GET", "https://badge.test/health") == 200
    await planes.break_("acme/proxy#fl2+bots", "feature-file", updated=1.0)
    assert await statuses(planes) == [500, 200, 200]


@given(text=_TEXTS)
def test_without_the_kill_switch_no_request_makes_it_panic(text: str) -> None:
    found = Firewall().blocks(text)
    assert (found is not None) == any(part in text for part in (*ATTACKS, "x-internal-test"))


@given(text=_TEXTS)
def test_killed_it_lets_nothing_through_and_switched_on_again_it_is_as_before(text: str) -> None:
    firewall = Firewall()
    before = firewall.blocks(text)
    firewall.kill_test_rule(killed=True)
    if not any(attack in text for attack in ATTACKS):
        with pytest.raises(RuleError, match="internal test"):
            firewall.blocks(text)
    else:
        assert firewall.blocks(text) is not None
    firewall.kill_test_rule(killed=False)
    assert firewall.blocks(text) == before


@given(text=_TEXTS)
def test_a_plain_rule_that_is_switched_off_is_skipped_and_nothing_else(text: str) -> None:
    firewall = Firewall()
    firewall.switch_off(["managed 1"])
    found = firewall.blocks(text.replace(ATTACKS[0], ""))
    assert found == Firewall().blocks(text.replace(ATTACKS[0], ""))
    assert firewall.blocks(ATTACKS[0]) is None
