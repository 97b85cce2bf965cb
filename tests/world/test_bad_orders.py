"""Orders that make no sense change nothing: the clock, the control planes, the status pages."""

import math
from typing import Any

import pytest

from downwind.terms import WorldError

from .conftest import Starter

WORDS = {"state": "investigating", "impact": "major", "title": "Errors", "text": "We look."}


async def test_a_clock_that_cannot_be_is_refused_and_the_old_one_goes_on(
    start_world: Starter,
) -> None:
    async with start_world(speed=5) as outside:
        speeds: list[Any] = ["fast", True, [], 0, -1, 2000.5, math.nan, math.inf, 10**400]
        for speed in speeds:
            with pytest.raises(WorldError, match=r"the speed is .*a number above 0, at most"):
                await outside.world.tell({"do": "tune", "speed": speed})
        for recovery in ("soon", False, -1, -0.5, math.nan, math.inf, 10**400):
            with pytest.raises(WorldError, match=r"the recovery is .*It is seconds, 0 or more"):
                await outside.world.tell({"do": "tune", "speed": 50, "recovery": recovery})
        clock = (await outside.world.tell({"do": "tune"}))["clock"]
        assert clock == outside.world.handout["clock"]
        clock = (await outside.world.tell({"do": "tune", "speed": 2000, "recovery": 0}))["clock"]
        assert clock["speed"] == 2000


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"provider": "fog", **WORDS}, "there is no provider 'fog'"),
        (WORDS, "there is no provider ''"),
        ({"provider": "acme"}, "state is missing; impact is missing; title is missing"),
        ({"provider": "acme", **WORDS, "state": "puzzled"}, "state is 'puzzled', not one of"),
        ({"provider": "acme", **WORDS, "state": []}, r"state is \[\], not one of"),
        ({"provider": "acme", **WORDS, "text": 7}, "text is 7, not text"),
        ({"provider": "acme", **WORDS, "share": 1}, "'share' is no word of it"),
        ({"provider": "acme", **WORDS, "regions": "all"}, "regions is 'all', not a list of ids"),
    ],
)
async def test_an_announcement_of_nobody_or_in_bad_words_is_refused_and_the_world_goes_on(
    start_world: Starter, order: dict[str, Any], said: str
) -> None:
    async with start_world() as outside:
        with pytest.raises(WorldError, match=said):
            await outside.world.tell({"do": "announce", **order})
        await outside.world.tell({"do": "announce", "provider": "acme", **WORDS})
        assert (await outside.get("https://news.test/health")).status == 200
