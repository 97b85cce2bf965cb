"""A clock that is set makes the watch neither deaf nor suspicious."""

from __future__ import annotations

import pytest

from downwind.terms import State

from .play import EVERY, Play, model_of, probe, shops

HOUR = 3600.0


def _play() -> Play:
    play = Play(model_of(shops(6, "cloudflare/proxy")))
    play.calm()
    return play


@pytest.mark.parametrize("step", [-HOUR, HOUR, -50 * HOUR])
def test_an_outage_after_the_clock_was_set_is_seen_as_soon_as_any(step: float) -> None:
    play = _play()
    play.now += step
    play.calm(3)
    assert set(play.live.states().values()) == {State.UP}
    play.fail("shop0.test", rounds=4)
    assert play.live.states()["shop0.test/page"] is State.DOWN
    assert len(play.open) == 1


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_whoever_is_up_stays_up_when_the_clock_is_set(step: float) -> None:
    play = _play()
    play.now += step
    play.calm(10)
    assert set(play.live.states().values()) == {State.UP}
    assert play.open == []


def test_probes_that_end_out_of_their_order_set_no_clock_back() -> None:
    play = _play()
    before = dict(play.live.heard_at)
    play.live.hear(probe("shop0.test/page", play.now - EVERY - 60.0))
    assert play.live.heard_at == before
