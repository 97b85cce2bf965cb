"""Sites collapse to signatures: what a plain twin finds, whichever way and order it is done in."""

from __future__ import annotations

import csv
import gzip
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.graph.signatures import Signatures, collapse, collapse_on, connect
from downwind.graph.tables import read_table
from downwind.graph.tables.types import Ints, NeedRows, Table
from downwind.solve.arrays import Arrays
from downwind.solve.prepared import prepare
from downwind.solve.propagate import propagate
from downwind.terms import CannotMeasure, ModelError, UsageError

Need = tuple[tuple[str, ...], int, bool, float]
EDGE = ("node", "need", "alternative", "k", "strength", "grace_s", "kind", "confidence")
NODE = ("node", "kind", "weight", "p", "rate", "dur_p50_s", "dur_p95_s", "recovery_s")


@dataclass
class Seen:
    """Signatures by name: the same of a collapse and of its twin."""

    core: dict[str, list[Need]]
    signatures: dict[frozenset[Need], tuple[int, float]]
    doubtful: int = 0


@dataclass
class Rows:
    """An edge table and a node table."""

    edges: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)

    def need(self, node: str, need: str, *alternatives: str, **more: Any) -> Rows:
        for name in alternatives:
            self.edges.append({"node": node, "need": need, "alternative": name, **more})
        return self

    def node(self, node: str, **more: Any) -> Rows:
        self.nodes.append({"node": node, **more})
        return self


def twin(rows: Rows) -> Seen:
    """Dictionaries, sets and fsum; shares no code with the collapse."""
    needs: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.edges:
        needs[row["node"]][row["need"]].append(row)
    core = {row["alternative"] for row in rows.edges}
    doubtful = 0
    read: dict[str, list[Need]] = {
        name: [] for name in (*core, *needs, *(n["node"] for n in rows.nodes))
    }
    for node, named in needs.items():
        for _, cells in sorted(named.items()):
            if all(c.get("kind") == "suspected" or c.get("confidence", 1) < 0.5 for c in cells):
                doubtful += 1
                continue
            first = cells[0]
            hard = first.get("strength", "hard") == "hard"
            names = tuple(sorted({c["alternative"] for c in cells}))
            read[node].append((names, first.get("k", 1), hard, first.get("grace_s", 0.0)))
    weight = {row["node"]: row.get("weight", 1.0) for row in rows.nodes}
    members: dict[frozenset[Need], list[float]] = defaultdict(list)
    for node, found in read.items():
        if node not in core:
            members[frozenset(found)].append(weight.get(node, 1.0))
    return Seen(
        {name: read[name] for name in core},
        {needs: (len(found), math.fsum(found)) for needs, found in members.items()},
        doubtful,
    )


def seen(found: Signatures) -> Seen:
    """What a collapse found, by name."""
    table = found.table
    sites = [frozenset(needs) for needs in named(table.sites, table.core_names)]
    assert len(set(sites)) == len(sites), "a signature comes twice"
    assert table.weight is not None
    assert table.weight[table.core.size :].tolist() == found.weight.tolist()
    return Seen(
        dict(zip(table.core_names, named(table.core, table.core_names), strict=True)),
        dict(
            zip(sites, zip(found.count.tolist(), found.weight.tolist(), strict=True), strict=True)
        ),
        table.doubtful,
    )


def named(rows: NeedRows, names: Sequence[str]) -> Iterator[list[Need]]:
    for i in range(rows.size):
        needs = range(rows.start[i], rows.start[i + 1])
        yield [
            (
                tuple(names[a] for a in rows.alt[rows.alt_start[q] : rows.alt_start[q + 1]]),
                int(rows.k[q]),
                bool(rows.hard[q]),
                float(rows.grace[q]),
            )
            for q in needs
        ]


def parquet(folder: Path, rows: Rows, parts: int = 1) -> tuple[list[Path], list[Path]]:
    """The tables as Parquet, dealt over so many parts row by row."""
    types = dict.fromkeys((*EDGE, *NODE), pa.float64())
    types |= dict.fromkeys(("node", "need", "alternative", "strength", "kind"), pa.string())
    types["k"] = pa.int32()
    written: tuple[list[Path], list[Path]] = ([], [])
    for files, columns, cells in ((written[0], EDGE, rows.edges), (written[1], NODE, rows.nodes)):
        schema = pa.schema([(name, types[name]) for name in columns])
        for part in range(parts):
            name = f"{'edges' if columns is EDGE else 'nodes'}-{part}.parquet"
            pq.write_table(pa.Table.from_pylist(cells[part::parts], schema), folder / name)
            files.append(folder / name)
    return written


def comma(file: Path, columns: Sequence[str], cells: list[dict[str, Any]]) -> Path:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "wt", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(cells)
    return file


def identical(one: Signatures, other: Signatures) -> bool:
    """Bit for bit, order included."""
    a, b = one.table, other.table
    columns = ("start", "k", "hard", "grace", "alt_start", "alt")
    pairs = [(getattr(a.core, c), getattr(b.core, c)) for c in (*columns, "name")]
    pairs += [(getattr(a.sites, c), getattr(b.sites, c)) for c in columns]
    pairs += [(one.count, other.count), (one.weight, other.weight), (a.weight, b.weight)]
    texts = (a.core_names, a.need_names, a.kinds, a.doubtful, a.told)
    return texts == (b.core_names, b.need_names, b.kinds, b.doubtful, b.told) and all(
        x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in pairs
    )


GRACES = st.sampled_from([0.0, 60.0, 0.1, math.inf])
NAMES = st.sampled_from(["a", "b", "c", 'ä,"x', "s 1", "s2", "s3", "s4", "s5", "s6"])
WEIGHTS = st.one_of(
    st.sampled_from([0.0, 1.0, 0.1, 1e16, 1e-16, 5e-324, 1.5e300, 2.0**32, 2.0**32 - 2.0**-20]),
    st.floats(min_value=0, max_value=1e300),
)


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    rows = Rows()
    for node in draw(st.lists(NAMES, unique=True, max_size=8)):
        for i in range(draw(st.integers(0, 3))):
            met_by = draw(st.lists(NAMES.filter(lambda n: n[0] != "s"), min_size=1, max_size=4))
            k = draw(st.integers(1, len(set(met_by))))
            strength, grace = draw(st.sampled_from(["hard", "soft"])), draw(GRACES)
            for name in met_by:
                doubt: dict[str, Any] = draw(
                    st.sampled_from([{}, {}, {"kind": "suspected"}, {"confidence": 0.4}])
                )
                rows.need(node, f"n{i}", name, k=k, strength=strength, grace_s=grace, **doubt)
    for node in draw(st.lists(NAMES, unique=True, max_size=8)):
        rows.node(node, weight=draw(WEIGHTS))
    draw(st.randoms(use_true_random=False)).shuffle(rows.edges)
    return rows


@settings(max_examples=20, deadline=None)
@given(rows=tables(), parts=st.integers(1, 3))
def test_a_collapse_is_what_its_twin_finds(rows: Rows, parts: int) -> None:
    with TemporaryDirectory() as name:
        found = collapse(*parquet(Path(name), rows, parts))

    assert seen(found) == twin(rows)
    assert found.sites == sum(count for count, _ in twin(rows).signatures.values())


def large(sites: int, seed: int = 1) -> Rows:
    """Sites with few signatures, in an order in which a site's rows are far apart."""
    rng, rows = random.Random(seed), Rows()
    for i in range(40):
        rows.need(f"c{i}", "dns", f"c{(i * 7 + 1) % 40}", f"c{(i * 3 + 2) % 40}", grace_s=60.0)
    for i in range(sites):
        rows.node(f"site {i}", weight=rng.choice([0.1, 1.0, 1e9, rng.random()]))
        for need in range(rng.randint(1, 3)):
            names = rng.sample(range(5), rng.randint(1, 2))
            met_by, strength = [f"c{n}" for n in names], "soft" if need == 2 else "hard"
            rows.need(f"site {i}", f"n{need}", *met_by, grace_s=30.0 * need, strength=strength)
    rng.shuffle(rows.edges)
    rng.shuffle(rows.nodes)
    return rows


def test_buckets_by_the_hash_of_the_site_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = large(2_000)
    files = parquet(tmp_path, rows)
    whole = collapse(*files)

    monkeypatch.setattr("downwind.graph.signatures.local.BYTES_A_ROW", 2_000_000)
    in_buckets = collapse(*files, memory_limit="500MB", temp=tmp_path)

    assert identical(whole, in_buckets)
    assert seen(whole) == twin(rows)
    assert len(whole.count) < 1_000
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "edges-0.parquet",
        "nodes-0.parquet",
    ]


def fates(table: Table, count: Ints | int, causes: Iterable[int]) -> list[tuple[str, Any, Any]]:
    """For every cause by name, how many sites fall and degrade, and when."""
    arrays = arrays_of(table)
    first, prepared, found = table.core.size, prepare(arrays), []
    many = np.broadcast_to(np.asarray(count), table.sites.size)
    names = sorted(table.core_names)
    for cause in causes:
        fallout = propagate(
            arrays, [list(table.core_names).index(names[cause])], 100.0, prepared=prepared
        )
        down, degraded = Counter[float](), Counter[float]()
        for at, by, sites in zip(
            fallout.down_at[first:].tolist(),
            fallout.degraded_at[first:].tolist(),
            many.tolist(),
            strict=True,
        ):
            down[at] += sites
            degraded[by] += sites
        found.append((names[cause], down, degraded))
    return found


def arrays_of(table: Table) -> Arrays:
    """Core and sites as the solver's arrays."""
    core, sites = table.core, table.sites
    return Arrays(
        need_start=np.concatenate([core.start, core.start[-1] + sites.start[1:]]),
        need_k=np.concatenate([core.k, sites.k]),
        need_hard=np.concatenate([core.hard, sites.hard]),
        need_grace=np.concatenate([core.grace, sites.grace]),
        alt_start=np.concatenate([core.alt_start, core.alt_start[-1] + sites.alt_start[1:]]),
        alt_node=np.concatenate([core.alt, sites.alt]),
        recovery_lag=np.zeros(table.size),
    )


def test_every_cause_takes_down_as_many_as_in_the_table_that_was_read(tmp_path: Path) -> None:
    edges, nodes = parquet(tmp_path, large(300))
    found, read = collapse(edges, nodes), read_table(edges[0], nodes[0])

    by_signature = fates(found.table, found.count, range(40))

    assert by_signature == fates(read, 1, range(40))
    assert len({str(down) for _, down, _ in by_signature}) > 5, "all causes do the same"
    assert len(found.count) < read.sites.size


def test_the_order_of_rows_and_parts_plays_no_part(tmp_path: Path) -> None:
    rows = large(300)
    (tmp_path / "shuffled").mkdir()
    whole = collapse(*parquet(tmp_path, rows))

    random.Random(2).shuffle(rows.edges)
    edges, nodes = parquet(tmp_path / "shuffled", rows, 5)

    assert identical(whole, collapse(edges[::-1], nodes[::-1]))
    assert identical(whole, collapse(str(tmp_path / "shuffled/edges-*.parquet"), nodes))


def test_csv_and_compressed_csv_say_what_parquet_says(tmp_path: Path) -> None:
    rows = large(300).need('odd "name", with\na line', "n", "c1", "ß" * 9_000)
    whole = collapse(*parquet(tmp_path, rows))

    edges = comma(tmp_path / "edges [1].csv", EDGE, rows.edges)
    nodes = comma(tmp_path / "nodes.csv.gz", NODE, rows.nodes)

    assert identical(whole, collapse(edges, nodes))


def test_needs_of_equal_content_are_one_and_their_names_play_no_part(tmp_path: Path) -> None:
    rows = Rows().need("a", "dns", "p").need("a", "edge", "p").need("b", "other", "p", "p")

    found = collapse(*parquet(tmp_path, rows))

    assert seen(found).signatures == {frozenset({(("p",), 1, True, 0.0)}): (2, 2.0)}
    assert found.table.told == ("1 repeated alternatives were merged.",)


@pytest.mark.parametrize(
    "more", [{"k": 2}, {"strength": "soft"}, {"grace_s": 1e-9}], ids=["k", "strength", "grace"]
)
def test_a_need_that_differs_in_anything_makes_another_signature(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    rows = Rows().need("a", "n", "p", "q").need("b", "n", "p", "q", **more)

    assert collapse(*parquet(tmp_path, rows)).count.tolist() == [1, 1]


def test_a_node_that_needs_itself_belongs_to_the_core(tmp_path: Path) -> None:
    found = collapse(parquet(tmp_path, Rows().need("a", "n", "a"))[0])

    assert seen(found) == Seen({"a": [(("a",), 1, True, 0.0)]}, {})


def test_a_site_that_only_the_node_table_knows_has_the_empty_signature(tmp_path: Path) -> None:
    rows = Rows().need("a", "n", "p").node("b", weight=3.0).node("p", weight=9.0)

    found = seen(collapse(*parquet(tmp_path, rows)))

    assert found.signatures == {
        frozenset(): (1, 3.0),
        frozenset({(("p",), 1, True, 0.0)}): (1, 1.0),
    }


def test_an_empty_table_has_no_signatures(tmp_path: Path) -> None:
    found = collapse(parquet(tmp_path, Rows())[0])

    assert (found.table.size, found.sites, found.weight.tolist()) == (0, 0, [])


def test_the_core_keeps_what_the_node_table_says_of_it(tmp_path: Path) -> None:
    rows = Rows().need("a", "n", "p", "q").node("q", kind="cloud", p=0.5, recovery_s=60.0)
    rows.node("a", kind="site", p=0.1)

    table = collapse(*parquet(tmp_path, rows)).table

    assert (table.kinds, table.kind is not None and table.kind.tolist()) == (
        ("cloud",),
        [-1, 0, -1],
    )
    np.testing.assert_array_equal(table.p, [math.nan, 0.5, math.nan])
    np.testing.assert_array_equal(table.recovery, [math.nan, 60.0, math.nan])
    assert table.rate is None
    assert table.told == ("1 sites have a p, rate, duration or lag: not carried over.",)


def test_weights_add_up_exactly_in_any_order(tmp_path: Path) -> None:
    rows, rng = Rows().need("s", "n", "p"), random.Random(3)
    weights = [rng.random() * 10.0 ** rng.randint(-300, 300) for _ in range(500)]
    for i, weight in enumerate([1e16, 1.0, 1.0, 2.0**53, 1.0, 2.0**-60, *weights]):
        rows.need(f"x{i}", "n", f"p{i // 250}").node(f"x{i}", weight=weight)

    assert seen(collapse(*parquet(tmp_path, rows, 2))) == twin(rows)


def test_weights_that_add_up_above_all_numbers_are_refused(tmp_path: Path) -> None:
    rows = Rows().need("a", "n", "p").need("b", "n", "p")
    rows.node("a", weight=1.7e308).node("b", weight=1.7e308)

    with pytest.raises(ModelError, match=r"add up to 2\*\*1024 or more"):
        collapse(*parquet(tmp_path, rows))


BROKEN: list[tuple[str, Rows, str]] = [
    ("no node", Rows().need("", "n", "p"), "edges-0.parquet, row 1: node is empty"),
    ("no need", Rows().need("a", "", "p"), "need is empty"),
    ("no alternative", Rows().need("a", "n", ""), "alternative is empty"),
    ("k of 0", Rows().need("a", "n", "p").need("b", "n", "p", k=0), "row 2, node b: k is 0"),
    (
        "k of 2 of 1",
        Rows().need("a", "n", "p", "p", k=2),
        "node a: need n: k is 2, it has 1 alternatives",
    ),
    ("two k", Rows().need("a", "n", "p", k=1).need("a", "n", "q", k=2), "its rows disagree"),
    ("core's k", Rows().need("p", "n", "p", k=2), "node p: need n: k is 2, it has 1 alternatives"),
    ("strength", Rows().need("a", "n", "p", strength="firm"), "strength is firm"),
    ("grace", Rows().need("a", "n", "p", grace_s=-1.0), r"grace_s is -1\.0"),
    ("grace nan", Rows().need("a", "n", "p", grace_s=math.nan), "grace_s is nan"),
    ("confidence", Rows().need("a", "n", "p", confidence=1.5), r"confidence is 1\.5"),
    ("weight", Rows().node("a", weight=-1.0), r"weight is -1\.0"),
    ("weight inf", Rows().node("a", weight=math.inf), "weight is inf"),
    ("p", Rows().node("a", p=2.0), r"p is 2\.0"),
    ("rate", Rows().node("a", rate=math.nan), "rate is nan"),
    ("durations", Rows().node("a", dur_p50_s=9.0, dur_p95_s=8.0), "dur_p95_s is below dur_p50_s"),
    ("lag", Rows().node("a", recovery_s=-0.5), r"recovery_s is -0\.5"),
    ("site twice", Rows().node("a").node("a"), "node a: the node table has it 2 times"),
    ("core twice", Rows().need("a", "n", "p").node("p").node("p"), "node p: the node table has it"),
]


@pytest.mark.parametrize(("rows", "told"), [row[1:] for row in BROKEN], ids=[b[0] for b in BROKEN])
def test_what_is_broken_is_refused_with_its_place(tmp_path: Path, rows: Rows, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        collapse(*parquet(tmp_path, rows))


def test_of_many_broken_rows_the_first_few_are_named_and_all_are_counted(tmp_path: Path) -> None:
    rows = Rows()
    for i in range(1_000):
        rows.need(f"s{i}", "n", "p", k=0)

    with pytest.raises(ModelError, match="1,000 faults") as caught:
        collapse(*parquet(tmp_path, rows))

    assert len(str(caught.value).splitlines()) == 12


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("e.csv", b"node,need,alternativ\na,n,p\n", "the column alternative is missing"),
        ("e.csv", b"node,need,alternative,k\na,n,p,x\n", "node a: k is x"),
        ("e.csv", b"node,need,alternative,k\na,n,p,1.5\n", r"node a: k is 1\.5"),
        (
            "e.csv",
            b"node,need,alternative\na,n,p\nb,n\n",
            "Line: 3; Expected Number of Columns: 3 Found: 2",
        ),
        ("e.csv", b"node,need,alternative\na,n,\xff\xfe\n", "line 2 is not UTF-8"),
        ("e.csv", b"", "the file is empty"),
        ("e.parquet", b"PAR1 no such thing", "(?i)parquet"),
        ("e.txt", b"node,need,alternative\n", "neither Parquet nor CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, text: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(text)

    with pytest.raises(ModelError, match=told):
        collapse(tmp_path / name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        collapse(tmp_path / "none.parquet")
    with pytest.raises(ModelError, match="holds no parts"):
        collapse(tmp_path)


def test_a_limit_that_is_none_or_too_low_is_told(tmp_path: Path) -> None:
    edges, nodes = parquet(tmp_path, large(300))

    with pytest.raises(UsageError, match="no limit for memory"):
        collapse(edges, nodes, memory_limit="much")
    with pytest.raises(CannotMeasure, match="higher memory limit"):
        collapse(edges, nodes, memory_limit="1MB")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of two worker processes on loopback."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            processes=True,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as workers,
        distributed.Client(workers) as client,
    ):
        yield client


def test_two_dask_workers_find_bit_for_bit_what_duckdb_finds(cluster: Any, tmp_path: Path) -> None:
    rows = large(20_000)
    files = parquet(tmp_path, rows, parts=4)

    on_workers = collapse_on(cluster, *files)

    assert fates(on_workers.table, on_workers.count, [0, 1, 2]) == fates(
        read_table(tmp_path / "edges-*.parquet", tmp_path / "nodes-*.parquet"), 1, [0, 1, 2]
    )
    assert len(cluster.scheduler_info()["workers"]) == 2
    assert identical(on_workers, collapse(*files))
    assert seen(on_workers) == twin(rows)


def test_workers_collapse_a_site_whose_rows_lie_in_two_parts(cluster: Any, tmp_path: Path) -> None:
    rows = Rows().need("a", "n", "p", "q").need("b", "n", "p", "q").need("a", "m", "p")
    rows.node("b", weight=0.1).node("a", weight=0.2).node("c", weight=0.3)
    edges, nodes = parquet(tmp_path, rows, parts=2)

    found = collapse_on(cluster, edges, nodes)

    assert seen(found) == twin(rows)
    assert identical(found, collapse(edges, nodes))


def test_workers_work_without_a_node_table_and_with_an_empty_edge_table(
    cluster: Any, tmp_path: Path
) -> None:
    edges, _ = parquet(tmp_path, Rows().need("a", "n", "p"))
    assert identical(collapse_on(cluster, edges), collapse(edges))

    edges, nodes = parquet(tmp_path, Rows().node("a"))
    assert identical(collapse_on(cluster, edges, nodes), collapse(edges, nodes))


@pytest.mark.parametrize("rows", [BROKEN[3][1], BROKEN[5][1]], ids=["a row", "a need"])
def test_workers_refuse_what_is_broken_in_the_same_words(
    cluster: Any, tmp_path: Path, rows: Rows
) -> None:
    files = parquet(tmp_path, rows, parts=2)

    with pytest.raises(ModelError) as alone:
        collapse(*files)
    with pytest.raises(ModelError) as together:
        collapse_on(cluster, *files)

    assert str(alone.value) == str(together.value)


def test_workers_with_different_versions_of_duckdb_are_refused(tmp_path: Path) -> None:
    class Mixed:
        def run(self, _task: object) -> dict[str, str]:
            return {"tcp://127.0.0.1:1": "1.3.0", "tcp://127.0.0.1:2": "2.0.1"}

    edges, _ = parquet(tmp_path, Rows().need("a", "n", "p"))

    with pytest.raises(UsageError, match="DuckDB differ"):
        collapse_on(cast(Any, Mixed()), edges)


def test_without_dask_or_a_scheduler_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        connect("nowhere")

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="extra `cluster`"):
        connect("tcp://127.0.0.1:8786")
