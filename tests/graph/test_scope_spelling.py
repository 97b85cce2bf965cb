"""A scope with several variants is one scope and one node, in whatever order they are written."""

import itertools

import pytest

from downwind.catalog import Catalog
from downwind.graph import build_graph, node_of
from downwind.model import model_from_texts
from downwind.questions.whatif import what_if
from downwind.terms import Scope, State, UsageError

TEXT = """
services:
  - name: a.test
    capabilities:
      - {id: use, declares: [{need: edge, any_of: ["hill/cdn#new+bots"]}]}
      - {id: buy, declares: [{need: edge, any_of: ["hill/cdn#bots+new"]}]}
      - {id: see, declares: [{need: edge, any_of: ["hill/cdn#new"]}]}
components:
  - {id: "hill/cdn#bots+new", recovery_lag: 10m, declares: [{need: core, any_of: [dale/db]}]}
"""
GRAPH = build_graph(
    [],
    Catalog.from_texts([]),
    model_from_texts([("m", TEXT)]),
    scopes=[Scope.parse("hill/cdn#new+bots")],
)


def test_scopes_are_equal_in_every_order_of_their_variants_and_keep_the_written_one() -> None:
    for order in itertools.permutations("abc"):
        scope = Scope.parse(f"hill/cdn#{'+'.join(order)}")
        assert scope == Scope.parse("hill/cdn#a+b+c")
        assert hash(scope) == hash(Scope.parse("hill/cdn#a+b+c"))
        assert str(scope) == f"hill/cdn#{'+'.join(order)}"
        assert scope.covers(Scope.parse("hill/cdn#d+c+b+a"))
        assert not scope.covers(Scope.parse("hill/cdn#a+b"))
    assert Scope.parse("hill/cdn#a+b") != Scope.parse("hill/cdn#a+c")
    assert Scope.parse("hill/cdn#a") != Scope.parse("hill/cdn")


def test_a_graph_holds_one_node_for_all_spellings() -> None:
    spelt = [name for name in GRAPH.nodes if "bots" in name and "new" in name]
    assert spelt == ["hill/cdn#bots+new", "hill/cdn#bots+new?"]
    assert node_of(Scope.parse("hill/cdn#new+bots"), GRAPH.nodes) == "hill/cdn#bots+new"
    assert GRAPH.nodes["hill/cdn#bots+new"].recovery_lag == 600


@pytest.mark.parametrize("fault", ["hill/cdn#new+bots", "hill/cdn#bots+new"])
def test_a_fault_in_either_spelling_hits_who_declares_either(fault: str) -> None:
    answer = what_if(GRAPH, [fault], 60.0)
    assert answer.causes == ("hill/cdn#bots+new",)
    states = {key: (answer.states[key], answer.worst[key]) for key in answer.states}
    assert states == {
        "a.test/use": (State.DOWN, State.DOWN),
        "a.test/buy": (State.DOWN, State.DOWN),
        "a.test/see": (State.UP, State.UP),
    }


def test_too_many_variants_and_one_named_twice_or_empty_are_refused() -> None:
    assert len(Scope.parse("hill/cdn#a+b+c+d+e+f").variants) == 6
    for text, said in (
        ("hill/cdn#a+b+c+d+e+f+g", "has too many variants. A scope has 6 at most"),
        ("hill/cdn#a+b+a", "names a variant twice"),
        ("hill/cdn#a+", "is not a scope"),
        ("hill/cdn#a++b", "is not a scope"),
        ("hill/cdn\n", "is not a scope"),
    ):
        with pytest.raises(UsageError, match=said):
            Scope.parse(text)
