"""The live page: what it says first, that it is safe, legible and bounded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest
from selectolax.lexbor import LexborHTMLParser

from downwind.show.watch_words import summary
from downwind.show.web.page import incident_page, live_page
from downwind.watch.picture import ChangeSeen, Picture
from tests.show.web.hub import MemoryHub, asked
from tests.show.web.pictures import (
    NOON,
    blind_picture,
    calm_picture,
    closed_incident,
    hostile_picture,
    outage_incident,
    outage_picture,
)

ALL = (calm_picture, outage_picture, blind_picture, hostile_picture)


def _pages(picture: Picture) -> list[str]:
    own = [incident_page(each, picture, NOON) for each in picture.incidents]
    return [live_page(picture, NOON), *own]


@pytest.mark.parametrize("picture", ALL)
def test_the_first_line_is_the_sentence(picture: Callable[[], Picture]) -> None:
    page = LexborHTMLParser(live_page(picture(), NOON))
    lead = page.css_first("main [role=status]")
    assert lead is not None
    assert lead.text(deep=True)[1:] == summary(picture(), NOON)


@pytest.mark.parametrize("picture", ALL)
def test_nothing_from_outside_becomes_markup(picture: Callable[[], Picture]) -> None:
    for text in _pages(picture()):
        assert "\x1b" not in text
        assert "\u202e" not in text
        page = LexborHTMLParser(text)
        scripts = [(each.attributes, each.text()) for each in page.css("script")]
        own = ("/static/live.js", "/static/act.js")
        assert scripts == [({"src": each, "defer": ""}, "") for each in own]
        assert not page.css("style, img, iframe, object, embed, form, base")
        for node in page.css("*"):
            assert not [name for name in node.attributes if name.startswith("on")]
            assert "style" not in node.attributes
            href = node.attributes.get("href") or "/"
            assert href.startswith(("/", "http://", "https://")), href


@pytest.mark.parametrize("picture", ALL)
def test_all_that_a_page_loads_is_its_own(picture: Callable[[], Picture]) -> None:
    for text in _pages(picture()):
        page = LexborHTMLParser(text)
        loaded = [each.attributes["href"] for each in page.css("link")]
        assert loaded == ["/static/style.css", "/icon.svg"]
    for name in ("style.css", "live.js", "act.js"):
        held = files("downwind.show.web").joinpath("static", name).read_text(encoding="utf-8")
        assert "//" not in held.replace("// ", "")


@pytest.mark.parametrize("picture", ALL)
def test_parts_that_open_keep_their_names_and_have_them_alone(
    picture: Callable[[], Picture],
) -> None:
    for text in _pages(picture()):
        page = LexborHTMLParser(text)
        names = [each.attributes["id"] for each in page.css("[id]")]
        assert len(names) == len(set(names))
        assert all(each.attributes.get("id") for each in page.css("details"))
        for each in page.css("[aria-labelledby]"):
            assert each.attributes["aria-labelledby"] in names


def test_a_state_is_told_by_its_word_and_not_by_colour_alone() -> None:
    page = LexborHTMLParser(live_page(outage_picture(), NOON))
    states = page.css(".state")
    assert len(states) > 31
    for each in states:
        word = (each.attributes["class"] or "").removeprefix("state ")
        assert each.text(deep=True).endswith(word)


def test_what_is_slow_alone_makes_no_page_of_an_outage() -> None:
    slow = replace(outage_incident(), slow=True)
    page = LexborHTMLParser(live_page(replace(calm_picture(), incidents=(slow,)), NOON))
    (main,) = page.css("main")
    assert main.attributes["class"] == "doubt"
    (card,) = page.css("article.incident")
    assert "slow" in [each.text() for each in card.css(".chip")]


def test_an_incident_shows_rivals_contradictions_and_its_timeline() -> None:
    text = incident_page(outage_incident(), outage_picture(), NOON)
    told = LexborHTMLParser(text).css_first("main").text(deep=True, separator=" ")  # type: ignore[union-attr]
    for part in ("fastly/cdn", "News: do 25", "cloudflare/proxy#fl2", "We wait for them.", "97%",
                 "11:28 UTC", "Fastly's CDN", "GET https://other.test/ from oslo"):  # fmt: skip
        assert part in told


def test_a_closed_incident_says_that_it_is_over() -> None:
    text = incident_page(closed_incident(), outage_picture(), NOON)
    assert "over since" in text
    left = replace(closed_incident(), still=("news/do-1",))
    page = LexborHTMLParser(incident_page(left, outage_picture(), NOON))
    told = page.css_first("main").text(deep=True, separator=" ")  # type: ignore[union-attr]
    assert "no longer blamed since" in told
    assert "Still failing when it was closed (1)" in told
    assert 'class="calm"' in text


def test_the_page_says_what_may_be_done_to_what() -> None:
    planned = ChangeSeen("model:*@1", "maintenance", NOON, "*", until=NOON + 60)
    over = ChangeSeen("1-shop", "maintenance", NOON - 90, "shop", until=NOON - 60)
    shown = outage_picture()
    shown = replace(shown, changes=(*shown.changes, planned, over))
    page = LexborHTMLParser(live_page(shown, NOON))
    told = {e.attributes["data-path"]: e.attributes["data-acts"] for e in page.css("[data-path]")}
    assert told == {
        "/api/v1/incidents/2025-11-18-cloudflare-proxy": "acknowledge comment close",
        "/api/v1/incidents/2025-11-17-own-news": "comment",
        "/api/v1/needs/n1": "accept reject",
        "/api/v1/maintenance/1763470800-chat%2Fdo-2": "cancel",
    }
    rows = page.css("#maintenance tbody tr")
    assert len(rows) == 2  # what is over is a change of the past
    assert "by the model" in rows[1].text(deep=True)


def test_the_page_tells_of_each_alert_route_whether_it_works_and_stands_apart() -> None:
    page = LexborHTMLParser(live_page(calm_picture(), NOON))
    chat, mail, pager = (row.text(deep=True, separator=" ") for row in page.css("#routes tbody tr"))
    assert "pager, by aws, aws/ec2" in chat
    assert "nothing waits" in mail
    assert "failing: it answers with 503; 2 wait" in pager
    assert page.css_first("#routes summary").text() == "Alert routes (3, 1 failing)"  # type: ignore[union-attr]


async def test_a_blind_watcher_shows_no_state_that_it_last_saw() -> None:
    async with asked(MemoryHub(blind_picture())) as client:
        async with client.get("/") as answer:
            page = LexborHTMLParser(await answer.text())
        async with client.get("/api/v1/targets") as answer:
            told = await answer.json()
    assert page.css_first("main.blind")
    assert len(page.css(".state.unknown")) == 31
    assert not page.css(".state.up, .state.down, .state.degraded")
    assert {each["state"] for each in told["targets"]} == {None}


def test_a_page_over_a_loop_that_stands_still_does_not_look_calm() -> None:
    page = LexborHTMLParser(live_page(calm_picture(), NOON + 301))
    assert page.css_first("main.doubt")
    assert not page.css_first("main.calm")
    assert "stands still" in page.css_first("[role=status]").text(deep=True)  # type: ignore[union-attr]


def test_a_picture_of_ten_thousand_targets_is_a_page_that_a_phone_can_load() -> None:
    some = outage_picture().targets
    many = tuple(replace(some[n % 31], key=f"s{n}/c") for n in range(10_000))
    incident = replace(outage_incident(), victims=tuple(f"s{n}/c" for n in range(5_000)))
    picture = replace(outage_picture(), targets=many, incidents=(incident,) * 40)
    text = live_page(picture, NOON)
    assert len(text) < 1_000_000
    assert "4,940 more" in text


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


def _light(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_weak_eyes_need(scheme: str) -> None:
    css = files("downwind.show.web").joinpath("static", "style.css").read_text(encoding="utf-8")
    light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
    found = _colours(light if scheme == "light" else rest)
    assert len(found) == 14
    grounds = [found["paper"], *(colour for name, colour in found.items() if "well" in name)]
    for text in ("ink", "soft", "link", "up", "degraded", "down", "unknown"):
        for ground in grounds:
            assert contrast(found[text], ground) >= 4.5, (text, ground)


def test_what_ends_is_told_as_early_as_alerts_tell_it_and_once_for_all_it_concerns() -> None:
    calm = calm_picture()
    day = 86400.0
    ends = [
        replace(calm.targets[0], certificate_ends=NOON + 13 * day),
        replace(calm.targets[1], certificate_ends=NOON + 13 * day),
        replace(calm.targets[2], certificate_ends=NOON + 15 * day, domain_ends=NOON + 44 * day),
        replace(calm.targets[3], certificate_ends=NOON - day, domain_ends=NOON + 46 * day),
        replace(calm.targets[4], certificate_ends=None, domain_unknown="x.test: no answer"),
    ]
    page = LexborHTMLParser(live_page(replace(calm, targets=tuple(ends)), NOON))
    told = [each.text(deep=True) for each in page.css("[aria-labelledby=soon] li")]
    assert [each.partition(" 20")[0] for each in told] == [
        "Shop: do 3: its certificate ended",
        "Shop: do 0, News: do 1: their certificate ends",
        "Chat: do 2: its domain ends",
    ]
    unknown = page.css_first("details#unregistered")
    assert unknown is not None
    assert "not known (1)" in unknown.text()
    assert "x.test: no answer" in unknown.text()
