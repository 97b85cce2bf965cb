"""Compares two services: of what was mapped and declared, or in an emulated internet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.jobs.emulated import emulated
from downwind.jobs.map import stored
from downwind.model import Model
from downwind.questions.compare import Compared, compare, find_service
from downwind.terms import UsageError
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model, recovery_after
from downwind.world.form.scenario import packaged


@dataclass(frozen=True, slots=True)
class EmulatedComparison:
    """A comparison in an emulated internet, mapped through its sockets."""

    compared: Compared
    world: str
    walls: tuple[str, ...]
    observations: int


def compare_stored(
    a: str,
    b: str,
    duration: float,
    *,
    model: Model,
    store: Path,
    catalog: Sequence[Path] = (),
    as_of: date | None = None,
) -> Compared:
    """Compare two services of a model by what the store holds; raises UsageError."""
    graph = build_graph(stored(store), Catalog.load(catalog), model, as_of=as_of)
    return compare(graph, model, a, b, duration)


async def compare_emulated(
    a: str,
    b: str,
    duration: float,
    *,
    world_file: Path,
    catalog: Sequence[Path] = (),
    as_of: date | None = None,
    budget: float = 20.0,
    confine: bool = True,
) -> EmulatedComparison:
    """Start a world, map all of its services from outside, and compare two of them.

    `budget` are the seconds that the map may take. Raises UsageError, ModelError, WorldError,
    CannotMeasure.
    """
    world = load_world(world_file)
    model = owners_model(world, recovery_after(duration))
    for name in (a, b):
        find_service(model, name)
    async with emulated(world_file, catalog=catalog) as running:
        handout = running.process.handout
        mapped = await running.map(model, handout, budget=budget, confine=confine)
    graph = build_graph(mapped.records, running.catalog, model, as_of=as_of)
    compared = compare(graph, model, a, b, duration)
    return EmulatedComparison(compared, world.world, mapped.walls, len(mapped.records))


def find_world(name: str) -> Path:
    """A world that comes with Downwind, or a file; raises UsageError."""
    known = packaged("worlds")
    path = known.get(name, Path(name))
    if path.is_file():
        return path
    todo = f"Name a world file, or one of: {', '.join(known)}."
    raise UsageError(f"there is no world {name!r}.", todo=todo)
