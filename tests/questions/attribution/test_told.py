"""Whoever fails is told of: with a cause, beside it, by itself, or as sharing what is not known."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.questions.attribution.verdict import Answer
from tests.questions.attribution.makers import Rows, ask, graph_of

SCOPES = ("hill/cdn", "dale/cdn", "vale/api", "moor/dns")
OTHER: Rows = {f"o{i}.test/use": [("dale/cdn",)] for i in range(20)}


def _told(answer: Answer) -> set[str]:
    found: set[str] = set()
    for each in answer.attributions:
        found.update(each.explains, each.alongside)
        if each.verdict == "unknown":
            found.update(each.unexplained)
    return found


@st.composite
def moments(draw: st.DrawFn) -> tuple[Rows, list[str]]:
    """Some services on some scopes, and those of them that fail."""
    many = draw(st.integers(3, 14))
    needs: Rows = {
        f"s{i}.test/use": [(scope,) for scope in draw(st.sets(st.sampled_from(SCOPES), max_size=2))]
        for i in range(many)
    }
    failing = draw(st.sets(st.sampled_from(sorted(needs)), min_size=1))
    return needs, sorted(failing)


@given(moments())
@settings(max_examples=60, deadline=None)
def test_all_who_fail_are_in_some_verdict(moment: tuple[Rows, list[str]]) -> None:
    needs, failing = moment
    assert _told(ask(graph_of(needs | OTHER), failing)) >= set(failing)


def test_each_service_that_fails_by_itself_has_a_verdict_however_many_there_are() -> None:
    lone: Rows = {f"x{i}.test/use": [] for i in range(6)}
    calm: Rows = {f"c{i}.test/use": [] for i in range(600)}
    answer = ask(graph_of(lone | calm), [*lone])
    assert [each.verdict for each in answer.attributions] == ["own"] * 6
    assert {each.suspect for each in answer.attributions} == {f"x{i}.test" for i in range(6)}


def test_who_falls_beside_a_fault_and_is_not_known_to_stand_on_it_is_told_as_that() -> None:
    needs: Rows = {f"h{i}.test/use": [("hill/cdn",)] for i in range(40)}
    strays: Rows = {f"s{i}.test/use": [("vale/api",)] for i in range(3)}
    answer = ask(graph_of(needs | strays | OTHER), [*needs, *strays])
    first = answer.attributions[0]
    assert (set(first.explains), set(first.alongside)) == (set(needs), set(strays))


def test_who_stands_on_two_faults_is_explained_by_both_and_has_no_fault_of_its_own() -> None:
    hill: Rows = {f"h{i}.test/use": [("hill/cdn",)] for i in range(8)}
    vale: Rows = {f"v{i}.test/use": [("vale/api",)] for i in range(8)}
    both: Rows = {"both.test/use": [("hill/cdn",), ("vale/api",)]}
    answer = ask(graph_of(hill | vale | both | OTHER), [*hill, *vale, *both])
    assert [each.verdict for each in answer.attributions] == ["provider"] * 2
    assert all("both.test/use" in each.explains for each in answer.attributions)
