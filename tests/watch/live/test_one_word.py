"""No provider and no service is named on one vantage's word while others may yet speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from downwind.questions.attribution.verdict import Answer, Attribution
from downwind.terms import Evidence
from downwind.watch.live.one_word import on_one_word, targets_of
from downwind.watch.live.state import View
from downwind.watch.live.verdict import ask, observe
from downwind.watch.vantages import VantageSpec
from tests.watch.live.play import EVERY, Play, failed, model_of, probe, shops

EDGES = {**shops(5, "cloudflare"), **shops(5, "fastly", prefix="news")}
CLOUDFLARES = tuple(f"{name}/page" for name in shops(5, "cloudflare"))
HERE, THERE = VantageSpec("here", "AS64500"), VantageSpec("there", "AS64501")
NAMED = ("provider", "suspected", "own")


def blaming(verdict: str, *explains: str) -> Attribution:
    return Attribution(verdict, None, "somebody", 0.97, explains, (), (), (), ())


def waits(play: Play, after: float, verdict: str = "provider") -> bool:
    fault = blaming(verdict, *CLOUDFLARES)
    return on_one_word(play.live, fault, play.now + after, targets_of(play.live))


def dial(name: str, at: float, vantage: str = "here") -> Evidence:
    return failed(name, at, vantage=vantage, layer="dial", status=None)


def failing_here(*vantages: VantageSpec) -> Play:
    """All is well, then some fail as seen from here; nobody else has looked yet."""
    play = Play(model_of(EDGES), vantages)
    play.calm(5)
    for name in CLOUDFLARES:
        play.live.hear(dial(name, play.now))
    return play


@pytest.mark.parametrize("verdict", NAMED)
def test_while_the_others_have_not_looked_nobody_is_named(verdict: str) -> None:
    assert waits(failing_here(HERE, THERE), 5, verdict)


def test_where_half_of_it_fails_from_elsewhere_too_it_waits_no_longer() -> None:
    play = failing_here(HERE, THERE)
    for seen, name in enumerate(CLOUDFLARES, start=1):
        play.live.hear(dial(name, play.now + 1, "there"))
        assert waits(play, 2) is (seen < 3)


def test_what_others_see_well_waits_for_a_round_and_its_confirmation_and_no_longer() -> None:
    play = failing_here(HERE, THERE)
    for name in CLOUDFLARES:
        play.live.hear(probe(name, play.now + 1, vantage="there"))
    assert waits(play, EVERY + 14)
    assert not waits(play, EVERY + 15)


def test_what_has_failed_for_all_since_long_does_not_shorten_the_wait() -> None:
    play = Play(model_of(EDGES), (HERE, THERE))
    play.calm(5)
    play.fail("shop0.test", rounds=4)
    for name in CLOUDFLARES[1:]:
        play.live.hear(dial(name, play.now))
    assert waits(play, 5)


@pytest.mark.parametrize(
    "vantages",
    [(HERE,), (HERE, replace(THERE, network="AS64500"))],
    ids=["it is alone", "the other is of the same network"],
)
def test_nobody_is_waited_for_who_has_no_voice_of_its_own(
    vantages: tuple[VantageSpec, ...],
) -> None:
    assert not waits(failing_here(*vantages), 5)


def test_a_vantage_that_sees_nothing_is_not_waited_for() -> None:
    play = failing_here(HERE, THERE)
    play.live.detector.set_mute("there", True)
    assert not waits(play, 5)


@pytest.mark.parametrize("verdict", ["vantage", "unknown"])
def test_a_verdict_that_names_neither_does_not_wait(verdict: str) -> None:
    assert not waits(failing_here(HERE, THERE), 5, verdict)


def test_an_outage_that_all_see_is_named_as_soon_as_it_is_down() -> None:
    play = Play(model_of(EDGES), (HERE, THERE))
    play.calm()
    play.fail(*shops(5, "cloudflare"), rounds=2, layer="dial", status=None)
    assert [each.verdict for each in play.open] == ["provider"]


def test_the_incidents_are_not_told_of_what_waits() -> None:
    play = Play(model_of(EDGES), (HERE, THERE))
    play.calm(5)
    for after in (0, 5, 10):
        play.live.hear(dial(CLOUDFLARES[0], play.now + after))
    view = play.live.look(play.now + 11)
    question = ask(play.live, view)
    assert question is not None
    answer = question.answer()
    told = {after: _told(play, replace(view, at=play.now + after), answer) for after in (11, 50)}
    assert told == {11: [], 50: ["own"]}


def _told(play: Play, view: View, answer: Answer) -> list[str]:
    return [fault.verdict for fault in observe(play.live, view, answer, regular=True).faults]
