"""What is kept of probes equals what the whole list of them would say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.watch.detection import Detector, Outcome, Settings, kernels

INTERVAL = 30.0

probes = st.lists(
    st.tuples(
        st.floats(0, 3_000),
        st.sampled_from([Outcome.ANSWERED, Outcome.FAILED, Outcome.REFUSED, Outcome.DEGRADED]),
    ),
    max_size=40,
)


def _twin(
    heard: list[tuple[float, Outcome]], now: float, settings: Settings
) -> tuple[float, float]:
    """Both log-likelihoods from the whole list, probe by probe."""
    newest = max(at for at, _ in heard)
    trust = settings.alpha_trust
    weights = [2 ** (-(newest - at) / settings.long_memory) for at, _ in heard]
    failed = [outcome is Outcome.FAILED for _, outcome in heard]
    lost = sum(w for w, is_failure in zip(weights, failed, strict=True) if is_failure)
    learned = (settings.alpha * trust + lost) / (trust + sum(weights))
    alpha = min(max(learned, settings.alpha), settings.alpha_max)
    up = down = 0.0
    for (at, _), is_failure in zip(heard, failed, strict=True):
        weight = 2 ** (-(now - at) / (settings.memory * INTERVAL))
        up += weight * math.log(alpha if is_failure else 1 - alpha)
        down += weight * math.log(1 - settings.beta if is_failure else settings.beta)
    return up, down


@settings(deadline=None)
@given(heard=probes.filter(bool), wait=st.floats(0, 600), in_order=st.booleans())
def test_decayed_likelihoods_are_those_of_the_whole_list(
    heard: list[tuple[float, Outcome]], wait: float, in_order: bool
) -> None:
    """In whichever order they come: a late one counts as if it had come in time."""
    heard = sorted(heard, key=lambda probe: probe[0]) if in_order else heard
    detector = Detector.new(["a"], ["here"], intervals=INTERVAL)
    for at, outcome in heard:
        detector.hear("a", "here", at, outcome)
    now = max(at for at, _ in heard) + wait

    found = detector.likelihoods(now)

    assert (found.up[0, 0], found.down[0, 0]) == pytest.approx(
        _twin(heard, now, detector.settings), rel=1e-9, abs=1e-12
    )


@settings(deadline=None)
@given(heard=probes)
def test_many_at_once_are_as_one_by_one(heard: list[tuple[float, Outcome]]) -> None:
    one, many = (Detector.new(["a", "b"], ["x", "y"]) for _ in range(2))
    rows = [(n % 2, n // 2 % 2, at, outcome) for n, (at, outcome) in enumerate(heard)]

    for target, vantage, at, outcome in rows:
        one.hear("ab"[target], "xy"[vantage], at, outcome, at / 100)
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    many.hear_many(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], float),
        np.array(columns[3], np.int64),
        np.array(columns[2], float) / 100,
    )

    for ledger in ("fault", "degraded", "slow"):
        for part in ("pairs", "targets", "turns"):
            np.testing.assert_array_equal(
                getattr(getattr(one, ledger), part), getattr(getattr(many, ledger), part)
            )
    np.testing.assert_array_equal(one.histories, many.histories)


@settings(deadline=None)
@given(before=probes, many=st.integers(1, 300), gap=st.floats(0, 100))
def test_a_quiet_stretch_in_one_step_is_the_same_as_probe_by_probe(
    before: list[tuple[float, Outcome]], many: int, gap: float
) -> None:
    rule = Settings().rule()
    slow, fast = np.zeros(kernels.PAIR), np.zeros(kernels.PAIR)
    for pair in (slow, fast):
        pair[kernels.HEARD] = kernels.NEVER
        for at, outcome in sorted(before, key=lambda probe: probe[0]):
            kernels.hear(pair, at, min(int(outcome), 2), INTERVAL, True, rule)
    first = max((at for at, _ in before), default=0.0) + gap

    for n in range(many):
        kernels.hear(slow, first + n * INTERVAL, kernels.ANSWERED, INTERVAL, True, rule)
    kernels.hear_answers(fast, first + (many - 1) * INTERVAL, INTERVAL, many, rule)

    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12)


def test_one_failure_weighs_as_published_and_one_answer_less() -> None:
    detector = Detector.new(["a", "b"], ["here"])
    detector.hear("a", "here", 0.0, Outcome.FAILED)
    detector.hear("b", "here", 0.0, Outcome.ANSWERED)

    found = detector.likelihoods(0.0)

    ratios = (found.down - found.up)[:, 0]
    alpha = (0.02 * 1000 + 1) / 1001
    assert ratios[0] == pytest.approx(math.log(0.95 / alpha))
    assert ratios[1] == pytest.approx(math.log(0.05 / 0.98))


def test_a_pair_that_often_fails_weighs_less_and_the_others_do_not() -> None:
    detector = Detector.new(["flaky", "sound"], ["x", "y"])
    rounds = 20_000
    which, vantages = np.tile([0, 0, 1, 1], rounds), np.tile([0, 1, 0, 1], rounds)
    lost = np.random.default_rng(1).random(4 * rounds) < 0.3
    outcomes = np.where((which == 0) & (vantages == 0) & lost, Outcome.FAILED, Outcome.ANSWERED)
    at = np.repeat(np.arange(rounds) * 30.0, 4)

    detector.hear_many(which, vantages, at, outcomes.astype(np.int64), np.full(len(at), np.nan))

    assert detector.false_alarms("flaky", "x") == pytest.approx(0.3, abs=0.04)
    assert detector.false_alarms("flaky", "y") == detector.settings.alpha
    assert detector.false_alarms("sound", "x") == detector.settings.alpha


def test_an_outage_is_not_learned_as_false_alarms() -> None:
    detector = Detector.new(["a"], ["here"])
    for n in range(1_000):
        detector.hear("a", "here", n * 30.0, Outcome.FAILED if n > 20 else Outcome.ANSWERED)
        detector.judge(n * 30.0)

    assert detector.false_alarms("a", "here") < 0.2


def test_a_mute_vantage_says_nothing_to_attribution() -> None:
    detector = Detector.new(["a"], ["x", "y"])
    for vantage in "xy":
        detector.hear("a", vantage, 0.0, Outcome.FAILED)
    detector.set_mute("x", True)

    found = detector.likelihoods(0.0)

    assert found.up[0, 0] == found.down[0, 0] == 0
    assert found.down[0, 1] > found.up[0, 1]
