"""The mapper is walled off: it reads sockets, and nothing of the world's files."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.jobs.map import Mapped, map_walled
from downwind.model import Model
from downwind.terms import CannotMeasure
from downwind.world.client import WorldProcess
from downwind.world.form.load import load_world
from downwind.world.form.scenario import packaged

pytestmark = pytest.mark.timeout(60)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[WorldProcess]:
    """The founding world, running."""
    file = packaged("worlds")["founding"]
    async with WorldProcess.start(
        file, tmp_path / "state", deal=None, speed=480, start=1763463600.0
    ) as process:
        yield process


async def _map(world: WorldProcess, folder: Path, **more: Any) -> Mapped:
    return await map_walled(["x.test"], world.handout, folder / "log", budget=20.0, **more)


async def test_the_mapper_can_read_no_file_of_the_world_and_maps_all_the_same(
    world: WorldProcess, tmp_path: Path
) -> None:
    secrets = [
        str(packaged("worlds")["founding"]),
        str(packaged("scenarios")["cloudflare-2025-11-18"]),
        str(next(p for p in (tmp_path / "state").rglob("*") if p.is_file())),
        "/etc/hostname",
    ]
    mapped = await _map(world, tmp_path, try_to_read=secrets)
    assert mapped.walls
    assert set(mapped.tried) == set(secrets)
    assert all(outcome == "PermissionError" for outcome in mapped.tried.values()), mapped.tried
    kinds = {record.kind for _, record in mapped.records if record.value is not None}
    assert {"dns.zone", "dns.a", "tls.certificate", "http.page", "page.resources"} <= kinds


async def test_without_walls_the_same_attempt_succeeds_so_the_proof_means_something(
    world: WorldProcess, tmp_path: Path
) -> None:
    file = str(packaged("worlds")["founding"])
    mapped = await _map(world, tmp_path, try_to_read=[file], confine=False)
    assert mapped.walls == ()
    assert mapped.tried[file].startswith("read ")


async def test_the_handout_and_the_overlay_name_no_service(world: WorldProcess) -> None:
    handed = json.dumps({k: v for k, v in world.handout.items() if k != "trust"}) + world.overlay
    services = [service.name for service in load_world(packaged("worlds")["founding"]).services]
    assert len(services) >= 20
    for service in services:
        assert not re.search(rf"(?<![a-z0-9-]){re.escape(service)}", handed), service


async def test_the_catalogue_that_comes_along_names_no_service_of_a_world() -> None:
    for provider in Catalog.load().providers:
        assert provider.id not in ("x", "xchat", "signal")
        assert not provider.name.endswith(".test")


async def test_the_map_command_tells_what_a_name_stands_on(
    world: WorldProcess, tmp_path: Path
) -> None:
    (tmp_path / "handout.json").write_text(json.dumps(world.handout), encoding="utf-8")
    (tmp_path / "overlay.yaml").write_text(world.overlay, encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        options = [
            *("--network", str(tmp_path / "handout.json")),
            *("--catalog", str(tmp_path / "overlay.yaml")),
            *("--store", str(tmp_path / "store"), "--budget", "20"),
        ]
        command = [sys.executable, "-m", "downwind", "map", *words, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
        return done.returncode, done.stdout + done.stderr

    code, out = await asyncio.to_thread(run, "x.test", "--json")
    form = json.loads(out)
    assert code == 0
    assert {"cloudflare/proxy", "cloudflare/dns"} <= set(form["names"][0]["stands_on"])
    assert "lone-pine" not in out, "the origin behind the edge cannot be seen from outside"
    code, out = await asyncio.to_thread(run, "x.test")
    assert code == 0
    assert "It stands on" in out
    assert "Cloudflare" in out
    code, out = await asyncio.to_thread(run, "nobody.test")
    assert code == 3
    assert "nobody.test: nothing could be measured" in out


async def test_what_was_mapped_becomes_a_graph_whose_every_need_says_why(
    world: WorldProcess, tmp_path: Path
) -> None:
    mapped = await _map(world, tmp_path)
    graph = build_graph(mapped.records, Catalog.from_texts([world.overlay]), Model())
    for node in graph.nodes.values():
        for need in node.needs:
            assert need.why, (node.id, need.name)


async def test_a_mapper_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match=r"the mapper ended early: .*handout"):
        await map_walled(["x.test"], {}, tmp_path / "log", budget=1.0)
