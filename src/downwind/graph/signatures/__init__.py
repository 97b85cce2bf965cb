"""Sites with the same set of needs become one signature: graphs that are too large for arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from downwind.graph.signatures.types import Signatures

if TYPE_CHECKING:
    from distributed import Client

    from downwind.graph.signatures.files import Parts

__all__ = ["Signatures", "collapse", "collapse_on", "connect"]

# DuckDB, pyarrow and Dask take long to import, so they are imported by those who collapse.


def collapse(
    graph: Parts,
    nodes: Parts | None = None,
    *,
    memory_limit: str = "2GB",
    temp: Path | None = None,
    threads: int = 2,
) -> Signatures:
    """The signatures of an edge table, and of a node table where there is one, by DuckDB.

    Each is a file, a folder, a pattern or a list of these, Parquet or CSV. DuckDB keeps within
    `memory_limit` and spills to a folder made in `temp`; the result itself comes on top.
    Raises ModelError for files that are absent or broken, CannotMeasure where the limit is too
    low, UsageError where the limit cannot be read.
    """
    from downwind.graph.signatures.local import collapse_here

    return collapse_here(graph, nodes, memory_limit, temp, threads)


def collapse_on(
    client: Client, graph: Parts, nodes: Parts | None = None, *, memory_limit: str = "1GB"
) -> Signatures:
    """What `collapse` gives, bit for bit, worked out on the workers of a Dask cluster.

    All workers must see the files under the same names. `memory_limit` is for DuckDB in each task.
    Raises what `collapse` raises, UsageError where Dask is not installed or workers' DuckDB
    differ, and CannotMeasure where workers die.
    """
    from downwind.graph.signatures.cluster import collapse_there

    return collapse_there(client, graph, nodes, memory_limit)


def connect(address: str) -> Client:
    """A client of the Dask scheduler at an address such as tcp://127.0.0.1:8786.

    Raises UsageError where Dask is not installed or nothing answers.
    """
    from downwind.graph.signatures.cluster import open_client

    return open_client(address)
