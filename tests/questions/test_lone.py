"""Who alone is enough: single points of failure among the providers, soonest first."""

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.model import model_from_texts
from downwind.questions.lone import lone_causes

TEXT = """
services:
  - name: a.test
    capabilities:
      - id: use
        declares:
          - {need: edge, any_of: [hill/cdn, dale/cdn]}
          - {need: store, any_of: [hill/db/north], grace: 1h}
          - {need: tags, any_of: [dale/tags], strength: soft}
"""


def test_a_second_provider_clears_the_first_and_soft_needs_take_nobody_down() -> None:
    graph = build_graph([], Catalog.from_texts([]), model_from_texts([("m", TEXT)]))
    found = [(str(c.scope), c.after) for c in lone_causes(graph, "a.test/use", 86400.0)]
    assert found == [
        ("hill", 3600.0),
        ("hill/*/north", 3600.0),
        ("hill/db", 3600.0),
        ("hill/db/north", 3600.0),
    ]


def test_what_outlasts_the_fault_is_left_out() -> None:
    graph = build_graph([], Catalog.from_texts([]), model_from_texts([("m", TEXT)]))
    assert lone_causes(graph, "a.test/use", 1800.0) == ()


def test_a_private_part_that_is_called_like_a_provider_is_no_lone_provider() -> None:
    text = TEXT.replace("any_of: [hill/db/north]", "any_of: [origin]")
    text += "components: [{id: origin, declares: [{need: rooms, any_of: [dale/rooms]}]}]\n"
    graph = build_graph([], Catalog.from_texts([]), model_from_texts([("m", text)]))
    found = [str(c.scope) for c in lone_causes(graph, "a.test/use", 86400.0)]
    assert found == ["dale", "dale/rooms"]
