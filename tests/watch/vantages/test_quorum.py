"""A quorum counts networks and providers, not machines."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Scope
from downwind.watch.vantages import VantageSpec, Vote, independent, quorum

NETWORKS = ("", "AS64500", "AS64501", "AS64502", "AS64503")
PROVIDERS = ("", "hetzner", "aws/ec2", "aws/lambda", "ovh")


def fleet(*rows: tuple[str, str, str]) -> dict[str, VantageSpec]:
    return {name: VantageSpec(name, network, provider) for name, network, provider in rows}


@st.composite
def fleets(draw: st.DrawFn) -> dict[str, VantageSpec]:
    count = draw(st.integers(0, 9))
    rows = [
        (f"v{n}", draw(st.sampled_from(NETWORKS)), draw(st.sampled_from(PROVIDERS)))
        for n in range(count)
    ]
    return fleet(*rows)


def alike(a: VantageSpec, b: VantageSpec) -> bool:
    """The brute-force twin's rule for two machines, written anew."""
    if a.network and a.network == b.network:
        return True
    if a.provider and b.provider:
        return a.provider.split("/")[0] == b.provider.split("/")[0]
    unknown = [not v.network and not v.provider for v in (a, b)]
    return all(unknown)


def twin_groups(vantages: dict[str, VantageSpec]) -> set[frozenset[str]]:
    """Merge any two groups that hold a pair of like machines, until nothing changes."""
    groups = [frozenset({name}) for name in vantages]
    while True:
        pair = next(
            (
                (a, b)
                for a, b in combinations(groups, 2)
                if any(alike(vantages[x], vantages[y]) for x in a for y in b)
            ),
            None,
        )
        if pair is None:
            return set(groups)
        groups = [g for g in groups if g not in pair] + [pair[0] | pair[1]]


@given(fleets())
def test_the_groups_are_those_of_pairwise_merging(vantages: dict[str, VantageSpec]) -> None:
    found = independent(vantages, vantages)

    assert {frozenset(group) for group in found} == twin_groups(vantages)
    assert sorted(name for group in found for name in group) == sorted(vantages)


@given(fleets(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_verdict_is_that_of_counting_groups(
    vantages: dict[str, VantageSpec], random: object, least: int
) -> None:
    choose = random.choice  # type: ignore[attr-defined]
    fails = {name: choose([True, False]) for name in vantages}

    found = quorum([Vote(n, f) for n, f in fails.items()], vantages, least=least)

    says = []
    for group in twin_groups(vantages):
        failing = sum(fails[name] for name in group)
        says.append(None if 2 * failing == len(group) else 2 * failing > len(group))
    wanted = [
        answer
        for answer in (True, False)
        if 2 * says.count(answer) > len(says) and says.count(answer) >= min(least, len(says))
    ]
    assert found.verdict is (wanted[0] if wanted else None)


@given(fleets())
def test_more_machines_of_one_network_change_nothing(vantages: dict[str, VantageSpec]) -> None:
    votes = [Vote(name, True) for name in vantages]
    twins = {
        f"{name}-twin": VantageSpec(f"{name}-twin", v.network, v.provider)
        for name, v in vantages.items()
        if v.network or v.provider
    }

    alone = quorum(votes, vantages)
    crowd = quorum([*votes, *(Vote(name, True) for name in twins)], {**vantages, **twins})

    assert (crowd.failing, crowd.needed, crowd.verdict) == (
        alone.failing,
        alone.needed,
        alone.verdict,
    )


def test_two_machines_in_one_network_are_one_vote() -> None:
    vantages = fleet(("a", "AS64500", ""), ("b", "AS64500", ""), ("c", "AS64501", ""))

    found = quorum([Vote("a", True), Vote("b", True), Vote("c", False)], vantages)

    assert (found.failing, found.holding, found.needed) == (1, 1, 2)
    assert found.verdict is None
    assert found.voices[0].shares == "AS64500"


def test_three_machines_of_one_provider_do_not_outvote_two_others() -> None:
    vantages = fleet(
        ("a", "AS1", "aws/ec2"), ("b", "AS2", "aws/ec2"), ("c", "AS3", "aws"),
        ("d", "AS4", "hetzner"), ("e", "AS5", "ovh"),
    )  # fmt: skip
    votes = [Vote(n, n in "abc") for n in "abcde"]

    assert quorum(votes, vantages).verdict is False


def test_a_vantage_inside_the_suspect_is_no_witness_of_it() -> None:
    vantages = fleet(("a", "AS1", "aws/ec2"), ("b", "AS2", "hetzner"), ("c", "AS3", "ovh"))
    votes = [Vote("a", False), Vote("b", True), Vote("c", True)]

    found = quorum(votes, vantages, suspect=Scope.parse("aws/dynamodb/us-east-1"))

    assert found.verdict is True
    assert found.left_out == (
        ("a", "hosted by aws/ec2, and the suspect is aws/dynamodb/us-east-1"),
    )
    assert found.words == "2 of 2 independent vantages see it fail; 1 left out"


def test_a_vantage_that_would_fall_with_the_suspect_is_left_out() -> None:
    vantages = fleet(("a", "AS1", ""), ("b", "AS2", ""))

    found = quorum([Vote("a", True), Vote("b", False)], vantages, falls={"a"})

    assert (found.verdict, found.left_out) == (False, (("a", "it would fall with the suspect"),))


def test_vantages_of_which_nothing_is_known_are_one_voice_together() -> None:
    vantages = fleet(("a", "", ""), ("b", "", ""), ("c", "AS3", ""))
    votes = [Vote("a", True), Vote("b", True), Vote("stranger", True), Vote("c", False)]

    found = quorum(votes, vantages)

    assert [voice.vantages for voice in found.voices] == [("a", "b", "stranger"), ("c",)]
    assert found.voices[0].shares == "network and provider not known"


def test_the_last_vote_of_a_vantage_counts() -> None:
    vantages = fleet(("a", "AS1", ""))

    assert quorum([Vote("a", True), Vote("a", False)], vantages).verdict is False


def test_nobody_decides_nothing() -> None:
    found = quorum([], {})

    assert (found.verdict, found.needed) == (None, 0)
    assert found.words == "no independent vantage has looked"
