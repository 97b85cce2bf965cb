"""The picture on a terminal: one screen, and no text from outside that moves the cursor."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from downwind.show.watch_view import watch_view
from downwind.show.watch_words import summary
from downwind.watch.picture import Picture
from tests.show.web.pictures import (
    NOON,
    blind_picture,
    calm_picture,
    hostile_picture,
    outage_incident,
    outage_picture,
)


def _shown(picture: Picture, width: int = 100, colour: bool = False) -> str:
    out = Console(
        file=io.StringIO(), width=width, markup=False, highlight=False, emoji=False,
        force_terminal=colour, color_system="standard" if colour else None,
    )  # fmt: skip
    out.print(watch_view(picture, NOON))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("picture", [calm_picture, outage_picture, blind_picture])
def test_the_first_line_is_the_sentence_of_the_page(picture: type[Picture]) -> None:
    told = " ".join(_shown(picture()).split())  # type: ignore[call-arg]
    assert told.startswith(summary(picture(), NOON))  # type: ignore[call-arg]


def test_an_incident_shows_whom_it_hits_what_speaks_against_it_and_its_rivals() -> None:
    told = _shown(outage_picture())
    for part in ("incident Cloudflare's edge open", "97% sure", "and 10 more", "News: do 25",
                 "fastly/cdn 2%", "cloudflare/proxy#fl2", "2025-11-18-cloudflare-proxy",
                 "degraded  Shop: do 30"):  # fmt: skip
        assert part in told


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_a_screen(width: int) -> None:
    many = tuple(
        replace(outage_incident(), id=f"i{n}", victims=tuple(f"s{k}/c" for k in range(900)))
        for n in range(50)
    )
    told = _shown(replace(outage_picture(), incidents=many), width).splitlines()
    assert max(map(len, told)) <= width
    assert len(told) < (60 if width >= 80 else 160)


def test_hostile_text_moves_no_cursor() -> None:
    told = _shown(hostile_picture())
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "<script>" in told


def test_a_state_is_told_by_its_word_where_there_are_no_colours() -> None:
    assert "\x1b" not in _shown(outage_picture())
    assert "\x1b[" in _shown(outage_picture(), colour=True)


def test_a_blind_watcher_lists_nothing_as_failing() -> None:
    assert "Failing" in _shown(outage_picture())
    assert "Failing" not in _shown(blind_picture())


def test_the_last_line_counts_the_alert_routes_and_those_that_fail() -> None:
    told = " ".join(_shown(calm_picture()).split())
    assert "3 alert routes, 1 failing" in told
