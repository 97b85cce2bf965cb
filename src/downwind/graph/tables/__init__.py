"""Edge tables: graphs of any size as Parquet or CSV, in and out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from downwind.graph.tables.from_graph import table_of
from downwind.graph.tables.types import NeedRows, Table

__all__ = ["NeedRows", "Table", "find_node", "read_table", "table_of", "write_table"]

# pyarrow takes a fifth of a second to import, so it is imported by those who read or write.


def read_table(
    graph: Path, nodes: Path | None = None, *, names: bool = True, also: Collection[str] = ()
) -> Table:
    """Read an edge table and, where given, a node table (docs/edge-table.md).

    Each is a .parquet, .csv or .csv.gz file, a folder of such parts, or a pattern. Without
    `names`, sites and needs stay numbers, which takes less memory. Columns in `also` are known: the
    caller reads them from the node table. Raises ModelError that names the first ten broken rows
    and how many there are; nothing is half-loaded.
    """
    from downwind.graph.tables.read import read

    return read(graph, nodes, names=names, also=also)


def write_table(table: Table, graph: Path, nodes: Path | None = None) -> None:
    """Write an edge table and, where a path is given, a node table, as the suffixes say.

    Raises ModelError where the table has no names, or has nodes that only a node table can hold.
    """
    from downwind.graph.tables.write import write

    write(table, graph, nodes)


def find_node(table: Table, name: str) -> int | None:
    """The number of a node by its name; None where there is none, or sites have no names."""
    for names, first in ((table.core_names, 0), (table.site_names, table.core.size)):
        at = _find(names, name) if names is not None else None
        if at is not None:
            return first + at
    return None


def _find(names: object, name: str) -> int | None:
    from downwind.graph.tables.names import Names

    if isinstance(names, Names):
        return names.find(name)
    assert isinstance(names, tuple | list)
    return names.index(name) if name in names else None
