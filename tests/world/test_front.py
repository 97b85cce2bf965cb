"""A key-value product behind its provider's own edge, and the way past it when the edge fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .planes import Planes, running_planes

NAME = "cabinet.acme.test"
KEY = f"https://{NAME}/t/notes/one"
EDGE = "acme/proxy#fl2+bots"
TTL = 6.0


@pytest.fixture
async def planes(tmp_path: Path) -> AsyncIterator[Planes]:
    async with running_planes(tmp_path) as started:
        yield started


async def test_its_name_leads_to_the_edge_and_its_answers_show_it(planes: Planes) -> None:
    assert await planes.addresses(NAME) == await planes.addresses("bare.test")
    said = await planes.ask("PUT", KEY, {"value": 1}, account="ada")
    assert (said.status, said.headers["server"], said.headers["via"]) == (
        200,
        "acme",
        "1.1 Acme proxy",
    )


async def test_it_falls_with_the_edge_until_it_is_led_past_it_and_back(planes: Planes) -> None:
    through = await planes.addresses(NAME)
    await planes.break_(EDGE, "feature-file", updated=1.0)
    assert await planes.status("PUT", KEY, {"value": 1}, account="ada") == 500
    assert await planes.status("GET", "https://badge.test/health") == 503

    await planes.set(EDGE, bypass=True)
    assert await planes.addresses(NAME) == through  # until the answer has run out
    planes.later(TTL)
    assert await planes.addresses(NAME) != through
    past = await planes.ask("PUT", KEY, {"value": 2}, account="ada")
    assert (past.status, "via" in past.headers) == (200, False)
    assert await planes.status("GET", "https://badge.test/health") == 200

    await planes.set(EDGE, bypass=False)
    planes.later(TTL)
    assert await planes.addresses(NAME) == through
    assert await planes.status("GET", KEY, account="ada") == 500
    await planes.mend(EDGE)
    again = await planes.ask("GET", KEY, account="ada")
    assert (again.status, again.json, again.headers["server"]) == (200, 2, "acme")


async def test_a_fault_mended_while_it_is_led_past_the_edge_leads_it_through_again(
    planes: Planes,
) -> None:
    through = await planes.addresses(NAME)
    await planes.break_(EDGE, "errors", bypass=True)
    planes.later(TTL)
    assert await planes.addresses(NAME) != through
    await planes.mend(EDGE)
    planes.later(TTL)
    assert await planes.addresses(NAME) == through


@pytest.mark.parametrize("scope", ["acme/proxy#fl1+waf", "acme/proxy#fl2+waf"])
async def test_a_fault_that_its_variant_does_not_meet_moves_nothing(
    planes: Planes, scope: str
) -> None:
    through = await planes.addresses(NAME)
    await planes.break_(scope, "errors", bypass=True)
    planes.later(TTL)
    assert await planes.addresses(NAME) == through
    assert await planes.status("PUT", KEY, {"value": 1}, account="ada") == 200


async def test_past_the_edge_it_still_falls_with_its_own_faults(planes: Planes) -> None:
    await planes.break_(EDGE, "errors", bypass=True)
    planes.later(TTL)
    await planes.break_("acme/cabinet", "empty-record")
    planes.later(TTL)
    assert await planes.status("GET", KEY, account="ada") == 0
    await planes.mend("acme/cabinet")
    planes.later(61)
    assert await planes.status("GET", KEY, account="ada") == 404
