"""The live loop on the emulated internet, from socket to incident, through a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from downwind.jobs.backtest.run import replay_store
from downwind.jobs.emulated import Emulated, emulated
from downwind.jobs.watching import LiveHub, Watcher, WatchOptions, watching
from downwind.model import Feed, Model, WatchSettings
from downwind.model.watching import Token
from downwind.observe import Network
from downwind.show.web import build_app, check_bind, serving, tokens_of
from downwind.watch.picture import IncidentSeen
from downwind.world.form.deal import deal
from downwind.world.form.feeds import status_feeds
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import packaged

pytestmark = pytest.mark.timeout(240)

SPEED = 10.0
TOKEN = "a-token-for-the-tests-alone"
_WAIT = 60.0
"""Real seconds for anything to happen."""
KEPT = ("x.test", "radio.test", "reddit.test", "bluesky.test", "shop.test", "menu.test")


def _model() -> Model:
    """Some of the founding world's services, with journeys over the web only."""
    world = deal(load_world(packaged("worlds")["founding"]), None)
    whole = owners_model(world, 0.0)
    services = tuple(each for each in whole.services if each.name in KEPT)
    feed = status_feeds(world)["cloudflare"]
    settings = WatchSettings(
        every=30,
        timeout=14,
        map_every=0,
        feeds_every=60,
        catalog_feeds=False,
        feeds=(Feed(provider="cloudflare", url=feed.url, format=feed.format),),
    )
    return whole.model_copy(update={"services": services, "watch": settings})


@asynccontextmanager
async def _watching(there: Emulated, folder: Path) -> AsyncIterator[Watcher]:
    network = Network.from_handout(there.process.handout)
    options = WatchOptions(
        _model(), network, there.catalog, folder, map_budget=30 * SPEED, loopback_at_once=0
    )
    async with watching(options) as watcher:
        yield watcher


async def _until(watcher: Watcher, wanted: str) -> IncidentSeen:
    """The running incident on this provider, once there is one."""
    async with asyncio.timeout(_WAIT):
        while True:
            for incident in watcher.picture.running():
                if incident.scope.partition("/")[0] == wanted and len(incident.victims) > 1:
                    return incident
            await watcher.changed()


async def _calm(watcher: Watcher) -> None:
    async with asyncio.timeout(_WAIT):
        while watcher.picture.running() or {t.state for t in watcher.picture.targets} != {"up"}:
            await watcher.changed()


async def test_an_outage_is_named_kept_over_a_restart_and_closed(tmp_path: Path) -> None:
    world = packaged("worlds")["founding"]
    edge = {"scope": "cloudflare/proxy", "mode": "errors"}
    async with emulated(world, speed=SPEED, start=1763463600.0) as there:
        async with _watching(there, tmp_path / "watch") as watcher:
            await _calm(watcher)
            await _page_read(watcher)
            await there.process.tell({"do": "break", **edge})
            opened = await _until(watcher, "cloudflare")
            assert opened.verdict in ("provider", "suspected")
            assert opened.status_page.state == "green"
            assert set(opened.victims) <= {"x.test/feed", "x.test/post", "x.test/direct"} | {
                "radio.test/listen",
                "menu.test/use",
            }
        async with _watching(there, tmp_path / "watch") as watcher:
            again = await _until(watcher, "cloudflare")
            assert (again.id, again.since) == (opened.id, opened.since)
            assert again.timeline[0].kind == "opened"
            await _page_tells(watcher, again)
            await there.process.tell({"do": "mend", "scope": "cloudflare/proxy"})
            await _calm(watcher)
            closed = watcher.picture.incident(opened.id)
            assert closed is not None
            assert closed.phase == "closed"
    replayed = replay_store(tmp_path / "watch", there.catalog)
    retold = {each.incident: each.finding.named.partition("/")[0] for each in replayed.troubles}
    assert retold[opened.id] == "cloudflare"


async def _page_read(watcher: Watcher) -> None:
    """The provider's status page was read, and is green: it will not have noticed."""
    async with asyncio.timeout(_WAIT):
        while {each.state for each in watcher.picture.feeds} != {"green"}:
            await watcher.changed()


async def _page_tells(watcher: Watcher, incident: IncidentSeen) -> None:
    """The page, the API and the metrics tell of it; a deploy and an acknowledgement come in."""
    access = replace(
        check_bind("127.0.0.1", tokens_of([Token(name="ci", token=TOKEN)], ())), names=frozenset()
    )
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        serving(build_app(LiveHub(watcher), access), "127.0.0.1", 0) as url,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        async with session.get(url) as page:
            assert "Cloudflare" in await page.text()
        async with session.get(f"{url}/metrics") as metrics:
            assert "downwind_incident_open{" in await metrics.text()
        deploy = {"service": "shop.test", "title": "v2"}
        async with session.post(f"{url}/api/v1/deploys", json=deploy) as told:
            assert told.status in (200, 201)
        path = f"{url}/api/v1/incidents/{incident.id}/acknowledge"
        async with session.post(path, json={"by": "ada", "note": "on it"}) as told:
            assert told.status == 200
        async with session.get(f"{url}/api/v1/incidents/{incident.id}") as told:
            shown = await told.json()
    found = shown.get("incident", shown)
    assert found["phase"] == "acknowledged"
    assert found["acknowledged_by"] == "ada"
    assert [each.title for each in watcher.picture.changes] == ["v2"]
