"""Badges say in words how a target is, and their white text can be read."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from downwind.show.web import badges
from downwind.watch.picture import Picture
from tests.show.web.hub import MemoryHub, asked
from tests.show.web.pictures import (
    HOSTILE,
    blind_picture,
    calm_picture,
    hostile_picture,
    outage_picture,
)
from tests.show.web.test_page import contrast


async def _badge(picture: Picture, path: str) -> tuple[int, str]:
    async with asked(MemoryHub(picture)) as client, client.get(path) as answer:
        assert answer.content_type == "image/svg+xml"
        svg = ElementTree.fromstring(await answer.text())
        assert not list(svg.iter("{http://www.w3.org/2000/svg}script"))
        return answer.status, svg.attrib["aria-label"]


async def test_a_target_is_up_down_unknown_or_not_watched() -> None:
    path = "/badge/shop/do-0.svg"
    assert await _badge(calm_picture(), path) == (200, "Shop: do 0: up")
    assert await _badge(outage_picture(), path) == (200, "Shop: do 0: down")
    assert await _badge(blind_picture(), path) == (200, "Shop: do 0: unknown")
    assert await _badge(calm_picture(), "/badge/no/such.svg") == (404, "downwind: not watched")


async def test_the_badge_of_incidents_names_the_largest() -> None:
    path = "/badge/incident.svg"
    assert await _badge(calm_picture(), path) == (200, "incidents: none")
    assert await _badge(outage_picture(), path) == (200, "incidents: 1 open: Cloudflare's edge")
    assert await _badge(blind_picture(), path) == (200, "incidents: unknown: blind")
    slow = replace(outage_picture().incidents[0], slow=True)
    calm = replace(calm_picture(), incidents=(slow,))
    assert await _badge(calm, path) == (200, "incidents: none, something is slow")
    nothing = Picture(at=0, started_at=0)
    assert await _badge(nothing, path) == (200, "incidents: nothing known")


async def test_a_hostile_title_stays_text() -> None:
    status, label = await _badge(hostile_picture(), "/badge/x/y.svg")
    assert status == 200
    assert label.startswith("<script>")
    assert "\x1b" not in label
    assert label != HOSTILE


def test_white_can_be_read_on_every_colour_of_a_badge() -> None:
    for colour in (*badges.COLOURS.values(), "#3c4248"):
        assert contrast("#ffffff", colour) >= 4.5
