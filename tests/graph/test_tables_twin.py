"""Edge tables say the same to both readers, in any order, in either format, in any pieces."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.graph.tables import gather, parquet_part, parts, read_table, split, write_table
from tests.graph.tables import read_csv, said, twin, write_csv

Records = list[dict[str, str]]

names = st.one_of(
    st.sampled_from(["a", "b", "c", "d", "p"]),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs"]),
        min_size=1,
        max_size=5,
    ),
)


@st.composite
def tables(draw: st.DrawFn) -> Records:
    """Records of up to a few nodes that agree with each other, some repeated, in any order."""
    records: Records = []
    for node in draw(st.lists(names, min_size=1, max_size=6, unique=True)):
        for need in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
            alternatives = draw(st.lists(names, min_size=1, max_size=12))
            k = draw(st.integers(1, len(set(alternatives))))
            strength = draw(st.sampled_from(["hard", "soft", ""]))
            grace = draw(st.sampled_from(["", "0", "300", "1.5", "inf"]))
            for alternative in alternatives:
                records.append(
                    {
                        "node": node,
                        "need": need,
                        "alternative": alternative,
                        "k": "" if k == 1 and draw(st.booleans()) else str(k),
                        "strength": strength,
                        "grace_s": grace,
                        "kind": draw(st.sampled_from(["", "declared", "suspected"])),
                        "confidence": draw(st.sampled_from(["", "1", "0.5", "0.4"])),
                    }
                )
    return draw(st.permutations(records)) if draw(st.booleans()) else records


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextmanager
def small_pieces(rows: int) -> Iterator[None]:
    """Batches of so many rows, looked at two runs at a time, as tables of millions are."""
    with (
        mock.patch.object(parquet_part, "ROWS_AT_A_TIME", rows),
        mock.patch.object(parts, "FEW_ROWS", 1),
        mock.patch.object(gather, "RUNS_AT_A_TIME", 2),
        mock.patch.object(gather, "FEW_HEADS", 0),
        mock.patch.object(split, "RUNS_AT_A_TIME", 2),
    ):
        yield


@settings(max_examples=50, deadline=None)
@given(tables())
def test_csv_says_what_a_plain_reader_reads(records: Records) -> None:
    with folder() as here:
        path = write_csv(here / "edges.csv", records)
        assert said(read_table(path)) == read_csv(path) == twin(records)


@settings(max_examples=50, deadline=None)
@given(tables(), st.integers(1, 9), st.booleans())
def test_parquet_says_the_same_in_pieces_of_any_size(
    records: Records, rows: int, categories: bool
) -> None:
    table = pa.Table.from_pylist(records)
    if categories:
        table = pa.table({name: table[name].dictionary_encode() for name in table.column_names})
    with folder() as here, small_pieces(rows):
        pq.write_table(table, here / "edges.parquet", row_group_size=2 * rows)
        assert said(read_table(here / "edges.parquet")) == twin(records)


@settings(max_examples=30, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(records: Records, chance: random.Random) -> None:
    shuffled = chance.sample(records, len(records))
    with folder() as here:
        first = said(read_table(write_csv(here / "first.csv", records)))
        assert first == said(read_table(write_csv(here / "second.csv", shuffled)))


@settings(max_examples=30, deadline=None)
@given(tables(), st.sampled_from([".csv", ".csv.gz", ".parquet"]))
def test_what_is_written_reads_as_it_was(records: Records, suffix: str) -> None:
    with folder() as here:
        table = read_table(write_csv(here / "edges.csv", records))
        write_table(table, here / f"copy{suffix}", here / f"nodes{suffix}")
        copy = read_table(here / f"copy{suffix}", here / f"nodes{suffix}")
        # What nobody needs for certain is no alternative of any row any more.
        assert said(copy).needs == said(table).needs
