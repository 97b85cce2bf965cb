"""What a cause would add, where the likelihoods are too large or too small for a number."""

import math

import numpy as np
import pytest

from downwind.questions.attribution.kernels import gains
from downwind.questions.attribution.parameters import SEVERITIES

MANY = 300


def _twin(hit: float, log_rest: float, log_own: float, severity: float, each: int) -> float:
    """MANY nodes alike, `each` to a service, in logs all the way."""
    node = math.log(0.999 * ((1 - severity) + severity * hit) + 0.001 * hit)
    node -= math.log(0.999 + 0.001 * hit)
    return float(np.logaddexp(log_rest + each * node, log_own)) * MANY / each


@pytest.mark.parametrize("each", [1, 3, 100, 300])
@pytest.mark.parametrize("hit", [math.exp(40), math.exp(-40), 1e3, 1e-3])
@pytest.mark.parametrize("log_rest", [math.log1p(-1e-3), -40.0, -900.0])
def test_gains_are_those_of_sums_of_logs_however_extreme(
    hit: float, log_rest: float, each: int
) -> None:
    log_own = math.log1p(-math.exp(log_rest)) if log_rest > -1 else -math.exp(log_rest)
    found = gains(
        np.array([0, MANY]), np.arange(MANY), np.full(MANY, hit), np.ones(MANY),
        np.arange(MANY) // each, np.full(MANY, 0.001), np.full(MANY, hit),
        np.full(MANY // each, log_rest), np.full(MANY // each, log_own), SEVERITIES,
    )[0]  # fmt: skip
    for grade, severity in enumerate(SEVERITIES.tolist()):
        expected = _twin(hit, log_rest, log_own, severity, each)
        assert found[grade] == pytest.approx(expected, rel=1e-9, abs=1e-6)
