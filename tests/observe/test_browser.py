"""A real Chromium says what a page needs: what breaks without a third party is hard."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from downwind.observe.browser import look_at_page
from downwind.observe.browser.blocked import judge
from downwind.observe.browser.chromium import NAMES
from downwind.observe.browser.loading import Look
from downwind.terms import Seen, Strength, Unanswered

from .tinynet import TinyInternet, usual

SITE, SHOP, COUNTER = "198.18.2.80", "198.18.3.2", "198.18.3.1"
ANSWERS = {
    SITE: """<!doctype html><title>x</title><script defer src="https://cdn.ads.test/shop.js"></script>
        <script async src="https://ocsp.ca.test/count.js"></script>
        <img src="/own.png"><p>Welcome to the shop.</p>""",
    SHOP: """addEventListener("load", () => { for (let i = 0; i < 30; i++) {
        let b = document.createElement("button"); b.textContent = "Buy thing number " + i;
        document.body.append(b); } });""",
    COUNTER: "window.counted = 1;",
}

needs_chromium = pytest.mark.skipif(
    not any(shutil.which(name) for name in NAMES),
    reason="there is no Chromium on this machine (apt install chromium)",
)


async def _serve(net: TinyInternet, ip: str, tls: ssl.SSLContext) -> None:
    kind = "text/html" if ip == SITE else "text/javascript"

    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        body = ANSWERS[ip].encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)

    await net.web(ip, serving, tls=tls)


async def open_shop(net: TinyInternet) -> None:
    await usual(net)
    await net.resolver()
    for ip, name in ((SITE, "x.test"), (SHOP, "cdn.ads.test"), (COUNTER, "ocsp.ca.test")):
        await _serve(net, ip, net.certificate(name))


def _by_host(value: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["host"]: each for each in value["resources"]}


@needs_chromium
async def test_a_script_that_fills_the_page_is_hard_and_a_counter_is_soft(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await open_shop(net)
        found = await look_at_page("https://x.test/", net.network(), budget=60)
    assert isinstance(found, Seen), found
    hosts = _by_host(found.value)
    assert hosts["cdn.ads.test"]["strength"] == "hard"
    assert "the page has 3% of its text and 0% of its controls" in hosts["cdn.ads.test"]["reason"]
    assert hosts["ocsp.ca.test"]["strength"] == "soft"
    assert "100% of its text and 100% of its controls" in hosts["ocsp.ca.test"]["reason"]
    assert not hosts["x.test"]["third_party"]
    assert (found.value["controls"], found.value["loads"]) == (30, 4)
    assert found.value["not_tried"] == {}


@needs_chromium
async def test_the_browser_asks_nobody_but_through_the_network(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await open_shop(net)
        found = await look_at_page("https://nobody.test/", net.network(), budget=60)
        assert isinstance(found, Unanswered)
        # A private address that this network does not allow, on loopback and elsewhere.
        for url in ("https://127.0.0.1:8443/", "https://192.168.0.1/"):
            refused = await look_at_page(url, net.network(), budget=60)
            assert isinstance(refused, Unanswered)
            assert "is not on the dial map" in refused.reason
        agents = {head for head in net.heads if b"downwind/" not in head}
    assert not agents


@needs_chromium
async def test_no_browser_is_left_behind(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await open_shop(net)
        before = _children()
        looking = asyncio.ensure_future(look_at_page("https://x.test/", net.network(), budget=60))
        await asyncio.sleep(1.5)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
    assert _children() == before


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


FULL = Look(text=1000, controls=40, images=3, loaded=True)


@pytest.mark.parametrize(
    ("without", "strength", "said"),
    [
        (Look(1000, 40, 0, True), Strength.SOFT, "100% of its text and 100% of its controls"),
        (Look(500, 40, 3, True), Strength.SOFT, "50% of its text"),
        (Look(499, 40, 3, True), Strength.HARD, "50% of its text"),
        (Look(1000, 19, 3, True), Strength.HARD, "48% of its controls"),
        (Look(2000, 40, 3, True), Strength.SOFT, "100% of its text"),
        (Look(1000, 40, 3, False), Strength.SOFT, "and it never ends loading"),
        (Look(1000, 40, 3, True, errors=2), Strength.SOFT, "and 2 more script errors"),
        (Look(0, 0, 0, False, failure="net::ERR"), Strength.HARD, "there is no page: net::ERR"),
    ],
)
def test_a_page_is_broken_with_less_than_half_of_its_text_or_controls(
    without: Look, strength: Strength, said: str
) -> None:
    verdict = judge(FULL, FULL, without, "y.test")
    assert verdict.strength is strength
    assert said in verdict.reason


def test_a_page_without_anything_to_read_is_not_broken_by_having_nothing() -> None:
    bare = Look(0, 0, 1, True)
    assert judge(bare, bare, bare, "y.test").strength is Strength.SOFT
