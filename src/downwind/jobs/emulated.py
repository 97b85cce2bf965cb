"""An emulated internet for a job: started with a catalogue and a folder, and ended again."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downwind.catalog import Catalog
from downwind.jobs.map import Mapped, map_walled
from downwind.model import Model
from downwind.world.client import WorldProcess


@dataclass(frozen=True, slots=True)
class Emulated:
    """A world that runs, and what may be known of its providers."""

    process: WorldProcess
    folder: Path
    """Gone at the end."""
    catalog: Catalog

    async def map(
        self, model: Model, handout: Mapping[str, Any], *, budget: float, confine: bool
    ) -> Mapped:
        """Map all hosts that the journeys visit, from outside. `budget` are real seconds."""
        folder = self.folder / "map"
        return await map_walled(model.hosts(), handout, folder, budget=budget, confine=confine)


@asynccontextmanager
async def emulated(
    world_file: Path,
    *,
    catalog: Sequence[Path] = (),
    deal: int | None = None,
    speed: float = 1.0,
    start: float | None = None,
) -> AsyncIterator[Emulated]:
    """Start a world; raises WorldError, CatalogError."""
    with tempfile.TemporaryDirectory(prefix="downwind-") as name:
        folder = Path(name)
        async with WorldProcess.start(
            world_file, folder / "world", deal=deal, speed=speed, start=start
        ) as process:
            overlay = folder / "overlay.yaml"
            overlay.write_text(process.overlay, encoding="utf-8")
            yield Emulated(process, folder, Catalog.load([*catalog, overlay]))
