"""Bare answers of an error that one of two vantages gets: whose fault they are."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.watch.live.play import Play, failed, model_of, shops
from tests.watch.live.test_one_word import HERE, THERE

EDGES = {
    **shops(6, "cloudflare/proxy"),
    **shops(6, "fastly/cdn", prefix="news"),
    **shops(6, "aws/ec2/us-east-1", prefix="app"),
}


def named(failing: Iterable[str], *places: str) -> set[tuple[str, str]]:
    """(verdict, who) of what is open after four rounds of a bare 503."""
    play = Play(model_of(EDGES), (HERE, THERE))
    play.calm()
    for _ in range(4):
        play.round(
            *(
                failed(f"{name}/page", play.now, vantage=v, status=503, reason="status 503")
                for name in failing
                for v in places
            )
        )
    return {(each.verdict, each.cause.name) for each in play.open}


@pytest.mark.parametrize("many", [12, 18], ids=["of two providers", "of all"])
def test_of_more_than_one_provider_they_are_the_vantages_though_somebody_answered(
    many: int,
) -> None:
    assert named(list(EDGES)[:many], "here") == {("vantage", "here")}


def test_of_one_provider_alone_it_is_suspected_and_not_the_vantage() -> None:
    """A box that meets all customers of one edge and nobody else is rarer than a bad edge."""
    assert named(list(EDGES)[:6], "here") == {("suspected", "cloudflare")}


def test_where_all_places_get_them_each_provider_is_named() -> None:
    assert named(list(EDGES)[:12], "here", "there") == {
        ("provider", "cloudflare"),
        ("provider", "fastly"),
    }
