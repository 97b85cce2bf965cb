"""Nodes that stand on a cause without anybody knowing: the kernel against a twin, and its sense."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.questions.attribution.heard import listen
from downwind.questions.attribution.kernels import strays
from downwind.questions.attribution.parameters import PLAIN, SEVERITIES
from downwind.questions.attribution.prior import believe
from downwind.questions.attribution.trial import Columns, Trial
from downwind.questions.suspects import Suspects
from tests.questions.attribution.makers import LASTS, Rows, ask, graph_of, said

NODES = 8


@st.composite
def moments(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """Eight nodes of some services, of which some fail and some are in the one column."""
    fails = np.array(draw(st.lists(st.booleans(), min_size=NODES, max_size=NODES)))
    size = draw(st.lists(st.integers(1, 3), min_size=NODES, max_size=NODES))
    shares = st.floats(0.01, 0.99)
    some = st.lists(st.booleans(), min_size=NODES, max_size=NODES)
    return {
        "fails": fails,
        "inside": np.array(draw(some)),
        "service": np.repeat(np.arange(NODES), size)[:NODES],
        "down": np.where(fails, draw(st.floats(2.0, 1e6)), draw(st.floats(1e-6, 0.5))),
        "fit": np.array(draw(st.lists(shares, min_size=NODES, max_size=NODES))),
        "rate": np.full(NODES, draw(st.floats(0.0005, 0.05))),
        "whole": np.array(draw(st.lists(shares, min_size=NODES, max_size=NODES))),
        "unknown": np.array([draw(st.floats(0.001, 0.3))]),
    }


def _kernel(moment: dict[str, np.ndarray]) -> np.ndarray:
    column = np.flatnonzero(moment["inside"])
    return np.asarray(
        strays(
            np.array([0, len(column)]), column, np.array([0]), np.flatnonzero(moment["fails"]),
            np.ones(NODES), moment["service"], moment["rate"], moment["down"], moment["down"],
            np.arange(NODES), moment["fit"][:, None], np.log1p(-moment["whole"]),
            np.log(moment["whole"]), moment["unknown"], SEVERITIES,
        )[0]
    )  # fmt: skip


def _twin(moment: dict[str, np.ndarray], severity: float) -> float:
    """Service by service: no fault of the service as a whole, with strays, or one."""
    share, total = float(moment["unknown"][0]) * severity, 0.0
    outside = ~moment["inside"]
    for service in np.unique(moment["service"]).tolist():
        nodes = np.flatnonzero((moment["service"] == service) & outside & moment["fails"])
        ratio = 1.0
        for n in nodes.tolist():
            rate, down = moment["rate"][n], moment["down"][n]
            hit = max(1.0, down * moment["fit"][n])
            before = (1 - rate) + rate * down
            ratio *= ((1 - rate) * ((1 - share) + share * hit) + rate * down) / before
        whole = moment["whole"][service]
        total += math.log((1 - whole) * ratio + whole)
    holding = int((outside & ~moment["fails"]).sum())
    return total + holding * math.log(1 - share)


@settings(max_examples=60, deadline=None)
@given(moments())
def test_what_strays_add_at_each_severity_is_what_the_twin_says(
    moment: dict[str, np.ndarray],
) -> None:
    found = _kernel(moment)
    for grade, severity in enumerate(SEVERITIES.tolist()):
        assert found[grade] == pytest.approx(_twin(moment, severity), abs=1e-9)


def test_a_weak_fault_of_many_does_not_gather_what_fails_by_itself_elsewhere() -> None:
    """Four of ninety customers fail, and seven others: with strays at full severity it was hill."""
    needs: Rows = {f"h{i}.test/use": [("hill/cdn",)] for i in range(90)}
    needs |= {f"c{i}.test/use": [(f"p{i}/api",)] for i in range(800)}
    failing = [f"h{i}.test/use" for i in range(4)] + [f"c{i}.test/use" for i in range(7)]
    answer = ask(graph_of(needs), failing)
    assert not [a for a in answer.attributions if a.scope]


def _hill(unknown: float) -> tuple[Trial, Columns]:
    """All forty customers of hill fail, and three of a hundred others; the column of hill."""
    needs: Rows = {f"h{i}.test/use": [("hill/cdn",)] for i in range(40)}
    needs |= {f"c{i}.test/use": [(f"p{i}/api",)] for i in range(100)}
    suspects = Suspects.of(graph_of(needs), LASTS)
    failing = {*list(needs)[:43]}
    how = replace(PLAIN, unknown=unknown)
    heard = listen(suspects, said({key: float(key in failing) for key in needs}), how)
    trial = Trial.of(suspects, heard, believe(suspects, how), (), how)
    return trial, trial.columns(np.array([suspects.number["hill/cdn"]]))


def test_as_the_graph_may_be_whole_no_fault_is_less_likely_than_half_for_want_of_strays() -> None:
    whole, column = _hill(0.0)
    lacking, _ = _hill(0.9)
    least = whole.add(whole.nothing, column) - math.log(2)
    assert (lacking.add(lacking.nothing, column) >= least - 1e-9).all()


def test_strays_fail_as_seldom_as_those_who_are_known_to_stand_on_the_cause() -> None:
    trial, column = _hill(0.1)
    stray = trial.heard.place_of[trial.suspects.row["c0.test/use"]]
    mild, grave = (trial.hurt(trial.nothing, column, 0, p)[stray] - 1 for p in (0.1, 1.0))
    assert mild == pytest.approx(grave / 10)
    assert grave > 0
