"""The end of a replay: the table, the cause, the differences and why, wide and narrow."""

from dataclasses import replace
from typing import Any

import pytest

from downwind.jobs.foretell import NotYetKnown
from downwind.jobs.outcome import Replay
from downwind.questions.attribute import Attribution, Consequence
from downwind.questions.verdicts import Named
from downwind.show.replay_view import show_result
from downwind.show.words import words
from downwind.terms import Scope
from tests.show.island import (
    CELLS,
    DEGRADED,
    DOWN,
    UP,
    VERDICT,
    cell,
    console,
    prediction,
    result,
    text,
)

LATER = NotYetKnown("amber/shield", "basalt/rooms", "2026-03-01", "the report")


def _shown(found: Replay, lang: str = "en", width: int = 120) -> list[str]:
    out = console(width)
    show_result(out, words(lang), found)
    lines = text(out).replace("\N{NO-BREAK SPACE}", " ").splitlines()
    return [line.rstrip() for line in lines]


def _under(head: str, lines: list[str]) -> list[str]:
    after = lines[lines.index(head) + 1 :]
    return after[: after.index("")] if "" in after else after


def _cause(verdict: Attribution | None, lang: str = "en") -> list[str]:
    named = Named(verdict, 600.0) if verdict else None
    return _under("Cause", _shown(result(named=named), lang))


def test_a_wide_terminal_shows_a_table_of_those_of_whom_a_column_tells() -> None:
    lines = _shown(result(cells=(replace(CELLS[0], reported=DOWN, source="the paper"), *CELLS[1:])))
    table = [line.split() for line in _under("Who fell, who stood", lines)]
    assert " ".join(table[0]) == (
        "Service Capability Predicted from outside Predicted with declarations Observed Reported"
    )
    assert table[1:] == [
        ["Kite", "read", "the", "feed", "down", "down", "down", "down"],
        ["post", "down", "down", "down", "-"],
    ]
    assert "Foretold to stand, and stood: Owl." in lines
    assert _under("Who reported what", lines) == ["Kite: read the feed, down: the paper"]


def test_a_narrow_terminal_shows_one_under_the_other_and_nothing_runs_over() -> None:
    doubtful = replace(CELLS[0], certain_from_outside=False)
    lines = _shown(result(cells=(doubtful, *CELLS[1:])), "fr", 60)
    assert _under("Qui est tombé, qui a tenu", lines)[:5] == [
        "Kite: read the feed",
        "  dehors    à terre?",
        "  déclaré   à terre",
        "  observé   à terre",
        "  rapporté  -",
    ]
    assert max(map(len, lines)) <= 60


def test_the_calm_are_counted_by_what_they_do() -> None:
    calm = (cell("kite.test/read"), cell("kite.test/post"), cell("owl.test/message", observed=DOWN))
    found = result(cells=calm)
    assert "Foretold to stand, and stood (2 capabilities): Kite." in _shown(found)
    assert "Devaient tenir et ont tenu (2 usages) : Kite." in _shown(found, "fr")


def test_the_cause_is_told_beside_what_was_really_hit() -> None:
    assert _cause(VERDICT) == [
        "Really hit: Amber, Shield (bots)",
        "Blamed: Amber, Shield (97% sure, 10 min after the first failing probe)",
        "It explains Kite.",
    ]
    assert _cause(VERDICT, "fr") == [
        "Réellement touché : Amber, Shield (bots)",
        "Mis en cause : Amber, Shield (sûr à 97 %, 10 min après la première sonde en échec)",
        "Expliqué par cela : Kite.",
    ]
    assert _cause(None)[1:] == ["Blamed: nobody"]


def test_what_speaks_against_the_verdict_is_told_by_peoples_names() -> None:
    verdict = replace(
        VERDICT,
        explains=("kite.test/read",),
        unexplained=("owl.test/message",),
        contradicts=("kite.test/post", "name:kite.test"),
        same=("amber/shield#bots", "host:edge.kite.test", "this vantage", "own:kite.test"),
        consequences=(Consequence(Scope.parse("basalt/rooms"), "it leans on it", ()),),
    )
    assert _cause(verdict)[2:] == [
        "It explains Kite: read the feed.",
        "It does not explain Owl.",
        "Against it speak Kite: post; Kite.",
        "These probes cannot tell it from Amber, Shield (bots); edge.kite.test; "
        "its own connection; Kite.",
        "Basalt, Rooms fell as a consequence: it leans on it.",
    ]


def test_a_service_by_itself_the_vantage_and_nobody_are_called_by_words() -> None:
    own = replace(VERDICT, verdict="own", scope=None, suspect="owl.test")
    assert _cause(own)[1].startswith("Blamed: Owl (97% sure")
    vantage = replace(VERDICT, verdict="vantage", scope=None, suspect="this vantage")
    assert _cause(vantage, "fr")[1].startswith("Mis en cause : sa propre connexion (")
    unknown = replace(VERDICT, verdict="unknown", scope=None, suspect="")
    assert _cause(unknown)[1].startswith("Blamed: nobody (97% sure")


@pytest.mark.parametrize("scope", [Scope("basalt"), None])
def test_a_verdict_that_misses_for_want_of_later_knowledge_was_honest(scope: Scope | None) -> None:
    missed = replace(VERDICT, verdict="own", scope=scope, suspect="owl.test")
    told = (
        "On 2026-02-28 this was the honest verdict: "
        "what leads from those who fell to Amber, Shield (bots) was not yet known."
    )
    then: dict[str, Any] = {
        "as_of": "2026-02-28",
        "prediction": prediction(hidden=[LATER]),
    }
    honest = result(named=Named(missed, 600.0), **then)
    assert told in " ".join(_shown(honest))
    assert told not in " ".join(_shown(result(**then)))
    nothing_hidden = result(named=Named(missed, 600.0), as_of="2026-02-28")
    assert told not in " ".join(_shown(nothing_hidden))
    assert any(line.startswith("Le 2026-02-28, c'était le") for line in _shown(honest, "fr"))


def test_those_that_differ_alike_share_one_line() -> None:
    cells = (
        cell("kite.test/read", observed=DOWN),
        cell("kite.test/post", observed=DOWN),
        cell("owl.test/message", predicted=DOWN, certain_from_outside=False),
    )
    wrong = "since the declaration does not hold or something else failed: "
    assert _under("Where they differ, and why", _shown(result(cells=cells))) == [
        "Predicted up, observed down, " + wrong + "Kite.",
        "Predicted down, observed up, " + wrong + "Owl.",
        "From outside up, observed down, since what they stand on cannot be seen from there: Kite.",
        "From outside down, observed up, since one sees from there that they stand on Amber, "
        "Shield, and not on which part of it:",
        "Owl.",
    ]


def test_a_difference_for_want_of_later_knowledge_says_so() -> None:
    cells = (cell("kite.test/read", observed=DOWN, predicted_from_outside=DOWN), *CELLS[1:])
    then: dict[str, Any] = {
        "as_of": "2026-02-28",
        "prediction": prediction(hidden=[LATER], leans="amber/shield"),
    }
    assert _under("Where they differ, and why", _shown(result(cells=cells, **then))) == [
        "Predicted up, observed down, since not all that they stand on was known on 2026-02-28: "
        "Kite: read the feed."
    ]
    elsewhere = {**then, "prediction": prediction(hidden=[LATER], leans="copper/seals")}
    assert "the declaration does not hold" in " ".join(_shown(result(cells=cells, **elsewhere)))


def test_a_report_that_differs_is_told_with_its_source_and_what_was_not_seen_is_left_out() -> None:
    cells = (
        replace(CELLS[0], reported=DEGRADED, source="the paper"),
        CELLS[1],
        cell("owl.test/message", predicted=DOWN, observed=None),
    )
    assert _under("Where they differ, and why", _shown(result(cells=cells))) == [
        "Observed down, reported degraded (the paper): Kite: read the feed."
    ]


def test_the_last_line_says_whether_prediction_and_observation_agree() -> None:
    lines = _shown(result())
    assert _under("Where they differ, and why", lines) == ["Nowhere."]
    assert lines[-1] == "Prediction and observation agree."
    wrong = result(cells=(cell("kite.test/read", observed=DOWN), *CELLS[1:]))
    assert _shown(wrong)[-1] == "Prediction and observation DIFFER."
    assert _shown(wrong, "fr")[-1] == "Prédiction et observation DIVERGENT."


def test_the_agreement_says_over_how_many_capabilities() -> None:
    assert _under("Agreement", _shown(result())) == [
        "predicted with declarations, against observed: precision 100%, recall 100% "
        "(capabilities: 3, alike: 3)",
        "predicted from outside, against observed: precision 100%, recall 100% "
        "(capabilities: 3, alike: 3)",
        "observed, against reported: precision n/a, recall n/a (capabilities: 0, alike: 0)",
    ]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_colours_are_left_out_where_nobody_wants_them(lang: str) -> None:
    coloured, plain = console(terminal=True), console(terminal=True)
    plain.no_color = True
    for out in (coloured, plain):
        show_result(out, words(lang), result())
    assert "31m" in text(coloured)
    assert "31m" not in text(plain)


def test_states_are_told_by_words_and_not_by_colours_alone() -> None:
    assert UP != DOWN
    table = _under("Who fell, who stood", _shown(result()))
    assert all("down" in line for line in table[1:])


def test_brief_is_the_table_and_the_cause_and_the_last_line() -> None:
    out = console(120)
    show_result(out, words("en"), result(), brief=True)
    shown = text(out).replace("\N{NO-BREAK SPACE}", " ")
    brief = {line.rstrip() for line in shown.splitlines()}
    whole = set(_shown(result()))
    assert brief < whole
    assert {"Who fell, who stood", "Cause"} <= brief
    assert not {"Who reported what", "Agreement", "Where they differ, and why"} & brief
    assert {"Agreement", "Where they differ, and why"} <= whole
