"""A page mapped with a browser needs what breaks it, and softly what does not."""

from __future__ import annotations

from pathlib import Path

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.jobs.browse import map_with_browser
from downwind.jobs.map import stored
from downwind.model import Model
from downwind.terms import Strength
from tests.observe.test_browser import needs_chromium, open_shop
from tests.observe.tinynet import TinyInternet


@needs_chromium
async def test_the_graph_takes_the_browsers_word_over_the_markups(tmp_path: Path) -> None:
    store = tmp_path / "store"
    async with TinyInternet(tmp_path, speed=1) as net:
        await open_shop(net)
        heard: list[str] = []
        await map_with_browser(
            ["x.test"], net.network(), store, budget=30, heard=lambda e: heard.append(e.kind)
        )
    graph = build_graph(stored(store), Catalog.from_texts([]), Model())
    needs = {need.name: need for need in graph.nodes["page:https://x.test/"].needs}
    # The markup defers this script, so that the page shows without it: with nothing in it.
    assert needs["script from cdn.ads.test"].strength is Strength.HARD
    assert "0% of its controls" in needs["script from cdn.ads.test"].why
    assert needs["script from ocsp.ca.test"].strength is Strength.SOFT
    assert heard.count("page.browser") == 1
    assert heard.index("page.browser") < len(heard) - 1
