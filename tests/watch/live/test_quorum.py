"""How many voices must agree, as the page tells it and as detection counts."""

from __future__ import annotations

from downwind.watch.detection import Settings, kernels
from downwind.watch.live.quorum import needed


def test_the_number_that_is_told_is_the_one_that_detection_asks_for() -> None:
    for quorum in (1, 2, 3, 5):
        rule = Settings(quorum=quorum).rule()
        for heard in range(1, 12):
            assert needed(heard, rule[kernels.QUORUM]) == kernels.needed(float(heard), rule)
    assert needed(0, 2.0) == 0
