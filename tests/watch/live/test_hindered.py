"""A vantage that cannot look is blind, says why, and blames nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Evidence, Unanswered
from downwind.watch.live.hindered import Hindered
from downwind.watch.vantages import VantageSpec

from .play import Play, model_of, probe, shops

RESOLVER = "one's own resolver answers nothing: 192.0.2.53"


def _not_made(play: Play, *numbers: int, vantage: str = "here") -> list[Evidence]:
    finding = Unanswered(RESOLVER)
    names = (f"shop{n}.test/page" for n in numbers)
    return [Evidence(name, "probe.http", finding, play.now, vantage) for name in names]


def test_without_probes_it_is_blind_and_says_why() -> None:
    play = Play(model_of(shops(10, "cloudflare/proxy")))
    play.calm()
    play.round(*_not_made(play, *range(9)))
    view = play.live.look(play.now)
    assert view.blind
    assert play.live.sight() == {"here": True}
    assert play.live.hindered["here"].words() == f"hardly any targets can be probed: {RESOLVER}"
    play.round()
    assert not play.live.look(play.now).blind
    assert play.live.hindered["here"].words() == ""


def test_a_few_that_cannot_be_probed_blind_nobody() -> None:
    play = Play(model_of(shops(10, "cloudflare/proxy")))
    play.calm()
    play.round(*_not_made(play, 0, 1))
    assert not play.live.look(play.now).blind
    assert play.live.hindered["here"].words() == ""
    assert play.live.latest["shop0.test/page"].unheard == RESOLVER
    play.round(*_not_made(play, *range(6)))
    assert play.live.hindered["here"].words() == f"only some targets can be probed: {RESOLVER}"


def test_another_vantage_that_sees_is_listened_to() -> None:
    play = Play(
        model_of(shops(10, "cloudflare/proxy")), (VantageSpec("here"), VantageSpec("there"))
    )
    play.calm()
    play.round(*_not_made(play, *range(10)))
    assert play.live.sight() == {"here": True, "there": False}
    assert not play.live.look(play.now).blind


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=40))
def test_it_counts_as_a_plain_count_does(told: list[tuple[int, bool]]) -> None:
    hindered, last = Hindered(), {}
    for number, seen in told:
        record = probe(f"t{number}", 0.0)
        if not seen:
            record = Evidence(f"t{number}", "probe.http", Unanswered("why"), 0.0, "here")
        hindered.hear(record)
        last[number] = seen
    not_seen = sum(not seen for seen in last.values())
    assert hindered.wholly == (not_seen >= 0.8 * len(last))
    assert bool(hindered.words()) == (not_seen >= 0.5 * len(last))


@pytest.mark.parametrize("rounds", [1, 30])
def test_what_was_down_before_is_still_open_while_it_is_blind(rounds: int) -> None:
    play = Play(model_of(shops(10, "cloudflare/proxy")))
    play.calm()
    play.fail("shop0.test", rounds=4)
    assert len(play.open) == 1
    for _ in range(rounds):
        play.round(*_not_made(play, *range(10)))
    assert len(play.open) == 1
