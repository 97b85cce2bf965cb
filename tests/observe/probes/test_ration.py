"""Error pages are kept while there are few, and a share of them while there are many."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe.probes import HttpProbe, Prober
from downwind.observe.probes.ration import Ration

from ..tinynet import TinyInternet, page
from .test_http_probe import step

IP = "198.18.2.80"


@given(wishes=st.lists(st.tuples(st.floats(0, 3), st.integers(0, 9_000)), max_size=60))
def test_no_more_is_granted_than_rate_and_savings_allow(wishes: list[tuple[float, int]]) -> None:
    now, granted = 0.0, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("downwind.observe.probes.ration.time.monotonic", lambda: now)
        ration = Ration(1_000.0)
        left = 5_000.0
        for wait, wish in wishes:
            now += wait
            left = min(5_000.0, left + wait * 1_000)
            wanted = min(wish, 6_096)
            expected = wanted <= left
            assert ration.grants(wish) is expected
            if expected:
                left -= wanted
                granted += wanted
    assert granted <= 5_000 + 1_000 * now + 1


async def test_many_error_pages_are_told_without_their_bodies(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("error " * 2_000, "503 Down", "Server: edge"))
        prober = Prober(net.network(), ration=Ration(5_000.0))
        told = [step(await prober.probe("x/front", HttpProbe(f"http://{IP}/"))) for _ in range(20)]
        await prober.close()
    kept = [each for each in told if each["body"]]
    left_out = [each for each in told if each.get("body_left_out")]
    assert len(kept) + len(left_out) == 20
    assert told[0] in kept
    assert 4 <= len(kept) < 20
    assert all(each["headers"]["server"] == "edge" for each in told)
    assert all(len(each["body"]) <= 2_000 for each in kept)
