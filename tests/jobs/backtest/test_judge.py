"""What becomes of an attribution: who may be named, and with which doubt."""

from __future__ import annotations

from dataclasses import replace

from downwind.jobs.backtest.court import places_of
from downwind.jobs.backtest.judge import Case, Verdict, verdict_of
from downwind.jobs.backtest.shared import NOTHING_SHARED, Shared
from downwind.questions.attribution.verdict import Attribution
from downwind.terms import Scope

BLAMED = Attribution(
    "provider", Scope("edge", "proxy"), "edge/proxy", 0.97, ("a/one/up", "a/two/up"), (), (), (), ()
)
TOGETHER = Shared(1e-9, "500", ("a", "b", "c"), ("a/one/up", "b/one/up", "c/one/up"))


def owner_of(target: str) -> str:
    return target.partition("/")[0]


def judged(said: Attribution, shared: Shared = NOTHING_SHARED, **more: object) -> Verdict:
    case = replace(Case(owner_of, many=4), **more)  # type: ignore[arg-type]
    return verdict_of(0.0, [said], [], shared, case, 0)


def test_one_owner_alone_is_named_itself_and_the_provider_as_a_rival() -> None:
    (finding,) = judged(BLAMED).findings
    assert (finding.kind, finding.named) == ("own", "a")
    assert finding.rivals[0] == ("edge/proxy", 0.97)


def test_two_owners_name_a_provider() -> None:
    (finding,) = judged(replace(BLAMED, explains=("a/one/up", "b/one/up"))).findings
    assert (finding.kind, finding.named) == ("provider", "edge/proxy")


def test_an_edges_own_word_names_it_with_one_owner() -> None:
    (finding,) = judged(BLAMED, signed=frozenset({"a/two/up"})).findings
    assert finding.kind == "provider"


def test_where_one_owner_is_all_that_is_watched_a_provider_may_be_named() -> None:
    assert judged(BLAMED, many=1).findings[0].kind == "provider"


def test_who_is_named_takes_in_those_who_fell_alike() -> None:
    (finding,) = judged(replace(BLAMED, explains=("a/one/up", "b/one/up")), TOGETHER).findings
    assert finding.alike == ("c/one/up",)


def test_an_unknown_cause_stands_beside_one_that_explains_none_of_it() -> None:
    kinds = {
        f.kind for f in judged(replace(BLAMED, explains=("d/x/up", "e/x/up")), TOGETHER).findings
    }
    assert kinds == {"provider", "unknown"}


SILENT = replace(TOGETHER, answer="none")
SEEN_BY = {target: f"runners/{target[0]}" for target in (*TOGETHER.targets, "a/two/up", "a/six/up")}
BLIND = replace(
    BLAMED, verdict="vantage", scope=None, suspect="runners", explains=("a/one/up", "b/one/up")
)


def test_vantages_that_see_hardly_anybody_explain_silence() -> None:
    others = tuple(f"d/{n}/up" for n in range(9))
    seen_by = {**SEEN_BY, **dict.fromkeys(others, "runners/d")}
    for held in ((), ("a/two/up",), others):  # those that another runner sees do not speak here
        (finding,) = judged(replace(BLIND, contradicts=held), SILENT, vantages=seen_by).findings
        assert (finding.kind, finding.named) == ("vantage", "runners")


def test_vantages_that_see_most_of_theirs_well_may_as_well_see_an_outage() -> None:
    held = ("a/two/up", "a/six/up", "c/one/up", "b/two/up")
    seen_by = {**SEEN_BY, "b/two/up": "runners/b"}
    (finding,) = judged(replace(BLIND, contradicts=held), SILENT, vantages=seen_by).findings
    assert (finding.kind, finding.named, finding.same) == ("unknown", "none", ("runners",))


def test_a_family_of_vantages_is_all_of_them_and_not_the_blind_alone() -> None:
    seeing = {"g/a", "g/b", "g/c", "h/a", "h/b"}
    places = {place.name: set(place.vantages) for place in places_of({"g/a", "g/b", "h/a"}, seeing)}
    assert places == {
        "g/a": {"g/a"},
        "g/b": {"g/b"},
        "h/a": {"h/a"},
        "g": {"g/a", "g/b", "g/c"},
    }


def test_a_service_whose_name_begins_as_anothers_does_is_not_that_one() -> None:
    fell = ("a/one/up", "a/one/v2/up")
    said = replace(BLAMED, verdict="unknown", scope=None, explains=(), unexplained=fell)
    found = judged(said).findings
    assert {f.named: f.explains for f in found} == {"a/one": fell[:1], "a/one/v2": fell[1:]}


def test_a_fault_of_ones_own_is_told_with_its_doubt() -> None:
    own = replace(BLAMED, verdict="own", scope=None, suspect="owner: a", explains=("a/one/up",))
    (finding,) = judged(own, replace(TOGETHER, tail=1e-4)).findings
    assert (finding.kind, finding.named, finding.tail) == ("own", "a", 1e-4)
    assert finding.owners == ("a", "b", "c")
    (plain,) = judged(own, replace(TOGETHER, tail=0.1)).findings
    assert plain.tail is None
