"""A vantage is blamed only once the others have seen well what fails from there."""

from __future__ import annotations

import pytest

from downwind.questions.attribution.verdict import Attribution
from downwind.watch.live.unheard import is_premature
from downwind.watch.vantages import VantageSpec
from tests.watch.live.play import Play, failed, model_of, probe, shops

EDGES = {**shops(5, "cloudflare"), **shops(5, "fastly", prefix="news")}
CLOUDFLARES = tuple(f"{name}/page" for name in shops(5, "cloudflare"))
HERE, THERE = VantageSpec("here", "AS64500"), VantageSpec("there", "AS64501")


def blaming(place: str, *explains: str, verdict: str = "vantage") -> Attribution:
    return Attribution(verdict, None, place, 0.97, explains, (), (), (), ())


def failing_here(*vantages: VantageSpec) -> Play:
    """All is well, then some fail as seen from here; nobody else has looked yet."""
    play = Play(model_of(EDGES), vantages)
    play.calm(5)
    for name in CLOUDFLARES:
        play.live.hear(failed(name, play.now, layer="dial", status=None))
    return play


def test_while_the_others_have_not_looked_it_is_too_early_to_blame_a_vantage() -> None:
    play = failing_here(HERE, THERE)
    assert is_premature(play.live, blaming("here", *CLOUDFLARES), play.now + 5)
    for seen, name in enumerate(CLOUDFLARES, start=1):
        play.live.hear(probe(name, play.now + 6, vantage="there"))
        early = is_premature(play.live, blaming("here", *CLOUDFLARES), play.now + 7)
        assert early is (seen < 3), "half of them is enough"


def test_where_it_fails_from_elsewhere_too_no_vantage_is_blamed() -> None:
    play = failing_here(HERE, THERE)
    for name in CLOUDFLARES:
        play.live.hear(failed(name, play.now + 6, vantage="there", layer="dial", status=None))
    assert is_premature(play.live, blaming("here", *CLOUDFLARES), play.now + 7)


@pytest.mark.parametrize(
    ("vantages", "after"),
    [((HERE,), 5.0), ((HERE, THERE), 200.0)],
    ids=["it is alone", "the other is silent"],
)
def test_nobody_is_waited_for_who_will_not_come(
    vantages: tuple[VantageSpec, ...], after: float
) -> None:
    play = failing_here(*vantages)
    assert not is_premature(play.live, blaming("here", *CLOUDFLARES), play.now + after)


def test_who_shares_the_place_is_no_other() -> None:
    play = failing_here(HERE, VantageSpec("beside", "AS64500"))
    assert is_premature(play.live, blaming("here", *CLOUDFLARES), play.now + 5)
    assert not is_premature(play.live, blaming("AS64500", *CLOUDFLARES), play.now + 5)


def test_other_verdicts_do_not_wait() -> None:
    play = failing_here(HERE, THERE)
    own = blaming("shop0.test", CLOUDFLARES[0], verdict="own")
    assert not is_premature(play.live, own, play.now + 5)
