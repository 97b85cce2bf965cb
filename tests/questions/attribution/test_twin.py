"""The search against a twin that tries every hypothesis in plain Python, on small graphs."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.questions.attribution import heard as hearing
from downwind.questions.attribution.parameters import OWN_SEVERITIES, PLAIN, SEVERITIES
from downwind.questions.attribution.prior import believe
from downwind.questions.attribution.search import Budget, Search
from downwind.questions.attribution.trial import Trial
from downwind.questions.marks import fits
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from tests.questions.attribution.makers import LASTS, graph_of, page, said

SCOPES = ["hill/cdn", "hill/dns", "dale/cdn", "vale/api", "moor/api"]
HOW = PLAIN.__class__(unknown=0.0, beam=64, beam_of_pairs=64, seeds=64, hopeless=1000.0, depth=2)


class Twin:
    """The same likelihood, node by node and set by set."""

    def __init__(self, suspects: Suspects, testimony: hearing.Testimony) -> None:
        self.suspects = suspects
        rows = zip(
            testimony.nodes, testimony.log_up, testimony.log_down, testimony.marks, strict=True
        )
        self.down = {n: math.exp(min(max(d - u, -40.0), 40.0)) for n, u, d, _ in rows}
        self.marks = dict(zip(testimony.nodes, testimony.marks, strict=True))

    def score(self, causes: Sequence[str]) -> float:
        """Severities of all causes summed out together."""
        logs = [
            self.likelihood(dict(zip(causes, chosen, strict=True)))
            for chosen in _grids(len(causes))
        ]
        top = max(logs)
        mean = top + math.log(sum(math.exp(each - top) for each in logs) / len(logs))
        return mean - self.likelihood({}) + len(causes) * math.log(PLAIN.prior)

    def likelihood(self, severity: dict[str, float]) -> float:
        """Of all services, their own faults summed out."""
        total = 0.0
        for service in sorted({n.rpartition("/")[0] for n in self.down}):
            nodes = [n for n in self.down if n.rpartition("/")[0] == service]
            rate = PLAIN.own_rate
            apart = math.prod(self._node(n, severity, rate / 2) for n in nodes)
            whole = np.mean(
                [
                    math.prod(
                        (1 - p) * self._node(n, {}, rate / 2) + p * self._own(n) for n in nodes
                    )
                    for p in OWN_SEVERITIES
                ]
            )
            total += math.log((1 - rate) * apart + rate * float(whole))
        return total

    def _node(self, node: str, severity: dict[str, float], rate: float) -> float:
        here = 1.0
        for cause, p in severity.items():
            if node in self.suspects.blamed_by(cause):
                here = (1 - p) * here + p * self.down[node] * self._fit(node, cause)
        return (1 - rate) * here + rate * self._own(node)

    def _own(self, node: str) -> float:
        marks = self.marks[node]
        fit = np.mean([fits(m, self.suspects).own for m in marks]) if marks else 1.0
        return self.down[node] * float(fit)

    def _fit(self, node: str, cause: str) -> float:
        number, marks = self.suspects.number[cause], self.marks[node]
        if not marks:
            return 1.0
        return float(np.mean([fits(m, self.suspects).suspects[number] for m in marks]))


def _grids(many: int) -> list[tuple[float, ...]]:
    grids: list[tuple[float, ...]] = [()]
    for _ in range(many):
        grids = [(*grid, float(p)) for grid in grids for p in SEVERITIES]
    return grids


@st.composite
def moments(draw: st.DrawFn) -> tuple[Suspects, hearing.Testimony]:
    """Up to eight capabilities of four services, each failing or not, some with a page."""
    some = st.lists(st.sampled_from(SCOPES), min_size=1, max_size=2, unique=True)
    needs = {
        f"s{i // 2}.test/c{i % 2}": [
            (scope,) for scope in draw(some)
        ]
        for i in range(draw(st.integers(3, 6)))
    }  # fmt: skip
    states = {key: draw(st.sampled_from([0.0, 0.0, 1.0, 1.0, 0.6])) for key in needs}
    marks = {
        key: draw(st.sampled_from([[], [page("hill")], [Mark("dial")], [page("dale")]]))
        for key in needs
    }
    return Suspects.of(graph_of(needs), LASTS), said(states, marks, rounds=2.0)


def _search(suspects: Suspects, testimony: hearing.Testimony) -> Search:
    heard = hearing.listen(suspects, testimony, HOW)
    trial = Trial.of(suspects, heard, believe(suspects, HOW), (), HOW)
    return Search(trial, Budget.of(60.0))


@settings(max_examples=25, deadline=None)
@given(moments())
def test_each_cause_alone_scores_as_the_twin_says(
    moment: tuple[Suspects, hearing.Testimony],
) -> None:
    suspects, testimony = moment
    search, twin = _search(suspects, testimony), Twin(suspects, testimony)
    posterior = search.weigh().posterior
    empty = float(np.log(posterior.empty)) if posterior.empty else -math.inf
    for members, mass in zip(posterior.members.tolist(), posterior.mass.tolist(), strict=True):
        causes = [suspects.names[m] for m in members if m >= 0]
        if len(causes) == 1 and empty > -math.inf:
            assert math.isclose(math.log(mass) - empty, twin.score(causes), abs_tol=1e-6)


@settings(max_examples=12, deadline=None)
@given(moments())
def test_no_hypothesis_of_up_to_two_is_much_likelier_than_the_one_that_is_found(
    moment: tuple[Suspects, hearing.Testimony],
) -> None:
    """The search fixes the first cause's severity at its best, which costs up to log 5."""
    suspects, testimony = moment
    posterior, twin = _search(suspects, testimony).weigh().posterior, Twin(suspects, testimony)
    failing = [n for n, d in twin.down.items() if d > 1]
    taking = [c for c in suspects.names if suspects.blamed_by(c) & set(failing)]
    every = [(), *((c,) for c in taking), *combinations(taking, 2)]
    best = max(twin.score(causes) for causes in every)
    found = twin.score([suspects.names[m] for m in posterior.best])
    assert found >= best - math.log(5) - 1e-6
