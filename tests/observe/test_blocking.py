"""A page that waits for a script of others is not shown without it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from downwind.model import Step
from downwind.observe import run_journey
from downwind.observe.blocking import blocking_urls
from downwind.observe.wire import Reply

from .tinynet import TinyInternet, page, usual

HOME = "https://x.test/"
IP = "198.18.2.80"
ADS = "198.18.3.2"
SCRIPT = "https://cdn.ads.test/t.js"
WAITS = f'<html><head><script src="{SCRIPT}"></script></head><body>Hello</body></html>'
HTML = "Content-Type: text/html; charset=utf-8"


async def _look(
    net: TinyInternet, body: str, ads_status: str | None, kind: str = HTML
) -> Mapping[str, Any]:
    await usual(net)
    await net.resolver()
    await net.web(IP, page(body, "200 OK", kind), tls=net.certificate("x.test"))
    if ads_status is not None:
        script = page("1", ads_status, "Server: tags")
        await net.web(ADS, script, tls=net.certificate("cdn.ads.test"))
    evidence = await run_journey("x.test/front", [Step(url=HOME)], net.network())
    assert evidence.value is not None
    return evidence.value


def _asked(net: TinyInternet) -> list[str]:
    return [head.split(b" ")[1].decode() for head in net.heads]


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
async def test_what_a_page_waits_for_is_loaded(tmp_path: Path, status: str) -> None:
    async with TinyInternet(tmp_path) as net:
        value = await _look(net, WAITS, status)
        assert _asked(net) == ["/", "/t.js"]
    assert value["state"] == "up"
    step = value["steps"][0]
    assert (step["host"], step["address"], step["status"]) == ("x.test", IP, 200)


async def test_a_page_is_down_with_a_script_whose_server_fails(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        value = await _look(net, WAITS, "503 Service Unavailable")
    step = value["steps"][0]
    assert (value["state"], step["layer"], step["status"]) == ("down", "http", 503)
    assert step["reason"] == f"the page waits for {SCRIPT}: status 503"
    assert (step["host"], step["headers"]["server"]) == ("cdn.ads.test", "tags")


async def test_a_page_is_down_at_the_layer_at_which_its_script_is(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        net.dial[ADS] = {"tcp/443": ["127.0.0.1", 1]}
        value = await _look(net, WAITS, None)
    step = value["steps"][0]
    assert (value["state"], step["layer"], step["address"]) == ("down", "dial", ADS)
    assert SCRIPT in step["reason"]


async def test_a_name_that_is_gone_takes_the_page_with_it(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        value = await _look(net, WAITS.replace("cdn.ads", "gone.ads"), None)
    step = value["steps"][0]
    assert (value["state"], step["layer"], step["host"]) == ("down", "dns", "gone.ads.test")
    assert "https://gone.ads.test/t.js" in step["reason"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (WAITS.replace("></script>", " async></script>"), HTML),
        (WAITS.replace(SCRIPT, "/own.js"), HTML),
        (f'<body><script src="{SCRIPT}"></script><img src="{SCRIPT}"></body>', HTML),
        (WAITS, "Content-Type: text/plain"),
        (WAITS, "X-Kind: none"),
    ],
)
async def test_nothing_else_is_loaded(tmp_path: Path, body: str, kind: str) -> None:
    async with TinyInternet(tmp_path) as net:
        value = await _look(net, body, "503 Service Unavailable", kind)
        assert _asked(net) == ["/"]
    assert value["state"] == "up"


async def test_a_reply_to_a_post_is_no_page(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page(WAITS, "200 OK", HTML), tls=net.certificate("x.test"))
        async with asyncio.timeout(10):
            steps = [Step(do="post", url=HOME)]
            evidence = await run_journey("x.test/front", steps, net.network())
        assert _asked(net) == ["/"]
    assert evidence.value is not None
    assert evidence.value["state"] == "up"


def test_at_most_twenty_are_loaded_and_each_once() -> None:
    tags = "".join(f'<LINK rel=stylesheet href="https://y.test/{n // 2}.css">' for n in range(60))
    headers = {"content-type": "text/html"}
    reply = Reply(200, headers, f"<head>{tags}</head>".encode(), url=HOME)
    assert blocking_urls(reply) == tuple(f"https://y.test/{n}.css" for n in range(20))
