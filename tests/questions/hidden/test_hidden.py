"""What fell together shows a hidden need, and independent failures show (almost) none."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.graph import Graph, GraphBuilder
from downwind.questions.hidden import (
    Bar,
    Decision,
    Fell,
    Hidden,
    Known,
    decide,
    decision_from_json,
    decision_to_json,
    episodes,
    find_hidden,
    with_hidden,
)
from downwind.questions.whatif import what_if
from downwind.terms import Standing, State

from .falling import (
    APART,
    DAY,
    NOTHING_KNOWN,
    WINDOW,
    bursts,
    common_faults,
    history,
    names,
    own_faults,
)

TARGETS = names(150)
GROUP = TARGETS[:4]
DAYS = 90.0


def test_a_planted_need_is_found_among_faults_of_ones_own() -> None:
    rng = random.Random(1)
    falls = own_faults(TARGETS, DAYS, 1.0, rng) + common_faults(GROUP, 5, DAYS, rng)

    (found,) = find_hidden(history(falls, TARGETS, DAYS), NOTHING_KNOWN)

    assert found.members == GROUP
    assert found.standing is Standing.SUSPECTED
    assert found.together >= 5
    assert found.confidence > 0.99
    assert found.expected_false < 1e-6
    assert found.need().why == found.words
    assert f"fell together {found.together} of {found.of} times; by chance 1 in 10^" in found.words
    assert any(each.startswith("common-") for each in found.evidence)


def test_most_planted_needs_are_found_and_nothing_else() -> None:
    right = wrong = 0
    for seed in range(20):
        rng = random.Random(seed)
        falls = own_faults(TARGETS, DAYS, 1.0, rng) + common_faults(GROUP, 8, DAYS, rng, hit=0.8)
        planted = {frozenset((a, b)) for a in GROUP for b in GROUP if a < b}
        pairs = {p for h in find_hidden(history(falls, TARGETS, DAYS), {}) for p in h.pairs}
        right += len(pairs & planted)
        wrong += len(pairs - planted)

    assert right >= 0.9 * 20 * 6
    assert wrong <= 1


def test_independent_failures_show_almost_none() -> None:
    """Each history promises at most 0.01 false pairs; of 80 histories 0.8 are expected."""
    wrong = 0
    for seed in range(80):
        rng = random.Random(1_000 + seed)
        some = TARGETS[:50]
        falls = own_faults(some, DAYS, rng.choice([0.5, 2.0, 6.0]), rng)
        wrong += len(find_hidden(history(falls, some, DAYS), {}))

    assert wrong <= 3


def test_looking_again_each_week_does_not_make_chance_a_need() -> None:
    wrong = set()
    for seed in range(8):
        rng = random.Random(5_000 + seed)
        some = TARGETS[:50]
        falls = own_faults(some, DAYS, 3.0, rng)
        for week in range(2, 13):
            until = week * 7
            so_far = [fell for fell in falls if fell.at < until * DAY]
            found = find_hidden(history(so_far, some, until), {})
            wrong |= {(seed, each.members) for each in found}

    assert len(wrong) <= 1


def test_bursts_that_hit_by_lot_show_almost_none() -> None:
    wrong = 0
    for seed in range(15):
        rng = random.Random(9_000 + seed)
        some = TARGETS[:100]
        falls = own_faults(some, DAYS, 1.0, rng) + bursts(some, 1.0, 8, DAYS, rng)
        wrong += len(find_hidden(history(falls, some, DAYS), {}))

    assert wrong <= 2


def test_without_the_model_of_bursts_they_would_show_many() -> None:
    """What the second null model is for: taken by the clock alone, lots look like needs."""
    from downwind.questions.hidden.chance import Bursts, Counts, by_chance

    counts = Counts(16, 15, 4)
    crowd = Bursts(falls=1_300, ordered_pairs=90 * 56)

    assert by_chance(counts, 32_400, Bursts()) < 1e-6
    assert by_chance(counts, 32_400, crowd) > 1e-3


def test_a_planted_need_is_found_among_bursts_too() -> None:
    rng = random.Random(3)
    falls = own_faults(TARGETS, DAYS, 1.0, rng) + bursts(TARGETS, 1.0, 8, DAYS, rng)
    falls += common_faults(GROUP, 12, DAYS, rng)

    found = find_hidden(history(falls, TARGETS, DAYS), {})

    assert [each.members for each in found] == [GROUP]


@given(st.integers(0, 10_000), st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_one_co_failure_alone_is_never_enough(seed: int, size: int) -> None:
    rng = random.Random(seed)
    falls = common_faults(TARGETS[:size], 1, DAYS, rng)

    # With so few pairs to look at, chance alone would not forbid it.
    few = history(falls, TARGETS[:size], 10 * 365.0)
    assert find_hidden(few, {}) == ()
    assert find_hidden(few, {}, bar=Bar(together=1)) != ()


def test_a_known_shared_need_explains_what_fell_and_nothing_is_suspected() -> None:
    rng = random.Random(4)
    falls = own_faults(TARGETS, DAYS, 0.5, rng) + common_faults(GROUP, 6, DAYS, rng)

    known = {"aws": frozenset(GROUP), "everything": frozenset(TARGETS)}

    assert find_hidden(history(falls, TARGETS, DAYS), known) == ()


def test_a_need_that_everybody_shares_explains_nothing_of_a_few() -> None:
    rng = random.Random(4)
    falls = own_faults(TARGETS, DAYS, 0.5, rng) + common_faults(GROUP, 6, DAYS, rng)

    found = find_hidden(history(falls, TARGETS, DAYS), {"everything": frozenset(TARGETS)})

    assert [each.members for each in found] == [GROUP]


def test_who_falls_with_the_dependants_of_a_known_cause_seems_to_need_it_too() -> None:
    rng = random.Random(5)
    falls = own_faults(TARGETS, DAYS, 0.5, rng)
    falls += common_faults((*GROUP, "late.test/use"), 6, DAYS, rng)
    targets = (*TARGETS, "late.test/use")

    (found,) = find_hidden(history(falls, targets, DAYS), {"aws": frozenset(GROUP)})

    assert (found.members, found.on, found.node) == (("late.test/use",), "aws", "aws")
    assert found.words.startswith(f"fell with aws {found.together} of ")


def test_two_known_causes_of_which_one_lies_in_the_other_are_no_news() -> None:
    rng = random.Random(6)
    falls = common_faults(GROUP, 6, DAYS, rng) + common_faults(TARGETS[:8], 6, DAYS, rng)
    known = {"aws/ec2": frozenset(GROUP), "aws": frozenset(TARGETS[:8])}

    assert find_hidden(history(falls, TARGETS, DAYS), known) == ()


def test_when_nearly_all_fall_at_once_it_speaks_of_the_watcher() -> None:
    rng = random.Random(7)
    falls = common_faults(TARGETS, 10, DAYS, rng)

    assert find_hidden(history(falls, TARGETS, DAYS), {}) == ()


def test_a_target_that_flaps_has_fallen_once() -> None:
    falls = [Fell(t, 1_000.0 + 600 * n) for n in range(8) for t in GROUP[:2]]

    assert len(episodes(falls, WINDOW, APART)) == 2  # after an hour it counts again
    assert len(episodes(falls, WINDOW, 10_000.0)) == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 40)).map(lambda f: Fell(f[0], f[1])),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_occasions_are_the_same_in_whatever_order_falls_come(
    falls: list[Fell], rng: random.Random
) -> None:
    found = episodes(falls, 5.0, 7.0)
    shuffled = list(falls)
    rng.shuffle(shuffled)

    assert episodes(shuffled, 5.0, 7.0) == found
    assert all(after.at - before.at > 5 for before, after in pairwise(found))
    assert set().union(*(e.fell for e in found)) == {fell.target for fell in falls}
    for target in "abcd":
        times = sorted({fell.at for fell in falls if fell.target == target})
        kept: list[float] = []
        for at in times:
            if not kept or at - kept[-1] >= 7:
                kept.append(at)
        assert sum(target in episode.fell for episode in found) <= len(kept)


KNOWN = st.dictionaries(
    st.sampled_from(["X", "Y", "Z"]), st.frozensets(st.integers(0, 7).map(str), max_size=6)
)


@given(st.frozensets(st.integers(0, 7).map(str)), KNOWN)
def test_what_explains_is_a_cause_whose_dependants_fell(
    fell: frozenset[str], known: Mapping[str, frozenset[str]]
) -> None:
    told = Known(known).explain(fell, 0.5)

    causes = told - fell
    assert causes <= known.keys()
    for cause in causes:
        assert len(known[cause] & fell) >= max(2, 0.5 * len(known[cause]))
        assert not known[cause] & told
    covered = frozenset().union(*(known[cause] for cause in causes))
    assert told - causes == fell - covered
    for cause, targets in known.items():
        left = targets & told
        assert cause in told or len(left) < 2 or len(targets & fell) < 0.5 * len(targets)


@given(st.frozensets(st.integers(0, 7).map(str)), KNOWN)
def test_what_explains_is_what_trying_every_cause_in_turn_finds(
    fell: frozenset[str], known: Mapping[str, frozenset[str]]
) -> None:
    left, causes = set(fell), set[str]()
    while True:
        ranked = [
            (-len(targets & left), len(targets), place, cause)
            for place, (cause, targets) in enumerate(known.items())
            if len(targets & left) >= 2 and 2 * len(targets & fell) >= len(targets)
        ]
        if not ranked:
            break
        cause = min(ranked)[3]
        left -= known[cause]
        causes.add(cause)

    assert Known(known).explain(fell, 0.5) == left | causes


def found_group() -> Hidden:
    rng = random.Random(1)
    falls = own_faults(TARGETS, DAYS, 1.0, rng) + common_faults(GROUP, 5, DAYS, rng)
    (found,) = find_hidden(history(falls, TARGETS, DAYS), {})
    return found


class TestDecisions:
    """A person accepts or rejects."""

    def falls(self) -> list[Fell]:
        rng = random.Random(1)
        return own_faults(TARGETS, DAYS, 1.0, rng) + common_faults(GROUP, 5, DAYS, rng)

    def test_what_is_accepted_is_declared_from_then_on(self) -> None:
        suspected = found_group()
        decisions = decide((), Decision(suspected, True, "ada", 5.0))

        again = find_hidden(history(self.falls(), TARGETS, DAYS), {}, decisions)
        quiet = find_hidden(history([], TARGETS, DAYS), {}, decisions)

        assert again == quiet == (replace(suspected, standing=Standing.DECLARED),)
        assert again[0].need().standing is Standing.DECLARED
        assert again[0].need().confidence == 1.0
        assert again[0].id == suspected.id

    def test_what_is_rejected_is_not_suspected_again(self) -> None:
        decisions = decide((), Decision(found_group(), False, "ada", 5.0, "same deploy"))

        assert find_hidden(history(self.falls(), TARGETS, DAYS), {}, decisions) == ()

    def test_who_joins_later_is_suspected_anew(self) -> None:
        decisions = decide((), Decision(found_group(), False, "ada", 5.0))
        falls = [fell for fell in self.falls() if not fell.evidence.startswith("common")]
        falls += common_faults((*GROUP, TARGETS[9]), 5, DAYS, random.Random(2))

        found = find_hidden(history(falls, TARGETS, DAYS), {}, decisions)

        assert found
        assert all(TARGETS[9] in each.members for each in found)

    def test_the_last_decision_counts(self) -> None:
        suspected = found_group()
        decisions = decide((), Decision(suspected, False, "ada", 5.0))
        decisions = decide(decisions, Decision(suspected, True, "bob", 6.0))

        assert [each.by for each in decisions] == ["bob"]

    def test_a_decision_survives_the_way_into_the_log(self) -> None:
        decision = Decision(found_group(), True, "ada", 5.0, "they share a NAT")

        assert decision_from_json(json.loads(json.dumps(decision_to_json(decision)))) == decision

    @pytest.mark.parametrize(
        "change",
        [
            {"members": []},
            {"members": 5},
            {"accepted": "yes"},
            {"together": None},
            {"ratio": "much"},
            {"at": []},
        ],
        ids=repr,
    )
    def test_what_is_no_decision_is_told(self, change: dict[str, object]) -> None:
        data = decision_to_json(Decision(found_group(), True, "ada", 5.0))

        with pytest.raises(ValueError):
            decision_from_json({**data, **change})

    def test_a_decision_with_a_field_missing_is_told(self) -> None:
        with pytest.raises(ValueError):
            decision_from_json({})


def plain_graph() -> Graph:
    builder = GraphBuilder()
    for name in GROUP:
        builder.node(name, "capability")
    builder.node("aws", "provider")
    return builder.build()


def test_a_suspected_need_takes_nobody_down_for_certain_and_an_accepted_one_does() -> None:
    suspected = found_group()
    accepted = replace(suspected, standing=Standing.DECLARED)

    doubt = what_if(with_hidden(plain_graph(), [suspected]), [suspected.node], 60)
    sure = what_if(with_hidden(plain_graph(), [accepted]), [suspected.node], 60)

    assert set(doubt.states.values()) == {State.UP}
    assert set(doubt.worst.values()) == {State.DOWN}
    assert set(sure.states.values()) == {State.DOWN}


def test_a_need_on_a_known_cause_leads_there() -> None:
    hidden = replace(found_group(), members=GROUP[:1], on="aws", standing=Standing.DECLARED)

    answer = what_if(with_hidden(plain_graph(), [hidden]), ["aws"], 60)

    assert answer.states[GROUP[0]] is State.DOWN
    assert answer.states[GROUP[1]] is State.UP


def test_members_that_are_no_nodes_are_passed_over() -> None:
    stranger = replace(found_group(), members=(GROUP[0], "gone.test/use"))
    nowhere = replace(found_group(), members=GROUP[:1], on="gone")

    assert with_hidden(plain_graph(), [stranger, nowhere]).nodes == plain_graph().nodes


def test_drawing_the_same_twice_changes_nothing() -> None:
    once = with_hidden(plain_graph(), [found_group()])

    assert with_hidden(once, [found_group()]) == once
