"""A real Prometheus over the metrics, the alert rules and the dashboard's questions."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from downwind.show.web import Access, build_app, serving
from downwind.watch.picture import Picture
from tests.prometheus import ask, needs_prometheus, prometheus
from tests.show.web.hub import READER, TOKENS, MemoryHub, asked
from tests.show.web.pictures import NOON, calm_picture, outage_picture


async def _promtool(*arguments: str, told: bytes = b"") -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        "promtool", *arguments, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate(told)
    return process.returncode, said.decode()


@needs_prometheus
async def test_promtool_takes_the_alert_rules_and_each_fires_on_what_it_is_for(
    project: Path,
) -> None:
    rules = project / "docs" / "grafana" / "alert-rules.yaml"
    cases = Path(__file__).parent / "alert-rules-tests.yaml"
    status, said = await _promtool("check", "rules", str(rules))
    assert status == 0, said
    status, said = await _promtool("test", "rules", str(cases))
    assert status == 0, said
    tried = re.findall(r"alertname: (\w+)\n\s+eval_time: \w+\n\s+exp_alerts:\n", cases.read_text())
    groups = yaml.safe_load(rules.read_text())["groups"]
    assert set(tried) == {rule["alert"] for group in groups for rule in group["rules"]}


@needs_prometheus
async def test_promtool_finds_nothing_to_say_of_the_metrics() -> None:
    async with asked(MemoryHub(_full())) as client, client.get("/metrics") as answer:
        text = await answer.read()
    assert await _promtool("check", "metrics", told=text) == (0, "")


def _full() -> Picture:
    """An outage in which every kind of target, feed, vantage and route has something to tell."""
    shown = outage_picture()
    ending = replace(shown.targets[3], domain_ends=NOON + 9 * 86400.0)
    return replace(shown, targets=(*shown.targets[:3], ending, *shown.targets[4:]))


async def _until(client: aiohttp.ClientSession, url: str, query: str) -> None:
    for _ in range(100):
        if await ask(client, url, query):
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(query)


def _questions(project: Path) -> list[str]:
    """All that the dashboard asks, with the range that Grafana would put in."""
    text = (project / "docs" / "grafana" / "dashboard.json").read_text(encoding="utf-8")
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend([part["expr"]] if isinstance(part.get("expr"), str) else [])
            part = list(part.values())
        for inner in part if isinstance(part, list) else []:
            walk(inner)

    walk(json.loads(text))
    return [each.replace("$__range", "1m") for each in found]


@needs_prometheus
async def test_a_real_prometheus_scrapes_it_and_answers_all_that_the_dashboard_asks(
    project: Path, tmp_path: Path
) -> None:
    hub = MemoryHub(calm_picture())
    rules = project / "docs" / "grafana" / "alert-rules.yaml"
    closed = Access(TOKENS, open_reads=False)
    async with (
        serving(build_app(hub, closed), "127.0.0.1", 0) as served,
        prometheus(tmp_path, served.removeprefix("http://"), rules, READER) as url,
        aiohttp.ClientSession() as client,
    ):
        await _until(client, url, "downwind_incidents_open == 0")
        hub.show(_full())
        await _until(client, url, "changes(downwind_incidents_open[1m]) > 0")
        questions = _questions(project)
        assert len(questions) > 20
        assert [each for each in questions if not await ask(client, url, each)] == []
        (scraped,) = await ask(client, url, "up{job='downwind'}")
        assert scraped["value"][1] == "1"
        async with client.get(f"{url}/api/v1/rules") as answer:
            groups = (await answer.json())["data"]["groups"]
        assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
