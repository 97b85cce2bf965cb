"""After the outage: who came back when, whom the crowd blamed, what the status pages said."""

from dataclasses import replace
from typing import Any

import pytest

from downwind.jobs.foretell import NotYetKnown
from downwind.jobs.outcome import Replay
from downwind.jobs.stage import Played
from downwind.questions.attribute import Consequence
from downwind.questions.verdicts import Named
from downwind.show.aftermath_view import say_time, show_aftermath
from downwind.show.naming import Naming
from downwind.show.words import words
from downwind.terms import Scope
from tests.show.island import (
    CELLS,
    DOWN,
    LASTS,
    SCENARIO,
    UP,
    VERDICT,
    cell,
    console,
    prediction,
    result,
    spoke,
    talk,
    text,
)


def _parts(found: Replay, lang: str = "en", width: int = 120) -> dict[str, list[str]]:
    """The lines under each heading."""
    out = console(width)
    show_aftermath(out, words(lang), Naming.of(SCENARIO, None), found)
    blocks = text(out).replace("\N{NO-BREAK SPACE}", " ").strip("\n").split("\n\n")
    return {head: lines for head, *lines in (block.splitlines() for block in blocks)}


def _said(*counts: Any, spoken: Any = (), **changes: Any) -> Replay:
    return result(played=Played(crowd=list(counts), spoke=list(spoken)), **changes)


def test_who_came_back_with_the_fault_is_told_in_one_line() -> None:
    assert _parts(result())["Back again"] == [
        "The fault itself was mended after 100 min.",
        "Who had fallen came back with it.",
    ]
    assert "Back again" not in _parts(result(cells=CELLS[2:]))


def test_who_came_back_late_is_told_with_what_was_foretold() -> None:
    late = (
        replace(CELLS[0], observed_back=LASTS + 3600, predicted_back=LASTS + 3000),
        replace(CELLS[1], observed_back=LASTS + 3600, predicted_back=None, predicted=UP),
        cell("owl.test/message", observed=DOWN, observed_back=None),
    )
    assert _parts(result(cells=late))["Back again"] == [
        "The fault itself was mended after 100 min.",
        "Not back at the end of the story: Owl.",
        "Kite: read the feed: back 2 h 40 min after the onset, foretold for 2 h 30 min.",
        "Kite: post: back 2 h 40 min after the onset. That they fall was not foretold.",
    ]
    assert _parts(result(cells=late), "fr")["Le retour"][1:] == [
        "Pas encore de retour à la fin du récit : Owl.",
        "Kite: read the feed : de retour 2 h 40 min après le début, prévu pour 2 h 30 min.",
        "Kite: post : de retour 2 h 40 min après le début. Leur chute n'était pas prédite.",
    ]


def test_the_crowd_is_right_or_wrong_by_whom_it_blames() -> None:
    said = _said(talk(amber=1, basalt=2), talk(copper=1))
    assert _parts(said)["The crowd"] == [
        "4 posts and reports blame Basalt 50%, Amber 25%, Copper 25%.",
        "Right, since Amber was hit: 25%.",
        "Wrong, since these were well: 75%.",
    ]
    assert _parts(said, "fr")["La foule"] == [
        "4 messages et signalements accusent Basalt 50 %, Amber 25 %, Copper 25 %.",
        "Juste, car Amber a été touché : 25 %.",
        "Faux, car ceux-là allaient bien : 75 %.",
    ]


def test_to_blame_who_fell_along_is_half_right_and_not_wrong() -> None:
    fell = Consequence(Scope.parse("basalt/rooms"), "it leans on it", ())
    named = Named(replace(VERDICT, consequences=(fell,)), 600.0)
    half = "Half right, since these had trouble too by the same fault: 50% (Basalt)."
    by_verdict = _parts(_said(talk(amber=2, basalt=2), named=named))
    assert by_verdict["The crowd"][1:] == ["Right, since Amber was hit: 50%.", half]
    by_itself = _said(talk(amber=2, basalt=2), spoken=[spoke("basalt", "Trouble")])
    assert half in _parts(by_itself)["The crowd"]
    elsewhere = replace(named, attribution=replace(named.attribution, scope=Scope("copper")))
    assert half not in _parts(_said(talk(basalt=2), named=elsewhere))["The crowd"]


def test_one_voice_is_not_many_and_none_is_not_told() -> None:
    assert _parts(_said(talk(basalt=1)))["The crowd"][0] == "One post or report blames Basalt 100%."
    assert _parts(_said(talk(basalt=1)), "fr")["La foule"][0] == (
        "Un message ou signalement accuse Basalt 100 %."
    )
    assert "The crowd" not in _parts(_said(talk()))


def test_a_place_where_most_were_turned_away_is_told() -> None:
    assert _parts(_said(talk(3, 1), talk(1, 1)))["Back again"]
    assert "The crowd" not in _parts(_said(talk(3, 1), talk(1, 1)))
    assert _parts(_said(talk(3, 2)))["The crowd"] == ["2 of 3 who went to Owl found it down."]
    assert _parts(_said(talk(1, 1)), "fr")["La foule"] == ["Owl : visites 1, dont en vain 1."]


def test_status_pages_are_told_with_their_delay_and_downwinds_beside_them() -> None:
    spoken = [spoke("amber", "Errors"), spoke("basalt", "Delays", 1800.0)]
    assert _parts(_said(spoken=spoken))["The status pages"] == [
        'Amber: "Errors", 15 min after the onset.',
        'Basalt: "Delays", 30 min after the onset.',
        "Downwind named the cause 11 min after the onset.",
    ]


def test_the_silence_of_the_page_of_who_was_hit_is_told() -> None:
    silent = _said(spoken=[spoke("basalt", "Delays")], named=None)
    assert _parts(silent)["The status pages"] == [
        "Amber's own page said nothing.",
        'Basalt: "Delays", 15 min after the onset.',
    ]
    assert _parts(silent, "fr")["Les pages d'état"][0] == (
        "Chez Amber, la page d'état n'a rien dit."
    )


def test_what_was_not_yet_known_is_told_once_for_all_who_stand_on_it() -> None:
    hidden = [
        NotYetKnown("kite.test/read", "basalt/rooms", "2026-03-01", "the report"),
        NotYetKnown("kite.test/post", "basalt/rooms", "2026-03-01", "the report"),
        NotYetKnown("basalt/rooms", "amber/shield", "2026-03-02", "another"),
    ]
    found = result(as_of="2026-02-28", prediction=prediction(hidden=hidden))
    assert _parts(found)["What stands on what, and was not yet known on 2026-02-28"] == [
        "Kite on Basalt, Rooms: known since 2026-03-01 (the report).",
        "Basalt, Rooms on Amber, Shield: known since 2026-03-02 (another).",
    ]


def test_no_time_is_told_finer_than_the_scale_means_it() -> None:
    say = words("en")
    assert say_time(say, result(), 20.0) == "less than 60 s"
    assert say_time(say, result(), 95.0) == "95 s"
    assert say_time(say, result(), 3611.0) == "60 min"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_it_fits_a_narrow_terminal_and_a_strangers_text_cannot_move_the_cursor(lang: str) -> None:
    spoken = [spoke("amber", "Global network experiencing issues \x1b[2J with many words")]
    parts = _parts(_said(talk(3, 3, amber=2, basalt=5), spoken=spoken), lang, 60)
    lines = [line for head, told in parts.items() for line in (head, *told)]
    assert max(map(len, lines)) <= 60
    assert not any("\x1b" in line for line in lines)
