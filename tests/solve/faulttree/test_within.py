"""A computation ends at its limit or when it is interrupted, with what is known by then."""

from __future__ import annotations

import os
import signal
import time
from threading import Timer

import numpy as np
import pytest

from downwind.questions.risk import Risk, analyse
from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.diagrams.table import NODES
from downwind.solve.faulttree.exact import solve
from downwind.solve.faulttree.types import FaultTree

from .trees import Gate, tree_of

EVENTS = 200


def hopeless() -> FaultTree:
    """Both of two unions of a thousand triples each."""
    rng = np.random.default_rng(3)
    first = EVENTS + 3
    triples = [Gate(3, tuple(map(int, rng.choice(EVENTS, 3, replace=False)))) for _ in range(2000)]
    halves = [Gate(1, tuple(range(first + at, first + at + 1000))) for at in (0, 1000)]
    return tree_of(EVENTS, [Gate(2, (EVENTS + 1, EVENTS + 2)), *halves, *triples])


def asked(budget: Budget) -> Risk:
    names = [f"e{event}" for event in range(EVENTS)]
    return analyse(hopeless(), 0, "top", names, np.full(EVENTS, 0.01), 2, budget)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    asked(Budget(0.0))


def test_at_the_limit_there_are_bounds_and_the_reason() -> None:
    began = time.monotonic()
    risk = asked(Budget(1.0))
    assert time.monotonic() - began < 5.0  # some hundredths on a machine that is idle
    assert not risk.complete
    assert risk.unknown == "stopped after 1 s: these are bounds"
    assert risk.chance is not None
    assert 0.0 <= risk.chance.lower < risk.chance.upper <= 1.0


def test_an_interrupt_ends_it_within_a_second_with_what_is_known() -> None:
    budget = Budget()
    before = signal.getsignal(signal.SIGINT)
    Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with budget.interruptible():
        risk = asked(budget)
    assert budget.interrupted
    assert signal.getsignal(signal.SIGINT) is before
    assert time.monotonic() - began < 6.0
    assert risk.unknown == "interrupted: these are bounds"
    assert risk.chance is not None


def test_a_second_interrupt_is_raised() -> None:
    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)

    budget = Budget()
    with budget.interruptible():
        interrupt()
        assert budget.run("nothing", lambda: 1) is None
        with pytest.raises(KeyboardInterrupt):
            interrupt()


def test_progress_is_told_after_two_seconds() -> None:
    told: list[tuple[float, str, int]] = []
    budget = Budget(tell=lambda *line: told.append(line))
    budget.signal[NODES] = 7
    budget.run("nothing", lambda: time.sleep(0.3))
    assert not told
    budget.run("cut sets", lambda: time.sleep(2.0))
    assert [line[1:] for line in told] == [("cut sets", 7)]
    assert told[0][0] >= 2.0


def test_a_small_tree_is_solved_when_time_is_up() -> None:
    tree = tree_of(3, [Gate(2, (0, 1, 2))])
    solved = solve(tree, 0, budget=Budget(0.0))
    assert solved.cuts is not None
    assert solved.cuts.by_order == (0, 0, 3)


def test_what_the_work_raises_is_raised() -> None:
    def fail() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        Budget().run("nothing", fail)


def test_work_is_cut_to_the_time_that_is_left() -> None:
    assert Budget().work(1000, 10.0) == 1000
    assert 450 <= Budget(5.0).work(1000, 10.0) <= 500
    assert 0 < Budget(0.0).work(1000, 10.0) < 50
