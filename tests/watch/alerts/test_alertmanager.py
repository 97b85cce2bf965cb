"""A real Alertmanager takes what this route sends: it fires, changes its severity, and ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from downwind.watch.alerts import Alert, AlertmanagerRoute, watcher_alert
from tests.servers import free_port, needs_program, running
from tests.watch.alerts.sinks import HttpSink, http_sink

needs_alertmanager = needs_program("prometheus-alertmanager", "prometheus-alertmanager")
_CONFIG = """
route: {receiver: us, group_by: [incident], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: us, webhook_configs: [{url: "URL/told", send_resolved: true}]}]
"""


def _alert(number: int, kind: str, severity: str, **more: Any) -> Alert:
    base = watcher_alert(time.time() - 30, "x", f"cloudflare/proxy: {number} down", "Them.")
    return replace(
        base, id=f"outage/{number}", incident="outage", kind=kind, severity=severity,
        cause="cloudflare/proxy", blame="them", victims=("a.test/load", "b.test/load"), **more,
    )  # fmt: skip


@asynccontextmanager
async def _alertmanager(folder: Path, sink: HttpSink) -> AsyncIterator[str]:
    """A real one that tells the sink; yields its URL."""
    (folder / "config.yaml").write_text(_CONFIG.replace("URL", sink.url))
    url = f"http://127.0.0.1:{(port := free_port())}"
    arguments = [
        f"--config.file={folder / 'config.yaml'}", f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    async with running("prometheus-alertmanager", arguments, f"{url}/-/ready"):
        yield url


async def _held(url: str) -> list[dict[str, Any]]:
    """The alerts that go on, as Alertmanager tells them."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{url}/api/v2/alerts") as answer,
    ):
        found: list[dict[str, Any]] = await answer.json()
        return found


async def _told(sink: HttpSink, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Alertmanager notified somebody of such an alert, within 20 s."""
    async with asyncio.timeout(20):
        while not any(wanted(each) for b in sink.bodies for each in json.loads(b)["alerts"]):
            sink.news.clear()
            await sink.news.wait()


@needs_alertmanager
async def test_an_incident_fires_escalates_and_ends_in_a_real_alertmanager(tmp_path: Path) -> None:
    async with http_sink() as sink, _alertmanager(tmp_path, sink) as url:
        route = AlertmanagerRoute("am", url, time.time, "http://127.0.0.1:8600/")

        await route.send(_alert(1, "opened", "warning"))
        (held,) = await _held(url)
        assert held["labels"] == {
            "alertname": "DownwindIncident", "incident": "outage", "severity": "warning"
        }  # fmt: skip
        assert held["annotations"]["summary"] == "cloudflare/proxy: 1 down"
        assert held["annotations"]["victims"] == "a.test/load, b.test/load"
        assert held["generatorURL"] == "http://127.0.0.1:8600/"
        await _told(sink, lambda each: each["status"] == "firing")

        escalated = _alert(2, "escalated", "critical", was="warning")
        await route.send(escalated)
        (held,) = await _held(url)
        assert held["labels"]["severity"] == "critical"
        assert held["annotations"]["summary"] == "cloudflare/proxy: 2 down"

        await route.again([escalated])
        assert [each["fingerprint"] for each in await _held(url)] == [held["fingerprint"]]

        await route.send(_alert(3, "closed", "critical", closed_at=time.time()))
        assert await _held(url) == []
        await _told(
            sink,
            lambda e: e["status"] == "resolved" and e["labels"]["severity"] == "critical",
        )


@needs_alertmanager
async def test_what_is_not_told_again_ends_by_itself(tmp_path: Path) -> None:
    async with http_sink() as sink, _alertmanager(tmp_path, sink) as url:
        early = time.time() - 297  # five minutes after this, it stands no more
        route = AlertmanagerRoute("am", url, lambda: early)
        await route.send(_alert(1, "opened", "warning"))
        assert len(await _held(url)) == 1
        for _ in range(100):
            if not await _held(url):
                return
            await asyncio.sleep(0.2)
        raise TimeoutError("it still stands")
