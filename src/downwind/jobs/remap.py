"""Maps the watched services anew, and tells what came and what went."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.jobs.map import Records, map_here, stored
from downwind.model import Model
from downwind.observe import Network
from downwind.observe.names import host_name
from downwind.questions.changed import Changed, changed
from downwind.terms import Evidence, Unanswered


@dataclass(frozen=True, slots=True)
class Remapped:
    """A map, and how it differs from the one before."""

    graph: Graph
    changes: tuple[Changed, ...]
    records: int
    """What was looked at this time."""
    unanswered: int


async def remap(
    model: Model,
    network: Network,
    catalog: Catalog,
    directory: Path,
    before: Graph | None,
    *,
    budget: float,
    beside: Sequence[str] = (),
    only: frozenset[str] | None = None,
) -> Remapped:
    """Look at all hosts of the model again; `budget` in seconds. Raises LogDamaged, OSError.

    Of the hosts `beside` everything is looked at but their pages. With `only`, others are left as
    they were seen before.

    What gives no answer this time stays as it was seen: an outage is no change of dependency.
    """
    names, hosts = (
        [host for host in some if _is_name(host) and (only is None or host in only)]
        for some in (model.hosts(), beside)
    )
    seen = await map_here(names, network, directory, budget=budget, heard=_nobody, hosts=hosts)
    records = await asyncio.to_thread(stored, directory)
    graph = await asyncio.to_thread(build_graph, answered(records), catalog, model)
    changes = changed(before, graph) if before is not None else ()
    silent = sum(isinstance(record.finding, Unanswered) for _, record in seen)
    return Remapped(graph, changes, len(seen), silent)


def graph_of(model: Model, catalog: Catalog, directory: Path) -> Graph | None:
    """The graph by the evidence of earlier maps; None where there is none."""
    records = stored(directory)
    return build_graph(answered(records), catalog, model) if records else None


def unmapped(hosts: Iterable[str], directory: Path) -> frozenset[str]:
    """The names among them that no earlier map has looked at."""
    looked_at = {record.subject for _, record in stored(directory) if record.kind == "dns.a"}
    return frozenset(host for host in hosts if _is_name(host) and _named(host) not in looked_at)


def answered(records: Iterable[tuple[str, Evidence]]) -> Records:
    """The records without the silences about what was seen at another time."""
    kept = list(records)
    known = {(r.kind, r.subject) for _, r in kept if not isinstance(r.finding, Unanswered)}
    return [
        (record_id, record)
        for record_id, record in kept
        if not isinstance(record.finding, Unanswered) or (record.kind, record.subject) not in known
    ]


def _named(host: str) -> str:
    """The way in which evidence writes it."""
    try:
        return host_name(host)
    except ValueError:
        return host


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _nobody(_: Evidence) -> None:
    """Nobody listens while it maps."""
