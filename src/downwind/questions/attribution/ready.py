"""Loads or compiles the kernels of attribution ahead of their first use, which takes seconds."""

from __future__ import annotations

import numpy as np

from downwind.graph import GraphBuilder
from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import Testimony
from downwind.questions.attribution.search import Budget
from downwind.questions.suspects import Suspects
from downwind.terms import Alternative, Need


def load_kernels() -> None:
    """Ask once of two parts that meet one need of a capability that fails."""
    builder = GraphBuilder()
    parts = [builder.node(name, "component") for name in ("one", "other")]
    for name in ("both", "first"):
        key = builder.node(f"s.test/{name}", "capability")
        needed = parts if name == "both" else parts[:1]
        builder.need(key, Need("part", tuple(Alternative(part) for part in needed)))
    suspects = Suspects.of(builder.build(), 1.0)
    nodes = ["s.test/both", "s.test/first"]
    said = Testimony(nodes, ["here"] * 2, np.full(2, -9.0), np.zeros(2), [(), ()])
    attribute_all(suspects, said, budget=Budget.of(60.0))
