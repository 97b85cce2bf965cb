"""Slow is said against a target's own history."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.watch.detection import latency

LEAST = 60.0


def _counts(seconds: list[float]) -> latency.Counts:
    counts = np.zeros((1, 1, latency.BINS), np.float32)
    many = len(seconds)
    zeros = np.zeros(many, np.int64)
    latency.note_many(counts, zeros, zeros, np.array(seconds, float), LEAST, zeros.copy())
    return np.asarray(counts[0, 0])


def _say(counts: latency.Counts, seconds: float) -> int:
    slow = np.zeros(1, np.int64)
    zeros = np.zeros(1, np.int64)
    latency.note_many(counts.reshape(1, 1, -1), zeros, zeros, np.array([seconds]), LEAST, slow)
    return int(slow[0])


@settings(deadline=None)
@given(
    st.lists(st.floats(0.0015, 200), min_size=1, max_size=200),
    st.sampled_from([0.05, 0.5, 0.95]),
)
def test_a_quantile_is_that_of_the_sorted_list_but_for_a_bin(
    seconds: list[float], share: float
) -> None:
    found = latency.quantile(_counts(seconds), share)

    exact = sorted(seconds)[max(0, math.ceil(share * len(seconds) - 1e-9) - 1)]
    assert exact / (1 + 1e-9) <= found <= exact * latency.WIDTH * (1 + 1e-6)


@pytest.mark.parametrize(
    ("history", "seconds", "slow"),
    [
        ([0.1] * 59, 60.0, 0),  # too little history
        ([0.1] * 60, 0.2, 0),
        ([0.1] * 60, 0.3, 0),  # a quarter of a second more than the median is needed
        ([0.1] * 60, 0.5, 1),
        ([0.001] * 60, 0.1, 0),
        ([2.0] * 60, 5.0, 0),
        ([2.0] * 60, 9.0, 1),
        ([0.1] * 50 + [3.0] * 10, 4.0, 0),  # it is slow every sixth time
        ([0.1] * 60, math.nan, -1),
        ([0.1] * 60, -1.0, -1),
        ([0.1] * 60, math.inf, -1),
    ],
)
def test_slow_is_far_from_ones_own_history(history: list[float], seconds: float, slow: int) -> None:
    assert _say(_counts(history), seconds) == slow


def test_a_new_normal_becomes_the_normal_in_memory_that_does_not_grow() -> None:
    counts = _counts([0.1] * 10_000)
    assert counts.sum() <= latency.FULL
    assert _say(counts, 1.0) == 1

    later = _counts([0.1] * 10_000 + [1.0] * 10_000)

    assert _say(later, 1.0) == 0
    assert latency.quantile(later, 0.5) == pytest.approx(1.0, rel=0.25)
    assert math.isnan(latency.quantile(np.zeros(latency.BINS, np.float32), 0.5))
