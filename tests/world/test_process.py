"""The process of a world: its orders, what it hands out, and how it ends."""

import asyncio
import json
import stat
import time
from pathlib import Path

import pytest

from downwind.catalog import Catalog
from downwind.model import model_from_texts
from downwind.observe.network import Network
from downwind.terms import State, WorldError
from downwind.watch import Watch, watch_rounds
from downwind.world.client import WorldProcess
from downwind.world.form.scenario import packaged

from .conftest import SMALL, START, Starter


async def test_overlay_and_dial_map_name_no_service(start_world: Starter) -> None:
    async with start_world() as outside:
        world = outside.world
        handout = json.dumps({k: v for k, v in world.handout.items() if k != "trust"})
        assert world.names == ["news.test", "www.plain.test", "shop.test", "old.shop.test"]
        for label in ("news", "plain", "shop"):
            assert label not in handout
            assert label not in world.overlay


async def test_observers_wait_a_second_at_least_and_look_at_many_at_once(
    start_world: Starter,
) -> None:
    journey = "journey: [{do: get, url: 'https://news.test/health'}]"
    many = ", ".join(f"{{id: c{n}, {journey}}}" for n in range(12))
    model = model_from_texts([("m", f"services: [{{name: news.test, capabilities: [{many}]}}]")])
    async with start_world(speed=500) as outside:
        network = Network.from_handout(outside.world.handout)
        await outside.tell("break", "acme/proxy", "silent")
        began = time.monotonic()
        watch = Watch(model, network, every=60)
        rounds = [r async for r in watch_rounds(watch, network.clock.now() + 1)]
        assert [set(r.states().values()) for r in rounds] == [{State.DOWN}]
        assert 1.0 <= time.monotonic() - began < 2.5


async def test_the_overlay_tells_product_and_region_of_every_address(start_world: Starter) -> None:
    async with start_world() as outside:
        catalog = Catalog.from_texts([outside.world.overlay])
        address = (await outside.resolve("tables.east-1.nimbus.test")).answer[0][0].address
        match = catalog.address(address)[0]
        assert (match.provider, match.product, match.region) == ("nimbus", "tables", "east-1")
        assert catalog.name_server("ns1.names.zephyr.test")[0].provider == "zephyr"
        assert catalog.cname("x.proxy.acme.test")[0].product == "proxy"
        assert catalog.issuer("Nimbus Trust")[0].provider == "nimbus"
        assert catalog.headers({"x-ray": "8f3a-PAR"})[0].provider == "acme"


async def test_an_order_that_makes_no_sense_is_refused_and_the_world_goes_on(
    start_world: Starter,
) -> None:
    async with start_world() as outside:
        for do, scope, mode, said in (
            ("burn", "acme", "", "nobody knows the order 'burn'"),
            ("break", "acme/proxy", "sleepy", "acme/proxy knows no mode 'sleepy'; it knows errors"),
            ("break", "fog", "errors", "the world holds nothing at fog"),
            ("break", "acme/proxy#bots", "silent", "a variant can have errors, feature-file"),
            ("break", "acme/proxy#bots", "refused", "a variant can have errors, feature-file"),
            ("break", "acme/dns#bots", "errors", "nothing there is an edge"),
            ("break", "a b", "errors", "'a b' is not a scope"),
            ("set", "acme", "", "no fault is on acme"),
        ):
            with pytest.raises(WorldError, match=said):
                await outside.tell(do, scope, mode)
        with pytest.raises(WorldError, match="share is 7"):
            await outside.tell("break", "acme", "errors", share=7)
        assert (await outside.tell("mend", "acme"))["mended"] == []
        assert (await outside.get("https://news.test/health")).status == 200


async def test_its_folder_is_closed_to_others_and_holds_the_data(
    start_world: Starter, tmp_path: Path
) -> None:
    async with start_world() as outside:
        body = {"item": "ink", "quantity": 1}
        assert (await outside.get("https://shop.test/orders", "POST", json=body)).status == 201
    state = tmp_path / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert (state / "nimbus-tables-east-1" / "tables.sqlite").is_file()
    assert b"ink" in b"".join(f.read_bytes() for f in state.glob("nimbus-tables-east-1/*"))


async def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    world = WorldProcess.start(SMALL, tmp_path / "state", start=START)
    async with world as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        async with asyncio.timeout(10):
            assert await running.process.wait() == 0


async def test_a_wrong_world_file_is_told_by_the_process(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(SMALL.read_text().replace("app: website", "app: oracle", 1))
    with pytest.raises(WorldError, match="there is no application 'oracle'"):
        async with WorldProcess.start(file, tmp_path / "state"):
            pass


@pytest.mark.parametrize("name", sorted(packaged("worlds")))
async def test_a_world_that_comes_along_starts_quickly_in_every_deal(
    name: str, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    for seed in (None, 1, 2):
        began = loop.time()
        file = packaged("worlds")[name]
        async with WorldProcess.start(file, tmp_path / "state", deal=seed) as world:
            assert loop.time() - began < 10
            Network.from_handout(world.handout)
            Catalog.from_texts([world.overlay])
