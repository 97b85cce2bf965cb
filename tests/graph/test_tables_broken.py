"""What a broken edge table or node table gets: its faults by place, and nothing half-loaded."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from downwind.graph.tables import read_table
from downwind.terms import ModelError

HEAD = "node,need,alternative,k,strength,grace_s,confidence\n"
GOOD = "a,dns,b,1,hard,0,1\n"


def refusal(folder: Path, text: str | bytes, nodes: str | None = None) -> str:
    edges = folder / "edges.csv"
    edges.write_bytes(text if isinstance(text, bytes) else text.encode())
    if nodes is not None:
        (folder / "nodes.csv").write_text(nodes, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_table(edges, None if nodes is None else folder / "nodes.csv")
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",dns,b,1,hard,0,1", "column node: it is empty"),
        ("a,,b,1,hard,0,1", "column need: it is empty"),
        ("a,dns,,1,hard,0,1", "column alternative: it is empty"),
        ("a,x,b,0,hard,0,1", "column k: '0' is not a whole number of 1 or more"),
        ("a,x,b,-1,hard,0,1", "column k: '-1' is not a whole number of 1 or more"),
        ("a,x,b,1.5,hard,0,1", "column k: '1.5' is not a whole number of 1 or more"),
        ("a,x,b,one,hard,0,1", "column k: 'one' is not a whole number of 1 or more"),
        ("a,x,b,nan,hard,0,1", "column k: 'nan' is not a whole number of 1 or more"),
        ("a,x,b,1e30,hard,0,1", "column k: '1e30' is not a whole number of 1 or more"),
        ("a,x,b,2,hard,0,1", "column k: 2 is more than the different alternatives, 1"),
        ("a,x,b,1,HARD,0,1", "column strength: 'HARD' is neither hard nor soft"),
        ("a,x,b,1,hard,-1,1", "column grace_s: '-1' is not a number 0 or more"),
        ("a,x,b,1,hard,nan,1", "column grace_s: 'nan' is not a number 0 or more"),
        ("a,x,b,1,hard,1_0,1", "column grace_s: '1_0' is not a number 0 or more"),
        ("a,x,b,1,hard,0,1.1", "column confidence: '1.1' is not a number from 0 to 1"),
        ("a,dns,c,2,hard,0,1", "column k: '2' is not what the row before says of the same need"),
        ("a,dns,c,1,soft,0,1", "column strength: 'soft' is not what the row before says of the"),
        ("a,dns,c,1,hard,9,1", "column grace_s: '9' is not what the row before says of the same"),
    ],
)
def test_a_broken_row_is_named_by_line_and_column(tmp_path: Path, row: str, fault: str) -> None:
    text = refusal(tmp_path, f"{HEAD}{GOOD}{row}\n")
    assert text.startswith("edges.csv: 1 fault; nothing was read.\n  line 3, ")
    assert fault in text


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("a,dns,c,2,hard,0,1", "k: 2 is not what an earlier row says of the same need"),
        ("a,dns,c,1,soft,0,1", "strength: soft is not what an earlier row says of the same need"),
        ("a,dns,c,1,hard,9,1", "grace_s: 9 is not what an earlier row says of the same need"),
    ],
)
def test_rows_of_one_need_agree_wherever_they_stand(tmp_path: Path, row: str, fault: str) -> None:
    text = refusal(tmp_path, f"{HEAD}{GOOD}b,dns,d,1,hard,0,1\n{row}\n")
    assert text == f"edges.csv: 1 fault; nothing was read.\n  line 4, column {fault}"


def test_k_counts_different_alternatives(tmp_path: Path) -> None:
    text = refusal(tmp_path, "node,need,alternative,k\na,x,b,2\na,x,b,2\n")
    assert "line 2, column k: 2 is more than the different alternatives, 1" in text


def test_the_line_is_that_of_an_editor(tmp_path: Path) -> None:
    text = refusal(tmp_path, 'node,need,alternative,k\n"two\nlines",x,b,1\n\n\na,y,b,0\n')
    assert "line 6, column k: '0' is not" in text


def test_the_first_ten_faults_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    text = refusal(tmp_path, HEAD + "a,x,b,0,hard,-1,2\n" * 400_000)
    lines = text.splitlines()
    assert lines[0] == "edges.csv: 1,200,000 faults; nothing was read."
    assert len(lines) == 12
    assert lines[1].startswith("  line 2, column confidence: ")
    assert lines[-1] == "  and 1,199,990 more"


def test_a_long_or_hostile_value_is_cut_and_escaped(tmp_path: Path) -> None:
    text = refusal(tmp_path, f"{HEAD}a,x,b,\x1b[31m{'9' * 10_000},hard,0,1\n")
    assert "'\\x1b[31m999" in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("node,need", "the column alternative is missing. An edge table has node, need, altern"),
        ("node,need,alternativ", "alternative is missing. Is it 'alternativ'? Call it alternative"),
        ("Node,need,alternative", "the column node is missing. Is it 'Node'? Call it node."),
        ("node,need,alternative,grace", "no column 'grace'. Write grace_s, or leave it out."),
        ("node,need,alternative,strenght", "no column 'strenght'. Write strength, or leave it"),
        ("node,need,alternative,node", "the column 'node' is there more than once."),
    ],
)
def test_a_column_that_is_missing_is_named_with_what_it_may_be(
    tmp_path: Path, head: str, fault: str
) -> None:
    assert fault in refusal(tmp_path, f"{head}\n")


def test_a_ragged_line_is_named(tmp_path: Path) -> None:
    text = refusal(tmp_path, "node,need,alternative\na,x\nb,x,c\nb,x,d,e\n")
    assert text == (
        "edges.csv: 2 faults; nothing was read.\n"
        "  line 2: 2 fields, the header has 3\n"
        "  line 4: 4 fields, the header has 3"
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "edges.csv: the file is empty."),
        (b"node,need,alternative\na,x,b\n\xff,x,b\n", "line 3 is not UTF-8 (byte 0xff)."),
        ("node,need,alternative\n".encode("utf-16"), "line 1 is not UTF-8 (byte 0xff)."),
    ],
)
def test_what_is_no_text_is_said_to_be_none(tmp_path: Path, content: bytes, fault: str) -> None:
    assert fault in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("absent.csv", None, "there is no such file."),
        ("none-*.parquet", None, "there is no such file."),
        ("edges.txt", b"", "it is neither Parquet nor CSV by its name."),
        ("edges.parquet", b"", "it cannot be read as Parquet"),
        ("edges.parquet", b"node,need,alternative\n", "it cannot be read as Parquet"),
        ("edges.csv.gz", b"node,need,alternative\n", "it cannot be read"),
        (
            "edges.csv.gz",
            gzip.compress(b"node,need,alternative\n" * 9, mtime=0)[:-9],
            "it cannot be read",
        ),
    ],
)
def test_what_is_no_table_is_said_to_be_none(
    tmp_path: Path, name: str, content: bytes | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=fault):
        read_table(tmp_path / name)


def test_an_empty_folder_holds_no_parts(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the folder holds no parts"):
        read_table(tmp_path)


def test_a_damaged_parquet_file_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "edges.parquet"
    rows = [{"node": f"n{i}", "need": "x", "alternative": f"n{i + 1}"} for i in range(5000)]
    pq.write_table(pa.Table.from_pylist(rows), path)
    content = bytearray(path.read_bytes())
    content[100:3000] = bytes(2900)
    path.write_bytes(bytes(content))
    with pytest.raises(ModelError):
        read_table(path)


def test_a_row_of_a_part_is_named_by_its_file(tmp_path: Path) -> None:
    for part, k in (("part-1", 1), ("part-2", 0)):
        row = {"node": "a", "need": part, "alternative": "b", "k": k}
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / f"{part}.parquet")
    with pytest.raises(ModelError, match=r"part-2\.parquet, row 1, column k: 0 is not a whole"):
        read_table(tmp_path)


def test_nulls_are_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "edges.parquet"
    row = {"node": "a", "need": None, "alternative": "b", "k": None}
    pq.write_table(pa.Table.from_pylist([{**row, "need": "x"}, row]), path)
    with pytest.raises(ModelError, match="row 2, column need: it is empty"):
        read_table(path)


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.float64(), pa.bool_()])
def test_a_name_is_text(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "edges.parquet"
    pq.write_table(
        pa.table({"node": pa.array([None], kind), "need": ["x"], "alternative": ["b"]}), path
    )
    with pytest.raises(ModelError, match=r"the column node holds .*, not text"):
        read_table(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "edges.parquet"
    pq.write_table(pa.table({"node": [b"\xff"], "need": ["x"], "alternative": ["b"]}), path)
    with pytest.raises(ModelError, match="the column node holds what is not UTF-8"):
        read_table(path)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("a,1,0,1,1,2,0\n,1,0,1,1,2,0", "line 3, column node: it is empty"),
        ("a,1,0,1,1,2,0\na,1,0,1,1,2,0", "line 3, column node: 'a' was given before"),
        ("new,1,0,1,1,2,0\nnew,1,0,1,1,2,0", "line 3, column node: 'new' was given before"),
        ("a,-1,0,1,1,2,0", "line 2, column weight: '-1' is not a number 0 or more"),
        ("a,nan,0,1,1,2,0", "line 2, column weight: 'nan' is not a number 0 or more"),
        ("a,1,1.01,1,1,2,0", "line 2, column p: '1.01' is not a number from 0 to 1"),
        ("a,1,x,1,1,2,0", "line 2, column p: 'x' is not a number from 0 to 1"),
        ("a,1,0,-1,1,2,0", "line 2, column rate: '-1' is not a number 0 or more"),
        ("a,1,0,1,-1,2,0", "line 2, column dur_p50_s: '-1' is not a number 0 or more"),
        ("a,1,0,1,3,2,0", "line 2, column dur_p95_s: 2 is less than dur_p50_s, 3"),
        ("a,1,0,1,1,2,-1", "line 2, column recovery_s: '-1' is not a number 0 or more"),
    ],
)
def test_a_broken_row_of_a_node_table_is_named(tmp_path: Path, rows: str, fault: str) -> None:
    head = "node,weight,p,rate,dur_p50_s,dur_p95_s,recovery_s\n"
    text = refusal(tmp_path, "node,need,alternative\na,x,b\n", head + rows + "\n")
    assert text.startswith("nodes.csv: ")
    assert fault in text
