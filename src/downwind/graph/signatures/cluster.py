"""Sites collapse to signatures on Dask workers: rows shuffled by site, signatures merged in a tree.

Every part's rows are put in buckets by the hash of their node, so a site's rows meet in one bucket
whichever parts they came from. Merging only adds whole numbers, so its order plays no part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from downwind.graph.signatures.assemble import assemble
from downwind.graph.signatures.files import Files, Parts, files_of
from downwind.graph.signatures.fold import merged, settled, signatures_of
from downwind.graph.signatures.local import BYTES_A_ROW, CORE_NUMBERS, NAMES
from downwind.graph.signatures.scan import CORE, bucket, check, view, write_buckets
from downwind.graph.signatures.session import Session, memory_of, session
from downwind.graph.signatures.types import Signatures, Tally
from downwind.graph.tables.columns import EDGES, NODES
from downwind.terms import CannotMeasure, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

AT_ONCE = 8
"""How many results a merge takes in."""
TASKS_A_WORKER = 4
"""Into how many tasks, for each worker, the files are dealt at most."""


def open_client(address: str) -> Client:
    """A client of the Dask scheduler at an address; raises UsageError where there is none."""
    distributed = _distributed()
    try:
        return distributed.Client(address, timeout=10)  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers: {error}.", where=address) from error


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "Dask is not installed.", todo="Install downwind with its extra `cluster`."
        ) from error
    return distributed


def collapse_there(
    client: Client, graph: Parts, nodes: Parts | None, memory_limit: str
) -> Signatures:
    """The signatures of an edge table and a node table, by the client's workers."""
    distributed = _distributed()
    edges = files_of(graph, EDGES)
    more = files_of(nodes, NODES) if nodes is not None else Files()
    workers = client.run(_version)
    if len(set(workers.values())) > 1:
        raise UsageError("the workers' DuckDB differ.", todo="Install one version on all of them.")
    try:
        return _collapse(_Work(client, len(workers), memory_limit), edges, more)
    except distributed.KilledWorker as error:
        raise CannotMeasure(
            f"a worker died: {error}.", where="signatures", todo="Give workers more memory."
        ) from error


class _Work:
    """Hands tasks to the cluster; each opens a DuckDB session of its own."""

    def __init__(self, client: Any, workers: int, memory_limit: str) -> None:
        self.client = client
        self.workers = workers
        self.memory_limit = memory_limit

    def submit(self, task: Callable[..., Any], *arguments: Any) -> Future[Any]:
        # Not pure: Dask would answer from what it read before, even if a file has changed.
        future: Future[Any] = self.client.submit(task, *arguments, self.memory_limit, pure=False)
        return future

    def pick(self, results: Future[Any], number: int) -> Future[Any]:
        future: Future[Any] = self.client.submit(_pick, results, number, pure=False)
        return future

    def tree(self, task: Callable[..., Any], results: Sequence[Future[Any]]) -> Future[Any]:
        """One result out of many, a few at a time."""
        while len(results) > 1:
            groups = range(0, len(results), AT_ONCE)
            results = [self.submit(task, results[i : i + AT_ONCE]) for i in groups]
        return results[0]

    def dealt(self, files: Sequence[Path]) -> list[list[Path]]:
        """The files of each task; one task without files where there are none."""
        tasks = max(1, min(len(files), self.workers * TASKS_A_WORKER))
        return [list(files[i::tasks]) for i in range(tasks)]


def _collapse(work: _Work, edge_files: Files, node_files: Files) -> Signatures:
    edge_parts, node_parts = work.dealt(edge_files.paths), work.dealt(node_files.paths)
    checked = [work.submit(_check, "edges", files) for files in edge_parts]
    checked += [work.submit(_check, "nodes", files) for files in node_parts]
    _sum(work, checked).refuse_broken()

    names = [work.submit(_names, files) for files in edge_parts]
    core = work.submit(_core, work.tree(_merge_names, names))
    rows = work.pick(core, 0).result()
    core = work.pick(core, 1)
    buckets = max(work.workers, 1 + int(rows * BYTES_A_ROW / memory_of(work.memory_limit)))

    shuffled = _shuffle(work, edge_parts, node_parts, core, buckets)
    collapsed = [work.submit(_collapse_bucket, *rows) for rows in shuffled[CORE + 1 :]]
    core_edges, core_nodes = (work.client.gather(tables) for tables in shuffled[CORE])
    del shuffled  # lets the workers forget rows as soon as they are collapsed
    tally = _sum(work, [work.pick(result, 1) for result in collapsed])
    signatures = work.tree(_merge, [work.pick(result, 0) for result in collapsed]).result()
    with _session(work.memory_limit) as here:
        con = here.con
        con.from_arrow(core.result()).create("core")
        return assemble(
            con,
            _together(con, core_edges),
            _together(con, core_nodes),
            settled(con, con.from_arrow(signatures)),
            tally,
            told=edge_files.told + node_files.told,
        )


def _shuffle(
    work: _Work,
    edge_parts: list[list[Path]],
    node_parts: list[list[Path]],
    core: Future[Any],
    buckets: int,
) -> list[tuple[list[Future[Any]], list[Future[Any]]]]:
    """For each bucket, from the core's on, its edge rows and its node rows out of all parts."""
    edges = [work.submit(_split, "edges", files, core, buckets) for files in edge_parts]
    nodes = [work.submit(_split, "nodes", files, core, buckets) for files in node_parts]
    return [
        ([work.pick(e, number) for e in edges], [work.pick(n, number) for n in nodes])
        for number in range(CORE, CORE + 1 + buckets)
    ]


def _sum(work: _Work, tallies: list[Future[Any]]) -> Tally:
    gathered: list[Tally] = work.client.gather(tallies)
    return sum(gathered, Tally())


def _session(memory_limit: str) -> AbstractContextManager[Session]:
    return session(memory_limit, None, threads=1)


def _version() -> str:
    import duckdb

    return str(duckdb.__version__)


def _pick(results: Sequence[Any], number: int) -> Any:
    return results[number]


def _together(con: DuckDBPyConnection, tables: Sequence[Any]) -> DuckDBPyRelation:
    return reduce(lambda a, b: a.union(b), [con.from_arrow(table) for table in tables])


def _check(table: str, files: list[Path], memory_limit: str) -> Tally:
    with _session(memory_limit) as here:
        view(here.con, table, files)
        return check(here.con, table)


def _names(files: list[Path], memory_limit: str) -> Any:
    """The alternatives that the files name, with how many rows name each."""
    with _session(memory_limit) as here:
        view(here.con, "edges", files)
        here.con.execute(NAMES)
        return here.con.table("names").to_arrow_table()


def _merge_names(tables: list[Any], memory_limit: str) -> Any:
    with _session(memory_limit) as here:
        names = _together(here.con, tables)
        return names.aggregate("name, CAST(sum(rows) AS BIGINT) AS rows", "name").to_arrow_table()


def _core(table: Any, memory_limit: str) -> tuple[int, Any]:
    """The number of rows, and the alternatives, numbered."""
    with _session(memory_limit) as here:
        here.con.from_arrow(table).create("names")
        here.con.execute(CORE_NUMBERS)
        ((rows,),) = here.con.sql("SELECT coalesce(sum(rows), 0) FROM names").fetchall()
        return int(rows), here.con.table("core").to_arrow_table()


def _split(table: str, files: list[Path], core: Any, buckets: int, memory_limit: str) -> list[Any]:
    """The files' rows by bucket, from the core's on."""
    with _session(memory_limit) as here:
        con = here.con
        view(con, table, files)
        con.from_arrow(core).create("core")
        write_buckets(con, table, buckets, here.folder)
        numbers = range(CORE, CORE + 1 + buckets)
        return [bucket(con, table, i, here.folder).to_arrow_table() for i in numbers]


def _collapse_bucket(edges: list[Any], nodes: list[Any], memory_limit: str) -> tuple[Any, Tally]:
    with _session(memory_limit) as here:
        con = here.con
        found, tally = signatures_of(con, _together(con, edges), _together(con, nodes))
        return merged(con, found).to_arrow_table(), tally


def _merge(tables: list[Any], memory_limit: str) -> Any:
    with _session(memory_limit) as here:
        return merged(here.con, _together(here.con, tables)).to_arrow_table()
