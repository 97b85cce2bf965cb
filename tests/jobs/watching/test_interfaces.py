"""A running watch tells of its own alert routes, takes maintenance back, and refuses typos."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from downwind.catalog import Catalog
from downwind.jobs.watching import LiveHub, Watcher, WatchOptions, watching
from downwind.model import Model
from downwind.model.watching import Token
from downwind.observe import Network
from downwind.show.web import build_app, check_bind, serving, tokens_of
from downwind.terms import UsageError
from tests.observe.tinynet import TinyInternet, page, usual
from tests.prometheus import ask, needs_prometheus, prometheus

SECRET = "a-token-for-the-tests-alone"
FAR = "2050-01-01T00:00:00Z"
CATALOG = """
id: cloud
name: Cloud Company
owner: "Cloud Company, Inc."
products: [{id: compute, role: cloud, name: Compute}, {id: storage, role: cloud, name: Storage}]
"""
CHAT = {"name": "chat", "webhook": "https://chat.x.test/"}
PAGER = {"webhook": "https://pager.x.test/", "providers": ["cloud/compute"]}
"""Without a name it is called webhook."""
CDN = {"webhook": "https://x.edge.cdn.test/"}


@asynccontextmanager
async def _internet(folder: Path) -> AsyncIterator[TinyInternet]:
    async with TinyInternet(folder, speed=60.0) as net:
        await usual(net, "www2 A 198.18.8.1", "chat A 198.18.9.1", "pager A 198.18.9.2")
        await net.resolver()
        await net.web("198.18.8.1", page("hello"), tls=net.certificate("www2.x.test"))
        yield net


@asynccontextmanager
async def _watching(
    net: TinyInternet, folder: Path, told: list[str] | None = None, **watch: Any
) -> AsyncIterator[Watcher]:
    page = {"id": "page", "probes": [{"http": "https://www2.x.test/"}]}
    settings = {"map_every": 0, "catalog_feeds": False, "domains": {"ask": False}, **watch}
    options = WatchOptions(
        Model.model_validate(
            {"services": [{"name": "x.test", "capabilities": [page]}], "watch": settings}
        ),
        Network.from_handout(net.handout()),
        Catalog.from_texts([CATALOG]),
        folder / "watch",
        told=(told if told is not None else []).append,
    )
    async with watching(options) as watcher:
        yield watcher


async def test_alert_routes_are_mapped_and_those_that_fall_together_are_told(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    async with (
        _internet(tmp_path) as net,
        _watching(net, tmp_path, told, alerts=[CHAT, PAGER, CDN]) as watcher,
    ):
        await watcher.changed()
        seen = watcher.picture.watcher
        chat, pager, cdn = seen.routes
        assert [each.name for each in seen.routes] == ["chat", "webhook", "webhook-2"]
        assert (chat.apart, pager.apart) == (("webhook-2",), ("webhook-2",))
        assert cdn.apart == ("chat", "webhook")
        assert [each.partition(", route")[0] for each in chat.shares] == ["webhook, by zone:x.test"]
        assert seen.alerting == "chat and webhook-2 share nothing that is known."
        graph = watcher.live.setting.graph
        assert "cloud/compute" in graph.reach("alert:webhook")
        assert not [line for line in told if "route" in line]


@needs_prometheus
async def test_a_real_prometheus_scrapes_a_running_watch_with_a_token_that_reads(
    project: Path, tmp_path: Path
) -> None:
    rules = project / "docs" / "grafana" / "alert-rules.yaml"
    wanted = [Token(name="prometheus", token=SECRET, may="read")]
    access = replace(check_bind("127.0.0.1", tokens_of(wanted, ())), open_reads=False)
    async with (
        _internet(tmp_path) as net,
        _watching(net, tmp_path, alerts=[CHAT, CDN]) as watcher,
        serving(build_app(LiveHub(watcher), access), "127.0.0.1", 0) as served,
        prometheus(tmp_path, served.removeprefix("http://"), rules, SECRET) as url,
        aiohttp.ClientSession() as client,
    ):
        for _ in range(100):
            if await ask(client, url, 'downwind_target_up{target="x.test/page"} == 1'):
                break
            await asyncio.sleep(0.2)
        (up,) = await ask(client, url, 'downwind_target_up{target="x.test/page"}')
        assert up["value"][1] == "1"
        apart = await ask(client, url, "downwind_alert_route_apart == 1")
        assert {each["metric"]["route"] for each in apart} == {"chat", "webhook"}
        assert await ask(client, url, "ALERTS{alertstate='firing'}") == []


async def test_routes_that_all_fall_with_one_cause_are_told_to_who_starts_it(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    async with (
        _internet(tmp_path) as net,
        _watching(net, tmp_path, told, alerts=[CHAT, PAGER]),
    ):
        (line,) = (line for line in told if "alert routes" in line)
        assert line.startswith("All alert routes fall with zone:x.test")


async def test_maintenance_is_planned_taken_back_and_forgotten_with_the_model(
    tmp_path: Path,
) -> None:
    planned = {"service": "cloud", "begins": "2026-01-01T00:00:00Z", "ends": FAR}
    async with _internet(tmp_path) as net:
        async with _watching(net, tmp_path, maintenance=[planned]) as watcher:
            hub = LiveHub(watcher)
            until = watcher.now() + 3600
            id = await hub.maintenance("ana", {"service": "x.test/page", "until": until})
            shown = [each.id for each in watcher.picture.changes]
            assert shown[0] == id
            assert shown[1].startswith("model:cloud@")
            with pytest.raises(UsageError, match="planned in the model"):
                await hub.cancel("ana", shown[1], "ana", "")
            assert await hub.cancel("ana", "no such", "ana", "") is False
            assert await hub.cancel("ana", id, "ana", "not today")
            assert [each.id for each in watcher.picture.changes] == shown[1:]
        async with _watching(net, tmp_path) as watcher:
            assert not watcher.parts.book.decided.maintenance.windows


@pytest.mark.parametrize(
    ("watch", "where", "todo"),
    [
        (
            {"maintenance": [{"service": "clod", "begins": "2026-01-01T00:00:00Z", "ends": FAR}]},
            "watch.maintenance.0.service",
            "Did you mean cloud?",
        ),
        (
            {"feeds": [{"provider": "coud", "url": "https://status.x.test/"}]},
            "watch.feeds.0.provider",
            "Did you mean cloud?",
        ),
    ],
)
async def test_a_watch_of_what_is_not_there_does_not_start(
    tmp_path: Path, watch: dict[str, Any], where: str, todo: str
) -> None:
    async with _internet(tmp_path) as net:
        with pytest.raises(UsageError) as refused:
            async with _watching(net, tmp_path, **watch):
                pass
    assert (refused.value.where, refused.value.todo) == (where, todo)
