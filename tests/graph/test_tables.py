"""What edge tables and node tables say, fact by fact."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from downwind.graph import Graph
from downwind.graph.tables import Table, find_node, read_table, table_of, write_table
from downwind.graph.tables.gather import is_apart
from downwind.graph.tables.ranges import any_twice
from downwind.solve.compile import compile_graph
from downwind.terms import Alternative, ModelError, Need, Node, Standing, Strength
from tests.graph.tables import Said, said


def table(folder: Path, edges: str, nodes: str | None = None) -> Table:
    (folder / "edges.csv").write_text(edges, encoding="utf-8")
    if nodes is None:
        return read_table(folder / "edges.csv")
    (folder / "nodes.csv").write_text(nodes, encoding="utf-8")
    return read_table(folder / "edges.csv", folder / "nodes.csv")


def test_a_need_is_hard_any_alternative_will_do_and_it_has_no_grace(tmp_path: Path) -> None:
    needs = said(table(tmp_path, "node,need,alternative\na,dns,p\na,dns,q\n")).needs
    assert needs["a"] == {"dns": (1, "hard", 0.0, frozenset({"p", "q"}))}


def test_empty_cells_say_what_the_defaults_say(tmp_path: Path) -> None:
    text = "node,need,alternative,k,strength,grace_s,kind,confidence\na,dns,p,,,,,\n"
    assert said(table(tmp_path, text)).needs["a"] == {"dns": (1, "hard", 0.0, frozenset({"p"}))}


def test_what_something_needs_is_core_and_the_others_are_sites(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\na,x,b\nb,y,c\n")
    assert list(found.core_names) == ["b", "c"]
    assert list(found.site_names or ()) == ["a"]
    assert found.core.start.tolist() == [0, 1, 1]
    assert found.size == 3


def test_rows_of_one_need_may_stand_anywhere(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\na,x,p\nb,x,p\na,y,p\na,x,q\n")
    assert said(found).needs["a"]["x"] == (1, "hard", 0.0, frozenset({"p", "q"}))
    assert found.sites.size == 2


def test_a_node_may_be_its_own_alternative(tmp_path: Path) -> None:
    assert said(table(tmp_path, "node,need,alternative\na,x,a\n")).core == {"a"}


def test_repeated_alternatives_are_merged_and_told(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\na,x,p\na,x,p\na,x,q\nb,x,p\na,x,q\n")
    assert said(found).needs["a"]["x"] == (1, "hard", 0.0, frozenset({"p", "q"}))
    assert found.told == ("edges.csv: 2 repeated alternatives were merged.",)


def test_a_need_is_doubtful_when_all_of_its_rows_are(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "node,need,alternative,kind,confidence\n"
        "a,all,p,suspected,1\na,all,q,,0.49\n"
        "a,some,p,suspected,1\na,some,q,,0.5\n",
    )
    assert found.doubtful == 1
    assert said(found).needs["a"] == {"some": (1, "hard", 0.0, frozenset({"p", "q"}))}


def test_a_node_that_only_a_doubtful_need_names_is_no_site(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative,kind\na,x,p,suspected\n")
    assert (list(found.core_names), list(found.site_names or ())) == (["p"], ["a"])


def test_strange_columns_are_told_and_evidence_is_not(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative,evidence,colour\na,x,p,e1,red\n")
    assert found.told == ("edges.csv: not read, as nobody knows them: 'colour'.",)


def test_names_may_be_any_text(tmp_path: Path) -> None:
    long = "é" * 5_000
    found = table(tmp_path, f'node,need,alternative\n"a,""b""\n",{long},{long}\n')
    assert said(found).needs['a,"b"\n'] == {long: (1, "hard", 0.0, frozenset({long}))}


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\n")
    assert (found.size, found.core.start.tolist(), len(found.sites.alt)) == (0, [0], 0)


def test_a_byte_order_mark_and_gzip_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv.gz"
    path.write_bytes(gzip.compress("\ufeffnode,need,alternative\r\na,x,p\r\n".encode()))
    assert said(read_table(path)).needs["a"] == {"x": (1, "hard", 0.0, frozenset({"p"}))}


@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.binary(), pa.string_view()])
@pytest.mark.parametrize("number", [pa.int8(), pa.uint64(), pa.float32(), pa.string()])
def test_text_and_numbers_may_have_any_type(
    tmp_path: Path, text: pa.DataType, number: pa.DataType
) -> None:
    columns = {
        "node": pa.array(["a", "a"], text),
        "need": pa.array(["x", "x"], text),
        "alternative": pa.array(["p", "q"], text),
        "k": pa.array(["2", "2"]).cast(number),
        "grace_s": pa.array(["7", "7"]).cast(number),
    }
    pq.write_table(pa.table(columns), tmp_path / "edges.parquet")
    found = said(read_table(tmp_path / "edges.parquet"))
    assert found.needs["a"] == {"x": (2, "hard", 7.0, frozenset({"p", "q"}))}


def test_names_may_be_numbers(tmp_path: Path) -> None:
    columns = {"node": [1, 2], "need": [0, 0], "alternative": [2, 3]}
    pq.write_table(pa.table(columns), tmp_path / "edges.parquet")
    assert said(read_table(tmp_path / "edges.parquet")).core == {"2", "3"}


def test_names_that_only_a_dictionary_holds_are_no_nodes(tmp_path: Path) -> None:
    alternatives = pa.DictionaryArray.from_arrays(pa.array([2, 2]), pa.array(["p", "q", "r"]))
    columns = {"node": ["a", "b"], "need": ["x", "x"], "alternative": alternatives}
    pq.write_table(pa.table(columns), tmp_path / "edges.parquet")
    assert said(read_table(tmp_path / "edges.parquet")).core == {"r"}


def test_parts_in_a_folder_are_one_table(tmp_path: Path) -> None:
    for name, node in (("1", "a"), ("2", "a"), ("3", "b")):
        rows = [{"node": node, "need": "x", "alternative": f"p{name}"}]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"edges-{name}.parquet")
    by_pattern = said(read_table(tmp_path / "edges-*.parquet"))
    assert by_pattern == said(read_table(tmp_path))
    assert by_pattern.needs["a"]["x"] == (1, "hard", 0.0, frozenset({"p1", "p2"}))


def test_without_names_the_numbers_are_the_same(tmp_path: Path) -> None:
    named = table(tmp_path, "node,need,alternative\na,x,p\na,y,q\nb,x,p\n")
    bare = read_table(tmp_path / "edges.csv", names=False)
    assert (bare.site_names, bare.sites.name, bare.core.name) == (None, None, None)
    for column in ("start", "k", "hard", "grace", "alt_start", "alt"):
        assert np.array_equal(getattr(bare.sites, column), getattr(named.sites, column))


def test_a_node_is_found_by_its_name(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\na,x,p\nb,x,p\n")
    assert [find_node(found, name) for name in ("p", "a", "b", "c")] == [0, 1, 2, None]


NODES = "node,kind,weight,p,rate,dur_p50_s,dur_p95_s,recovery_s,parent\n"


def test_a_node_table_says_what_nodes_are(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "node,need,alternative\na,x,p\nb,x,p\n",
        NODES + "p,provider,,0.1,2,60,600,30,\nnew,site,7,,,,,,p\nb,site,3,,,,,,\n",
    )
    assert list(found.site_names or ()) == ["a", "b", "new"]
    assert found.sites.start.tolist() == [0, 1, 2, 2]
    assert found.kinds == ("provider", "site")
    assert found.kind is not None
    assert found.kind.tolist() == [0, -1, 1, 1]
    assert found.weight is not None
    assert found.weight.tolist() == [1, 1, 3, 7]
    for column, value in (("p", 0.1), ("rate", 2), ("dur_p50", 60), ("dur_p95", 600)):
        values = getattr(found, column).tolist()
        assert values[0] == value
        assert all(map(math.isnan, values[1:]))
    assert found.recovery is not None
    assert found.recovery.tolist() == [30, 0, 0, 0]


def test_columns_that_no_node_table_has_are_none(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\na,x,p\n", "node,weight\na,2\n")
    assert (found.kind, found.p, found.rate, found.recovery) == (None, None, None, None)


EXACT = (
    "node,need,alternative,k,strength,grace_s\r\n"
    "b,z,c,1,hard,0\r\n"
    "a,x,b,2,soft,1.5\r\n"
    "a,x,c,2,soft,1.5\r\n"
    '"a ""b""",y,c,1,hard,inf\r\n'
)
NODES_EXACT = 'node\nc\nb\na\n"a ""b"""\n'


def test_csv_is_written_exactly(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_bytes(EXACT.encode())
    found = read_table(tmp_path / "edges.csv")
    write_table(found, tmp_path / "copy.csv", tmp_path / "nodes.csv")
    assert (tmp_path / "copy.csv").read_bytes().decode() == EXACT
    assert (tmp_path / "nodes.csv").read_text() == NODES_EXACT
    assert not list(tmp_path.glob("*.part"))


def test_a_node_table_is_written_exactly(tmp_path: Path) -> None:
    nodes = NODES.replace(",parent", "") + "p,provider,2,0.1,,,,30\na,,1,,,,,0\nlone,site,1,,,,,0\n"
    found = table(tmp_path, "node,need,alternative\na,x,p\n", nodes)
    write_table(found, tmp_path / "copy.csv", tmp_path / "copied-nodes.csv")
    written = (tmp_path / "copied-nodes.csv").read_text()
    assert written == nodes


def test_a_node_that_only_a_node_table_can_hold_is_not_lost(tmp_path: Path) -> None:
    found = table(tmp_path, "node,need,alternative\na,x,p\n", "node\nlone\n")
    with pytest.raises(ModelError, match="'lone' needs nothing and nothing needs it"):
        write_table(found, tmp_path / "copy.csv")


def test_a_table_without_names_cannot_be_written(tmp_path: Path) -> None:
    table(tmp_path, "node,need,alternative\na,x,p\n")
    bare = read_table(tmp_path / "edges.csv", names=False)
    with pytest.raises(ModelError, match="read without names"):
        write_table(bare, tmp_path / "copy.csv")


def graph() -> Graph:
    def need(name: str, *alternatives: str, **said: object) -> Need:
        return Need(name, tuple(map(Alternative, alternatives)), **said)  # type: ignore[arg-type]

    nodes = [
        Node("a", "site", needs=(need("x", "p", "q", "p", k=2), need("y", "q", grace=5.0))),
        Node("p", "provider", needs=(need("z", "q", strength=Strength.SOFT),), recovery_lag=3.0),
        Node("q", "provider", needs=(need("s", "r", standing=Standing.SUSPECTED),), weight=2.0),
        Node("r", "provider", needs=(need("u", "p", confidence=0.4),)),
    ]
    return Graph({node.id: node for node in nodes})


def test_a_graph_becomes_the_table_of_its_certain_needs() -> None:
    found = table_of(graph())
    assert said(found) == Said(
        needs={
            "a": {
                "x": (2, "hard", 0.0, frozenset({"p", "q"})),
                "y": (1, "hard", 5.0, frozenset({"q"})),
            },
            "p": {"z": (1, "soft", 0.0, frozenset({"q"}))},
            "q": {},
            "r": {},
        },
        core=frozenset({"p", "q", "r"}),
        doubtful=2,
    )
    assert found.weight is not None
    assert found.weight.tolist() == [1, 2, 1, 1]
    assert found.recovery is not None
    assert found.recovery.tolist() == [3, 0, 0, 0]
    assert found.kinds == ("provider", "site")


def test_a_graph_becomes_as_many_needs_as_the_solver_compiles() -> None:
    found, arrays = table_of(graph()), compile_graph(graph()).arrays
    assert len(found.core.k) + len(found.sites.k) == len(arrays.need_k)
    assert len(found.core.alt) + len(found.sites.alt) == len(arrays.alt_node)


@pytest.mark.parametrize("size", [1, 2, 8, 9, 30])
def test_a_value_is_found_twice_in_a_group_of_any_size(size: int) -> None:
    values = np.arange(size, dtype=np.int32)
    assert not any_twice(np.array([0, size, 2 * size]), np.concatenate([values, values]))
    again = np.concatenate([values, values[:1]])
    assert any_twice(np.array([0, size, 2 * size + 1]), np.concatenate([values, again]))


def test_rows_that_stand_together_need_no_gathering(tmp_path: Path) -> None:
    from downwind.graph.tables.broken import Broken
    from downwind.graph.tables.columns import EDGES
    from downwind.graph.tables.edges import read_edges
    from downwind.graph.tables.parts import find

    for text, apart in (("a,x,p\na,y,p\nb,x,p\n", False), ("a,x,p\nb,x,p\na,y,p\n", True)):
        (tmp_path / "edges.csv").write_text("node,need,alternative\n" + text)
        rows = read_edges(find(tmp_path / "edges.csv", EDGES), Broken())
        assert is_apart(rows) is apart


def test_a_node_table_may_be_in_any_order(tmp_path: Path) -> None:
    edges = "node,need,alternative\na,x,p\nb,x,p\nc,x,p\n"
    rows = {"a": 2, "b": 3, "c": 4, "p": 5, "lone": 6}
    for order in (["a", "b", "p"], ["c", "p", "b"], ["b", "lone", "a"], ["lone"], []):
        lines = "".join(f"{name},{rows[name]}\n" for name in order)
        found = table(tmp_path, edges, f"node,weight\n{lines}")
        names = [*found.core_names, *(found.site_names or ())]
        assert found.weight is not None
        assert dict(zip(names, found.weight.tolist(), strict=True)) == {
            **dict.fromkeys("pabc", 1.0),
            **{name: float(rows[name]) for name in order},
        }
