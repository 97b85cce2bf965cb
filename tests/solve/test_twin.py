"""The solver against its twin, and what must hold for every graph."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from downwind.solve.propagate import chain

from . import twin
from .graphs import Case, arrays_of, cases, fallen, renamed, solve

EXAMPLES = settings(max_examples=200, deadline=None)
SLOW = settings(max_examples=100, deadline=None)
INF = math.inf


@EXAMPLES
@given(cases(graces=(0.0,)))
def test_without_grace_a_node_falls_exactly_when_its_requests_are_not_answered(case: Case) -> None:
    assume(not list(twin.groundless(case.graph)))
    down = solve(case.graph, case.faults).down_at
    for node in range(len(case.graph)):
        assert down[node] == (INF if twin.answers(case.graph, case.faults, node) else 0.0)


@EXAMPLES
@given(cases(circles=False))
def test_with_caches_a_node_falls_when_its_requests_are_no_longer_answered(case: Case) -> None:
    down = solve(case.graph, case.faults).down_at
    for node in range(len(case.graph)):
        assert down[node] == twin.falls_at_by_requests(case.graph, case.faults, node)


@SLOW
@given(cases())
def test_rings_and_graces_together_follow_the_definition(case: Case) -> None:
    fallout = fallen(case)
    down = twin.falls_at(case.graph, case.faults)
    assert fallout.down_at.tolist() == down
    assert set(fallout.ungrounded.tolist()) == set().union(*twin.groundless(case.graph))
    assert fallout.degraded_at.tolist() == [
        twin.degrades_at(case.graph, down, node) for node in range(len(down))
    ]


@EXAMPLES
@given(cases())
def test_everyone_is_back_when_the_rules_say_so(case: Case) -> None:
    fallout = fallen(case)
    down = fallout.down_at.tolist()
    back = twin.back(case.graph, case.faults, down, case.duration, list(case.lag))
    assert fallout.back_at.tolist() == back
    for node, wants in enumerate(case.graph):
        soft = [twin.met_again(want, back) for want in wants if not want.hard]
        degraded = fallout.degraded_at[node] < case.duration
        assert fallout.restored_at[node] == (max(soft) if degraded else 0.0)


@EXAMPLES
@given(cases())
def test_nobody_is_back_before_falling_or_before_the_fault_ends(case: Case) -> None:
    fallout = fallen(case)
    for at, back in zip(fallout.down_at, fallout.back_at, strict=True):
        assert (back >= case.duration > at) if at < case.duration else (back == 0)


@EXAMPLES
@given(cases())
def test_nothing_falls_without_a_fault(case: Case) -> None:
    fallout = solve(case.graph, [])
    assert set(fallout.down_at) | set(fallout.degraded_at) <= {INF}
    assert set(fallout.back_at) | set(fallout.restored_at) <= {0.0}


@EXAMPLES
@given(cases(), st.data())
def test_one_more_fault_repairs_nothing_and_delays_nothing(case: Case, data: st.DataObject) -> None:
    more = case.faults | {data.draw(st.integers(0, len(case.graph) - 1))}
    before, after = solve(case.graph, case.faults), solve(case.graph, more)
    assert (after.down_at <= before.down_at).all()
    assert (after.degraded_at <= before.degraded_at).all()


@EXAMPLES
@given(cases(), st.sampled_from((0.5, 5.0, INF)))
def test_a_longer_fault_never_helps(case: Case, longer: float) -> None:
    short, long = fallen(case), fallen(case._replace(duration=case.duration + longer))
    assert (long.down_at <= short.down_at).all()
    assert (long.degraded_at <= short.degraded_at).all()
    assert (long.back_at >= short.back_at).all()
    assert (long.restored_at >= short.restored_at).all()


@EXAMPLES
@given(cases())
def test_grace_delays_a_fall_and_never_prevents_it(case: Case) -> None:
    graceless = tuple(tuple(w._replace(grace=0.0) for w in wants) for wants in case.graph)
    with_grace, without = solve(case.graph, case.faults), solve(graceless, case.faults)
    assert ((with_grace.down_at < INF) == (without.down_at < INF)).all()


@EXAMPLES
@given(cases(most=5))
def test_no_node_outlives_what_requests_with_caches_could_give_it(case: Case) -> None:
    assume(not list(twin.groundless(case.graph)))
    down = solve(case.graph, case.faults).down_at
    for node in range(len(case.graph)):
        assert down[node] <= twin.falls_at_by_requests(case.graph, case.faults, node)


@EXAMPLES
@given(cases(), st.data())
def test_the_order_of_nodes_needs_alternatives_and_faults_changes_nothing(
    case: Case, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(case.graph))))
    first, second = fallen(case), fallen(renamed(case, order))
    for name in ("down_at", "degraded_at", "back_at", "restored_at", "by_ring"):
        one, two = getattr(first, name), getattr(second, name)
        assert one.tolist() == [two[order[node]] for node in range(len(order))], name
    assert sorted(order[node] for node in first.ungrounded) == second.ungrounded.tolist()


@EXAMPLES
@given(cases())
def test_every_chain_leads_to_a_fault_through_needs_that_are_really_lost(case: Case) -> None:
    arrays, fallout = arrays_of(case.graph, case.lag), fallen(case)
    flat = [want for wants in case.graph for want in wants]
    down = fallout.down_at
    for node in range(len(case.graph)):
        links = chain(arrays, fallout, node)
        assert bool(links) == (min(down[node], fallout.degraded_at[node]) < INF)
        if down[node] == INF or fallout.degraded_at[node] < case.duration <= down[node]:
            links = links[1:]
        assert len(set(links)) == len(links)
        assert not links or links[-1] in case.faults
        for victim, cause in pairwise(links):
            want = flat[fallout.cause_need[victim]]
            assert want in case.graph[victim]
            if fallout.by_ring[victim]:
                assert cause in leaned_on(case, victim)
                assert down[victim] >= down[cause] + want.grace
            else:
                assert cause in want.alternatives
                assert down[victim] == down[cause] + want.grace
                assert down[cause] == twin.lost_at(want, down.tolist())


def leaned_on(case: Case, node: int) -> set[int]:
    leans = {
        n: {a for want in twin.hard(case.graph, n) for a in want.alternatives}
        for n in range(len(case.graph))
    }
    return twin.reached(leans, node)
