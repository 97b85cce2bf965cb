"""Where the names of an edge's customers lead: through the edge, or past it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .planes import Planes, Said, running_planes

KEY = "quarry"
_TTLS = {"www.radio.test": 301.0, "wall.test": 121.0}


@pytest.fixture
async def planes(tmp_path: Path) -> AsyncIterator[Planes]:
    async with running_planes(tmp_path) as started:
        yield started


async def lead(planes: Planes, host: str, *, through_edge: bool, token: str = KEY) -> Said:
    url = f"https://desk.test/records/{host}"
    return await planes.ask("PUT", url, {"through_edge": through_edge}, token=token)


@pytest.mark.parametrize("host", list(_TTLS), ids=["an alias", "a plain host"])
async def test_a_host_is_led_past_the_edge_to_its_own_computers_and_back(
    planes: Planes, host: str
) -> None:
    others = {name: await planes.addresses(name) for name in ("bare.test", "badge.test")}
    through = await planes.addresses(host)
    assert through == others["bare.test"]
    assert "via" in (await planes.ask("GET", f"https://{host}/health")).headers

    said = await lead(planes, host, through_edge=False)
    assert (said.status, said.json) == (200, {"host": host, "through_edge": False})
    assert await planes.addresses(host) == through  # caches keep it for its TTL
    planes.later(_TTLS[host])
    assert await planes.addresses(host) != through
    past = await planes.ask("GET", f"https://{host}/health")
    assert (past.status, "via" in past.headers) == (200, False)

    planes.later(301)
    assert {name: await planes.addresses(name) for name in others} == others
    assert (await lead(planes, host, through_edge=True)).json["through_edge"] is True
    planes.later(_TTLS[host])
    assert await planes.addresses(host) == through
    assert "via" in (await planes.ask("GET", f"https://{host}/health")).headers


async def test_past_the_edge_a_host_stands_while_the_edge_fails(planes: Planes) -> None:
    await planes.break_("acme/proxy#fl1+waf", "killswitch")
    assert await planes.status("GET", "https://www.radio.test/health") == 500
    await lead(planes, "www.radio.test", through_edge=False)
    planes.later(301)
    assert await planes.status("GET", "https://www.radio.test/health") == 200
    # Its own computers are all that it stands on now.
    await planes.break_("stratus/vm/north-1", "refused")
    assert await planes.status("GET", "https://www.radio.test/health") == 0


async def test_to_lead_a_host_twice_the_same_way_changes_nothing(planes: Planes) -> None:
    for _ in range(2):
        assert (await lead(planes, "wall.test", through_edge=False)).status == 200
    planes.later(121)
    past = await planes.addresses("wall.test")
    for _ in range(2):
        assert (await lead(planes, "wall.test", through_edge=True)).status == 200
    planes.later(121)
    assert await planes.addresses("wall.test") != past


async def test_a_host_that_is_no_customer_of_the_edge_is_led_nowhere(planes: Planes) -> None:
    for host in ("shop.test", "cabinet.acme.test", "radio.test", "nowhere.test"):
        assert (await lead(planes, host, through_edge=False)).status == 404
    assert (await lead(planes, "wall.test", through_edge=False, token="guess")).status == 401
