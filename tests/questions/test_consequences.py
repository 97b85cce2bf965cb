"""A provider that fell because it leans on the blamed one is a consequence, not a cause."""

from typing import Any

from downwind.catalog import Catalog
from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import add_scope, use_scope
from downwind.questions.attribute import Attribution, attribute
from downwind.questions.suspects import Suspects
from downwind.terms import Alternative, Evidence, Need, Scope, Seen, Standing

CATALOG = Catalog.from_texts([])
STORAGE = Scope("dale", "storage")
STORE = Scope("hill", "store")


def _graph(*, leans: bool = True, grace: float = 0.0) -> Graph:
    """Hill's store leans on Dale's storage; half of the services stand on each, c on neither."""
    builder = GraphBuilder()
    store = add_scope(builder, STORE)
    add_scope(builder, Scope("hill", "store", "north"))
    if leans:
        need = Need(
            "storage",
            (Alternative(use_scope(builder, STORAGE)),),
            grace=grace,
            standing=Standing.DECLARED,
            why="declared by the owner: its post-mortem",
        )
        builder.need(store, need)
    stands = {"a": STORAGE, "b": STORAGE, "d": STORE, "e": Scope("hill", "store", "north")}
    stands |= {"c": Scope("vale", "cdn"), "f": Scope("hill", "proxy")}
    for name, scope in stands.items():
        for capability in ("use", "talk"):
            key = builder.node(f"{name}.test/{capability}", "capability")
            builder.need(key, Need("needs", (Alternative(use_scope(builder, scope)),)))
    return builder.build()


def _ask(graph: Graph, failing: str) -> Attribution:
    probes = [
        _probe(node.id, ok=node.id[0] not in failing)
        for node in graph.nodes.values()
        if node.kind == "capability"
    ]
    return attribute(graph, Suspects.of(graph, 7200.0), CATALOG, [probes] * 3)


def _probe(capability: str, *, ok: bool) -> Evidence:
    step: dict[str, Any] = {"ok": ok, "layer": None if ok else "http", "status": 200 if ok else 500}
    value = {"ok": ok, "state": "up" if ok else "down", "steps": [step]}
    return Evidence(capability, "probe.journey", Seen(value), 0.0, "here")


def test_who_leans_on_the_blamed_provider_is_told_as_its_consequence() -> None:
    verdict = _ask(_graph(), "abde")
    assert verdict.scope is not None
    assert STORAGE.covers(verdict.scope) or verdict.scope.covers(STORAGE)
    assert verdict.scope.provider == "dale"
    assert [c.scope for c in verdict.consequences] == [STORE]
    consequence = verdict.consequences[0]
    assert set(consequence.explains) == {f"{n}.test/{c}" for n in "de" for c in ("use", "talk")}
    assert "hill/store needs dale/storage: declared by the owner" in consequence.why
    assert "?" not in consequence.why


def test_a_consequence_under_which_nobody_fails_is_not_told() -> None:
    assert _ask(_graph(), "ab").consequences == ()


def test_a_provider_that_does_not_lean_on_the_blamed_one_is_no_consequence() -> None:
    assert _ask(_graph(leans=False), "abde").consequences == ()


def test_a_leaning_that_outlasts_the_fault_is_no_consequence() -> None:
    assert _ask(_graph(grace=9000.0), "abde").consequences == ()


def test_when_nothing_fails_there_are_no_consequences() -> None:
    assert _ask(_graph(), "").consequences == ()
