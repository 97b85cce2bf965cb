"""Alerts on one target wait where one voice alone looks, and only where that is asked for."""

from __future__ import annotations

import pytest

from downwind.jobs.watching.start import limits_of
from downwind.model import WatchSettings
from downwind.model.watching import Place

HERE = Place(name="here", network="AS64500")
NEAR = Place(name="near", network="AS64500")
FAR = Place(name="far", network="AS64501")


@pytest.mark.parametrize(
    ("others", "waits"),
    [((), 600.0), ((NEAR,), 600.0), ((FAR,), 0.0), ((NEAR, FAR), 0.0)],
    ids=["one vantage", "two of one network", "two of two networks", "three of two networks"],
)
def test_what_counts_is_voices_and_not_vantages(others: tuple[Place, ...], waits: float) -> None:
    settings = WatchSettings(hold_alone=600, place=HERE, vantages=others)
    assert limits_of(settings).hold_alone == waits


def test_nothing_waits_unless_it_is_asked_for() -> None:
    assert limits_of(WatchSettings()).hold_alone == 0
