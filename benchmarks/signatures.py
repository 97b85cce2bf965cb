"""How long does it take to collapse sites to signatures, and in how much memory?

    .venv/bin/python benchmarks/signatures.py make FOLDER [--names 20000000] [--signatures 100000]
    .venv/bin/python benchmarks/signatures.py run FOLDER [--memory 2GB]

`make` writes edges.parquet and nodes.parquet: names that share few signatures, the r-th signature
with a share of about 1 / r, which have 3 to 6 needs met by 1 to 3 of 55,000 core nodes. `run` also
takes a folder of benchmarks/internet.py. The bound is what DuckDB needs to read every cell once.
"""

import argparse
import resource
import threading
import time
from pathlib import Path

import duckdb

from downwind.graph.signatures import collapse

SHAPES = """
    CREATE TABLE shapes AS
    SELECT signature, 'n' || need AS need,
        'host-' || floor(55000 ** random()) :: INTEGER || '.test' AS alternative,
        CASE WHEN hash(signature, need, 'soft') % 20 = 0 THEN 'soft' ELSE 'hard' END AS strength,
        [0.0, 0.0, 300.0, 3600.0, 86400.0][1 + (hash(signature, need) % 5) :: INTEGER] AS grace_s
    FROM range({signatures}) s(signature), range(6) n(need), range(3) a(nth)
    WHERE need < 3 + hash(signature) % 4
        AND nth <= [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][1 + (hash(need, signature) % 10) :: INTEGER]
"""
NAMES = """
    SELECT 'name-' || i || '.test' AS name,
        floor({signatures} ** ((hash(i) % 1000003) / 1000003)) :: BIGINT - 1 AS signature
    FROM range({names}) n(i)
"""
EDGES = """
    COPY (
        SELECT name AS node, need, alternative, 1 AS k, strength, grace_s
        FROM ({names_of}) JOIN shapes USING (signature)
        UNION ALL
        SELECT alternative, 'provider', 'provider-' || hash(alternative) % 5000, 1, 'hard', 0.0
        FROM (SELECT DISTINCT alternative FROM shapes)
    ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""
NODES = """
    COPY (SELECT name AS node, 'site' AS kind, 1 + hash(name) % 100 / 7 AS weight FROM ({names_of}))
    TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""


def make(folder: Path, names: int, signatures: int) -> None:
    """Write the two tables."""
    folder.mkdir(parents=True, exist_ok=True)
    names_of = NAMES.format(names=names, signatures=signatures)
    settings = {"threads": 2, "memory_limit": "2GB", "temp_directory": str(folder / "spill")}
    with duckdb.connect(config=settings | {"preserve_insertion_order": False}) as con:
        con.execute("SELECT setseed(0.5)").fetchall()
        con.execute(SHAPES.format(signatures=signatures)).fetchall()
        con.execute(EDGES.format(names_of=names_of, file=folder / "edges.parquet")).fetchall()
        con.execute(NODES.format(names_of=names_of, file=folder / "nodes.parquet")).fetchall()


def read_once(file: Path) -> tuple[float, int]:
    """Seconds to read every cell once, and the number of rows."""
    began = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as con:
        cells = con.read_parquet(str(file))
        ((rows, _),) = cells.aggregate(
            "count(*), bit_xor(hash(" + ", ".join(cells.columns) + "))"
        ).fetchall()
    return time.perf_counter() - began, rows


def most_spilled(folder: Path, stop: threading.Event) -> int:
    """The most bytes that lay below a folder at once, looked at twice a second until the stop."""
    most = 0
    while not stop.wait(0.5):
        sizes = []
        for file in folder.rglob("*"):
            try:
                sizes.append(file.stat().st_size)
            except FileNotFoundError:
                continue
        most = max(most, sum(sizes))
    return most


def run(folder: Path, memory: str) -> None:
    """Print what a collapse takes, and the bound."""
    temp, stop, spilled = folder / "temp", threading.Event(), [0]
    temp.mkdir(exist_ok=True)
    watch = threading.Thread(target=lambda: spilled.append(most_spilled(temp, stop)))
    watch.start()
    began, cpu = time.perf_counter(), time.process_time()
    try:
        found = collapse(
            folder / "edges.parquet", folder / "nodes.parquet", memory_limit=memory, temp=temp
        )
    finally:
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        stop.set()
        watch.join()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    bound, rows = read_once(folder / "edges.parquet")
    print(f"{rows:,} rows, {found.sites:,} sites -> {len(found.count):,} signatures")
    print(f"{found.table.core.size:,} core nodes; {len(found.table.sites.alt):,} alternatives kept")
    print(f"collapse, memory_limit {memory}: {seconds:.1f} s wall, {cpu:.1f} s of CPU")
    print(f"peak {peak:.2f} GiB resident, {spilled[-1] / 2**30:.2f} GiB on disk")
    print(f"bound, every cell read once: {bound:.1f} s ({seconds / bound:.1f} x)")


def main() -> None:
    """Make tables, or collapse them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("make", "run"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", type=int, default=20_000_000)
    parser.add_argument("--signatures", type=int, default=100_000)
    parser.add_argument("--memory", default="2GB")
    asked = parser.parse_args()
    if asked.what == "make":
        make(asked.folder, asked.names, asked.signatures)
    else:
        run(asked.folder, asked.memory)


if __name__ == "__main__":
    main()
