"""The capabilities of the picture: drawn in parts, they are the same as drawn whole."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import example, given, settings

from downwind.show.watch_words import summary
from downwind.watch.itself import WatcherSeen
from downwind.watch.live.seen import Around, draw
from downwind.watch.live.targets import Targets
from downwind.watch.picture import Picture
from tests.watch.live.play import BEGAN, Play, model_of, probe, shops

EDGES = {
    **shops(3, "cloudflare"),
    **shops(2, "fastly", prefix="news"),
    **shops(2, "cloudflare", "fastly", prefix="both"),
}
STEPS = st.lists(
    st.one_of(
        st.just("calm"),
        st.just("rolled up"),
        st.just("mapped anew"),
        st.just("silence"),
        st.lists(st.sampled_from(sorted(EDGES)), min_size=1, max_size=7, unique=True),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
@example([["shop0.test", "shop1.test", "shop2.test"], "mapped anew", "mapped anew", "silence"])
def test_what_is_drawn_in_parts_is_what_would_be_drawn_whole(steps: list[str | list[str]]) -> None:
    play = Play(model_of(EDGES))
    play.calm(5)
    kept, availability = Targets(), {}
    for number, step in enumerate(steps):
        match step:
            case "calm":
                play.calm(4)
            case "rolled up":
                availability = {f"{name}/page": 1 - number / 100 for name in EDGES}
            case "mapped anew":
                second = ("akamai", "bunny")[number % 2]
                edges = shops(2, "cloudflare", second, prefix="both")
                moved = Play(model_of({**EDGES, **edges}))
                play.live.stand_on(moved.live.setting.graph, moved.live.setting.suspects)
            case "silence":
                play.now += 600.0
                play.judge()
            case list():
                play.fail(*step, rounds=2)
        drawn = [
            draw(
                play.live,
                play.model,
                play.now,
                Around(
                    BEGAN,
                    play.incidents.ledger,
                    WatcherSeen(),
                    availability=availability,
                    targets=targets,
                ),
            )
            for targets in (kept, Targets())
        ]
        assert drawn[0] == drawn[1]


def test_only_what_was_heard_of_is_drawn_anew() -> None:
    play = Play(model_of(EDGES))
    play.calm(5)
    targets = Targets()
    around = Around(BEGAN, play.incidents.ledger, WatcherSeen(), targets=targets)
    before = draw(play.live, play.model, play.now, around).targets
    play.now += 30.0
    play.round(silent=[f"{name}/page" for name in EDGES if name != "shop0.test"])
    after = draw(play.live, play.model, play.now, around).targets
    anew = [new.key for old, new in zip(before, after, strict=True) if old is not new]
    assert anew == ["shop0.test/page"]


def test_an_address_that_fails_while_others_answer_is_told_of_its_capability() -> None:
    play = Play(model_of(shops(2, "cloudflare/proxy")))
    play.calm()
    for turn in range(8):
        how: dict[str, Any] = {"host": "shop0.test", "address": f"192.0.2.{turn % 4}", "do": "get"}
        if turn % 4 == 2:
            how |= {"ok": False, "layer": "dial", "reason": "no route to host", "status": None}
        play.live.hear(probe("shop0.test/page", play.now + turn, **how))
    play.now += 30.0
    play.judge()
    around = Around(play.now, play.incidents.ledger, WatcherSeen())
    drawn = {each.key: each for each in draw(play.live, play.model, play.now, around).targets}
    first, second = drawn["shop0.test/page"], drawn["shop1.test/page"]
    assert first.partly == "1 of 4 addresses of shop0.test fails: 192.0.2.2 (no route to host)"
    assert second.partly == ""
    assert "1 of 4 addresses" in summary(Picture(0, 0, targets=(first, second)), 0)
