"""What may still be asked for."""

from __future__ import annotations

import pytest

from downwind.observe.globalping import (
    Budget,
    LimitReached,
)


class TestBudget:
    """What may still be asked for."""

    def test_ones_own_limit_holds_for_an_hour(self) -> None:
        budget = Budget(most=5)
        budget.spend(3, 10_000.0)
        with pytest.raises(LimitReached) as caught:
            budget.spend(3, 10_100.0)
        budget.spend(5, caught.value.until)

    def test_what_is_left_counts_until_the_window_ends(self) -> None:
        budget = Budget()
        headers = {"x-ratelimit-remaining": "2", "x-ratelimit-reset": "60"}
        budget.heard(202, headers, 100.0)
        with pytest.raises(LimitReached):
            budget.spend(3, 159.0)
        budget.spend(3, 160.0)

    @pytest.mark.parametrize(
        ("headers", "wait"),
        [
            ({"retry-after": "4"}, 4),
            ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "90"}, 90),
            ({}, 60),
            ({"retry-after": "soon"}, 60),
            ({"retry-after": "-5"}, 60),
            ({"retry-after": "9" * 30}, 86_400),
            ({"retry-after": "٣"}, 60),
        ],
    )
    def test_after_429_it_waits_as_long_as_it_is_told(
        self, headers: dict[str, str], wait: float
    ) -> None:
        budget = Budget()
        with pytest.raises(LimitReached) as caught:
            budget.heard(429, headers, 1_000.0)

        assert caught.value.until == 1_000.0 + wait
        with pytest.raises(LimitReached):
            budget.spend(1, 1_000.0 + wait - 1)
        budget.spend(1, 1_000.0 + wait + 90)
