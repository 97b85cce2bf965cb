"""What a watch said while it ran, and what a replay of its folder says: the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import web

from downwind.catalog import Catalog
from downwind.jobs.backtest.run import replay_store
from downwind.jobs.stored.kept_model import MODEL_FILE
from downwind.jobs.watching import Watcher, WatchOptions, watching
from downwind.model import Globalping, Model, load_model
from downwind.observe import Network
from downwind.observe.network import Clock

SPEED, EVERY = 25.0, 30.0
A_ROUND = EVERY + SPEED
"""A round, and a real second in which a busy machine may not get to it."""
_WAIT = 60.0
"""Real seconds for anything to happen."""
EDGES = {"cloudflare": range(5), "fastly": range(5, 9)}


@dataclass
class Site:
    """A web server; a page answers 503 while its number is among the broken."""

    broken: set[int] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        app = web.Application()
        app.router.add_get("/{number}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        down = int(request.match_info["number"]) in self.broken
        return web.Response(status=503 if down else 200)


def _model(port: int) -> Model:
    services = [
        {
            "name": f"shop{number}.test",
            "variables": {"key": "a-secret-of-the-shop"},
            "capabilities": [
                {
                    "id": "page",
                    "probes": [{"http": f"http://127.0.0.1:{port}/{number}"}],
                    "declares": [{"need": "edge", "any_of": [edge]}],
                }
            ],
        }
        for edge, numbers in EDGES.items()
        for number in numbers
    ]
    watch = {"every": EVERY, "timeout": 10, "map_every": 0, "catalog_feeds": False}
    return Model.model_validate({"services": services, "watch": watch})


@asynccontextmanager
async def _watching(model: Model, folder: Path) -> AsyncIterator[Watcher]:
    network = replace(
        Network.real(allowed_private=(ip_network("127.0.0.0/8"),)),
        clock=Clock(scenario=1_800_000_000.0, speed=SPEED),
    )
    async with watching(WatchOptions(model, network, Catalog.load([]), folder)) as watcher:
        yield watcher


async def _until(watcher: Watcher, reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(_WAIT):
        while not reached():
            await watcher.changed()


def _calm(watcher: Watcher) -> bool:
    states = {each.state for each in watcher.picture.targets}
    return states == {"up"} and not watcher.picture.running()


@pytest.mark.timeout(120)
async def test_a_replay_says_of_a_watchs_folder_what_the_watch_said(tmp_path: Path) -> None:
    site = Site()
    async with site.serving() as port, _watching(_model(port), tmp_path / "watch") as watcher:
        await _until(watcher, lambda: _calm(watcher))
        site.broken = set(EDGES["cloudflare"])
        await _until(watcher, lambda: len(watcher.picture.running()) > 0)
        await _until(watcher, lambda: len(watcher.picture.running()[0].victims) == 5)
        site.broken = set()
        await _until(watcher, lambda: _calm(watcher))
        site.broken = {7}
        await _until(watcher, lambda: len(watcher.picture.running()) > 0)
        said = list(watcher.parts.book.ledger.incidents.values())

    found = replay_store(tmp_path / "watch", Catalog.load([]))
    again = {each.incident: each for each in found.troubles}
    assert [str(incident.cause) for incident in said] == ["cloudflare", "own:shop7.test"]
    assert set(again) == {incident.id for incident in said}
    for incident in said:
        trouble = again[incident.id]
        assert trouble.finding.kind == incident.verdict
        assert trouble.explains == tuple(sorted(incident.victims))
        assert trouble.first == pytest.approx(incident.opened_at, abs=A_ROUND)
        if incident.closed_at is not None:
            # It closes after three rounds in which it was not blamed any more.
            assert trouble.last == pytest.approx(incident.closed_at, abs=4 * A_ROUND)


async def test_beside_its_evidence_a_watch_keeps_its_model_without_a_secret(
    tmp_path: Path,
) -> None:
    site = Site()
    lent = Globalping(token="a-secret-of-ours", api="http://127.0.0.1:9")
    async with site.serving() as port:
        model = _model(port)
        assert model.watch is not None
        told = model.watch.model_copy(update={"globalping": lent})
        async with _watching(model.model_copy(update={"watch": told}), tmp_path / "watch"):
            pass
    kept = tmp_path / "watch" / MODEL_FILE
    assert "secret" not in kept.read_text(encoding="utf-8")
    model = load_model([kept])
    assert [key for key, _, _ in model.capabilities()] == [f"shop{n}.test/page" for n in range(9)]
    assert model.watch is not None
    assert model.watch.every == EVERY
