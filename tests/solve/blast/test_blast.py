"""The blast radius of all causes at once is what each cause does on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downwind.solve.blast import hubs
from downwind.solve.blast.blast import blast, blast_curve

from ..graphs import Case, cases, solve
from ..twin import degrades_at, falls_at
from .tables import table_of


@pytest.fixture(params=["as lists", "as rows"], autouse=True)
def merged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Causes are merged as lists unless they take down much; here all are, or none."""
    monkeypatch.setattr(hubs, "_LEAST_HUBS", 1 if request.param == "as rows" else 10**9)
    monkeypatch.setattr(hubs, "_LEAST_SHARE", 0.0)


ONE_FIXTURE = [HealthCheck.function_scoped_fixture]
DURATIONS = (0.5, 1.0, 3.0, 8.0, 12.0, 40.0)


def expected(case: Case, fault: int, sites: list[int], duration: float) -> tuple[int, int]:
    down = falls_at(case.graph, [fault])
    fallen = {site for site in sites if down[site] < duration}
    lacking = {site for site in sites if degrades_at(case.graph, down, site) < duration}
    return len(fallen), len(lacking - fallen)


@given(cases(most=6), st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=ONE_FIXTURE)
def test_all_causes_at_once_do_what_the_twin_says_of_each(case: Case, data: st.DataObject) -> None:
    table, order = table_of(case.graph, case.lag)
    core, sites = order[: table.core.size], order[table.core.size :]

    found = blast(table, np.arange(len(core), dtype=np.int32), case.duration)

    for place, fault in enumerate(core):
        down, degraded = expected(case, fault, sites, case.duration)
        assert (found.down[place], found.degraded[place]) == (down, degraded)
        fallen = [s for s in sites if falls_at(case.graph, [fault])[s] < case.duration]
        assert found.down_weight[place] == pytest.approx(sum(case.lag[s] for s in fallen))


@given(cases(most=14))
@settings(max_examples=150, deadline=None, suppress_health_check=ONE_FIXTURE)
def test_larger_graphs_fare_as_one_fault_at_a_time(case: Case) -> None:
    table, order = table_of(case.graph)
    core, sites = order[: table.core.size], order[table.core.size :]

    found = blast(table, np.arange(len(core), dtype=np.int32), case.duration)

    for place, fault in enumerate(core):
        fallout = solve(case.graph, [fault], case.duration)
        down = fallout.down_at[sites] < case.duration
        degraded = (fallout.degraded_at[sites] < case.duration) & ~down
        assert found.down[place] == down.sum()
        assert found.degraded[place] == degraded.sum()
    if len(order):
        assert [order[n] for n in found.groundless] == sorted(solve(case.graph, []).ungrounded)


@given(cases(most=12))
@settings(max_examples=80, deadline=None, suppress_health_check=ONE_FIXTURE)
def test_the_curve_holds_what_each_duration_gives_alone(case: Case) -> None:
    table, _ = table_of(case.graph, case.lag)
    causes = np.arange(table.core.size, dtype=np.int32)

    down, weight = blast_curve(table, causes, np.array(DURATIONS))

    for place, duration in enumerate(DURATIONS):
        alone = blast(table, causes, duration)
        assert down[:, place].tolist() == alone.down.tolist()
        assert weight[:, place] == pytest.approx(alone.down_weight)
