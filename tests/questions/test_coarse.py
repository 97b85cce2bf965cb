"""A claim and a prediction read a coarse need by the same rule."""

import pytest

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.model import Claim, Model, model_from_texts
from downwind.questions.claims import judge
from downwind.questions.whatif import what_if
from downwind.terms import Scope, State


def _model(*edges: str) -> Model:
    needs = ", ".join(f'{{need: e{i}, any_of: ["{edge}"]}}' for i, edge in enumerate(edges))
    text = f"services: [{{name: a.test, capabilities: [{{id: use, declares: [{needs}]}}]}}]"
    return model_from_texts([("m", text)])


def _graph(model: Model, of: str) -> Graph:
    return build_graph([], Catalog.from_texts([]), model, scopes=[Scope.parse(of)])


def _claim(of: str) -> Claim:
    written = {"id": "c", "when": "2026", "said": {"en": "so"}, "source": "s", "about": "a.test"}
    return Claim.model_validate(
        {**written, "who": {"en": "somebody"}, "kind": "independent", "of": of}
    )


@pytest.mark.parametrize(
    ("needs", "of", "verdict"),
    [
        # Who names variants names all that is switched on.
        ("hill/cdn#new+bots", "hill/cdn#new+bots+waf", "holds"),
        ("hill/cdn#new+bots", "hill/cdn#bots+new", "broken"),
        ("hill/cdn#new+bots", "hill/cdn#old", "holds"),
        # Nobody has said in which zone he stands, or in which region.
        ("hill/vm/east#data", "hill/vm/east/a", "unknown"),
        ("hill/vm/east#data", "hill/vm/east#control", "holds"),
        ("hill/vm/east#data", "hill/vm/west/a", "holds"),
        ("hill/cdn", "hill/cdn#bots", "unknown"),
        ("hill/cdn", "hill/*/east", "unknown"),
        ("hill/cdn", "hill", "broken"),
        ("hill", "hill/cdn", "unknown"),
    ],
)
def test_a_claim_is_open_exactly_where_a_fall_is_possible(
    needs: str, of: str, verdict: str
) -> None:
    model = _model(needs)
    graph = _graph(model, of)
    found = judge(_claim(of), graph, model, duration=60.0)
    answer = what_if(graph, [of], 60.0)
    foretold = (answer.states["a.test/use"], answer.worst["a.test/use"])
    assert found.verdict == verdict
    assert (
        foretold
        == {
            "holds": (State.UP, State.UP),
            "unknown": (State.UP, State.DOWN),
            "broken": (State.DOWN, State.DOWN),
        }[verdict]
    )
