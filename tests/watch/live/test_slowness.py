"""Slow answers of many are blamed on what they share, and blame nobody who fails."""

from __future__ import annotations

import pytest

from downwind.terms import Evidence
from downwind.watch.incidents import Incident
from downwind.watch.live.slowness import spoken

from .play import Play, failed, model_of, probe, shops

CALM = 200
"""Rounds of history: fewer say nothing of what is slow."""


def _play(rounds: int = CALM, *, slowness: bool = True) -> Play:
    edges = shops(6, "cloudflare/proxy") | shops(6, "fastly/cdn", prefix="mall")
    play = Play(model_of(edges), slowness=slowness)
    play.calm(rounds)
    return play


def _crawl(play: Play, names: list[str], rounds: int, *others: Evidence) -> None:
    for _ in range(rounds):
        slow = [probe(f"{name}/page", play.now, milliseconds=900.0) for name in names]
        failing = [failed(each.subject, play.now) for each in others]
        play.round(*slow, *failing)


def _one(play: Play) -> Incident:
    (incident,) = play.open
    return incident


SHOPS = list(shops(6))


def test_who_is_slow_by_a_shared_edge_is_one_slow_incident_on_it() -> None:
    play = _play()
    began = play.now
    _crawl(play, SHOPS, 6)
    assert play.open == [], "a slow spell is no incident"
    _crawl(play, SHOPS, 9)
    incident = _one(play)
    assert (incident.slow, str(incident.cause)) == (True, "cloudflare")
    assert incident.victims == {f"{name}/page" for name in SHOPS}
    assert began <= incident.since <= began + 120
    play.calm(25)
    assert play.open == []


def test_one_service_that_is_slow_by_itself_is_its_own_and_only_after_two_hours() -> None:
    play = _play(rounds=4000)
    _crawl(play, SHOPS[:1], 230)
    assert play.open == []
    _crawl(play, SHOPS[:1], 16)
    incident = _one(play)
    assert (incident.slow, str(incident.cause)) == (True, "own:shop0.test")


def test_one_slow_answer_now_and_then_is_nothing() -> None:
    play = _play()
    for turn in range(60):
        _crawl(play, [SHOPS[turn % 6]], 1)
    assert play.events == []


@pytest.mark.parametrize("slow_for", [0, 16], ids=["slow since then", "slow before"])
def test_who_fails_is_attributed_the_same_while_others_are_slow(slow_for: int) -> None:
    told = []
    for slowness in (True, False):
        play = _play(slowness=slowness)
        _crawl(play, SHOPS, slow_for)
        mall = [failed(f"mall{n}.test/page", 0.0) for n in range(6)]
        _crawl(play, SHOPS, 14, *mall)
        known = play.incidents.ledger.incidents
        told.append([each for each in play.events if not known[each.incident].slow])
        assert [str(each.cause) for each in play.open if not each.slow] == ["fastly"]
        assert any(each.slow for each in play.open) is slowness
    assert told[0] == told[1]


def test_an_edge_that_is_slow_and_then_falls_is_one_incident() -> None:
    play = _play()
    _crawl(play, SHOPS, 16)
    assert _one(play).slow
    play.fail(*SHOPS, rounds=4)
    assert not _one(play).slow
    (slow,) = (each for each in play.incidents.ledger.incidents.values() if each.slow)
    assert slow.merged_into == _one(play).id


def test_who_is_slow_by_itself_time_and_again_comes_to_matter_less() -> None:
    play = _play()
    _crawl(play, SHOPS[:1], 12)
    assert play.live.slow_rates.failed["shop0.test"] > 5
    assert play.live.rates.failed == {}


def test_a_slow_answer_is_no_testimony_until_it_is_published_and_a_quick_one_is() -> None:
    play = _play()
    for number in range(2):
        play.live.hear(probe(f"shop{number}.test/page", play.now, milliseconds=900.0))
        play.live.hear(probe(f"shop{number}.test/page", play.now + 1, milliseconds=900.0))
    published = play.live.detector.judge(play.now + 2)
    assert not published.slow.any()
    heard = play.live.detector.slowness(play.now + 2)
    told = spoken(heard, published)
    assert ((heard.down > heard.up).any(axis=1)).sum() == 2
    assert not (told.down > told.up).any()
    assert (told.down < told.up).any(axis=1).sum() == 10
