"""The page in a real browser: its script renews it, keeps what was opened, and loads no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from downwind.show.watch_words import summary
from downwind.show.web import Access, build_app, serving
from tests.show.web.browser import browsing, needs_chromium
from tests.show.web.hub import MemoryHub
from tests.show.web.pictures import NOON, calm_picture, hostile_picture, outage_picture

_LEAD = "document.querySelector('[role=status]').lastElementChild.textContent"


@needs_chromium
async def test_the_page_renews_itself_and_keeps_what_was_opened(tmp_path: Path) -> None:
    hub = MemoryHub(calm_picture())
    app = build_app(hub, Access())
    other = replace(outage_picture(), at=NOON + 3)
    async with serving(app, "127.0.0.1", 0) as url, browsing(f"{url}/", tmp_path) as page:
        assert await page.says(_LEAD) == "All 31 of your capabilities stand."
        await page.says("document.querySelector('#feeds > summary').click()")
        await page.says("document.querySelector('#feeds > summary').focus()")
        hub.show(other)
        await page.until("document.querySelector('#live.bad') !== null")
        assert await page.says(_LEAD) == summary(other, NOON + 5)
        assert await page.says("document.title") == "(1) Downwind"
        assert await page.says("document.getElementById('feeds').open")
        assert not await page.says("document.getElementById('watcher').open")
        assert await page.says("document.activeElement.parentElement.id") == "feeds"
        assert await page.says("document.getElementById('lost').hidden")


@needs_chromium
async def test_hostile_text_runs_nothing_and_every_width_holds_the_page(tmp_path: Path) -> None:
    app = build_app(MemoryHub(hostile_picture()), Access())
    async with serving(app, "127.0.0.1", 0) as url, browsing(f"{url}/", tmp_path) as page:
        await page.says("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        assert await page.says("document.images.length") == 0
        assert await page.says("document.scripts.length") == 2
        loaded = "performance.getEntriesByType('resource').every((e) => e.name.startsWith(origin))"
        assert await page.says(loaded)
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        for width in (320, 400, 800, 1400):
            await page.resize(width)
            await page.until(f"window.innerWidth === {width}")
            assert await page.says(wide), width
