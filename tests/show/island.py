"""An outage of a small island, put together by hand, and how it is printed."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from downwind.graph import Graph
from downwind.jobs.foretell import Prediction
from downwind.jobs.map import Mapped
from downwind.jobs.outcome import Cell, Replay, agreements
from downwind.jobs.stage import Played, Spoke
from downwind.questions.attribute import Attribution
from downwind.questions.verdicts import Named
from downwind.questions.whatif import Fate, WhatIf
from downwind.terms import Alternative, Need, Node, Scope, State
from downwind.world.form.load import load_world
from downwind.world.form.scenario import load_scenario
from downwind.world.people.crowd_process import CrowdCount, Talk

UP, DEGRADED, DOWN = State.UP, State.DEGRADED, State.DOWN
SCENARIO = load_scenario(str(Path(__file__).parent / "island-scenario.yaml"))
START, ONSET = SCENARIO.start, SCENARIO.onset
FAULT = Scope.parse("amber/shield#bots")
SHIELD = Scope.parse("amber/shield")
FELL = ("kite.test/read", "kite.test/post")
LASTS = 6000.0

VERDICT = Attribution(
    verdict="provider", scope=SHIELD, suspect="amber/shield", confidence=0.97,
    explains=FELL, unexplained=(), contradicts=(), rivals=(), same=(),
)  # fmt: skip


def cell(key: str, *, predicted: State = UP, observed: State | None = UP, **more: Any) -> Cell:
    """One capability, foretold from outside as with declarations unless told otherwise."""
    service, _, capability = key.rpartition("/")
    back = LASTS if predicted is DOWN else None
    told: dict[str, Any] = {
        "title": "", "predicted_from_outside": predicted, "certain_from_outside": True,
        "reported": None, "source": "", "predicted_back": back, "observed_back": None,
    }  # fmt: skip
    return Cell(service, capability, predicted=predicted, observed=observed, **(told | more))


CELLS = (
    cell("kite.test/read", predicted=DOWN, observed=DOWN, observed_back=LASTS + 300),
    cell("kite.test/post", predicted=DOWN, observed=DOWN, observed_back=LASTS + 300),
    cell("owl.test/message"),
)


def fate(node: str, state: State) -> Fate:
    """What was foretold of one capability."""
    return Fate(node, node, "capability", state, state, 0.0, 0.0, LASTS, (), "")


def prediction(*, hidden: Any = (), leans: str = "amber/shield", **states: State) -> Prediction:
    """A prediction for the three capabilities, each of which leans on one node."""
    known = {"read": DOWN, "post": DOWN, "message": UP} | states
    keys = {"read": FELL[0], "post": FELL[1], "message": "owl.test/message"}
    fates = tuple(fate(keys[name], state) for name, state in known.items())
    answer = WhatIf((str(FAULT),), LASTS, fates, (), ())
    need = Need("edge", (Alternative(leans),))
    nodes = {key: Node(key, "capability", needs=(need,)) for key in FELL}
    return Prediction(Graph(nodes), answer, answer, tuple(hidden))


def talk(tried: int = 0, failed: int = 0, **blamed: int) -> CrowdCount:
    """What the crowd said at Owl's in one interval."""
    return CrowdCount(ONSET + 600, {}, {}, {"owl.test": Talk(tried, failed, blamed)})


def spoke(provider: str, title: str, after: float = 900.0) -> Spoke:
    """A status page that told of trouble so many seconds after the onset."""
    return Spoke(provider, title, ONSET + after)


def result(**changes: Any) -> Replay:
    """The island's edge failed, Kite fell, and the edge was named."""
    cells = changes.get("cells", CELLS)
    predicted, outside, reported = agreements(cells)
    whole = Replay(
        scenario=SCENARIO, seed=None, speed=60.0, as_of=None, world=load_world(SCENARIO.world_file),
        fault=FAULT, cells=cells, named=Named(VERDICT, 600.0), first_failure=60.0,
        prediction=prediction(), predicted=predicted, outside=outside, reported=reported, claims=(),
        played=Played(), mapped=Mapped([], (), {}), unmeasured=(),
    )  # fmt: skip
    return replace(whole, **changes)


def console(width: int = 120, *, terminal: bool = False) -> Console:
    """A screen of this width whose text can be read back with `text`."""
    return Console(
        file=io.StringIO(), width=width, markup=False, highlight=False, emoji=False,
        force_terminal=terminal, legacy_windows=False,
    )  # fmt: skip


def text(out: Console) -> str:
    """What was printed."""
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()
