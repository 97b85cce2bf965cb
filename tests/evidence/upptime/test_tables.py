"""Tables of Upptime rows: what is read, and what a broken row or table gets."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from downwind.evidence.upptime import is_tables, read_tables
from downwind.terms import UsageError

HEAD = "repo\tsite_name\turl\ttime_utc\tstate\thttp_code\tlatency_ms\tsegment"
ROW = "o/r\tShop\thttps://shop.test\t2025-11-18T11:31:35Z\tdown\t500\t120\tquiet_2025-11-18"
SITES = "repo\tsite_name\turl\tprovider_stated\tevidence\texpected_status_codes"


def tables(folder: Path, *rows: str, head: str = HEAD, sites: str | None = None) -> Path:
    (folder / "rows.tsv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    if sites is not None:
        (folder / "sites.tsv").write_text(f"{SITES}\n{sites}\n", encoding="utf-8")
    return folder


def test_a_row_is_read_with_its_own_time(tmp_path: Path) -> None:
    (row,) = read_tables(tables(tmp_path, ROW)).sightings
    assert (row.repository, row.site, row.url) == ("o/r", "Shop", "https://shop.test")
    assert (row.state, row.code, row.milliseconds) == ("down", 500, 120)
    assert row.at == 1763465495.0
    assert row.segment == "quiet_2025-11-18"


def test_a_row_that_came_for_two_segments_counts_once_and_rows_are_by_time(tmp_path: Path) -> None:
    later = ROW.replace("11:31:35", "12:00:00")
    read = read_tables(tables(tmp_path, later, ROW, ROW.replace("quiet_2025-11-18", "OTHER")))
    assert [row.at for row in read.sightings] == [1763465495.0, 1763467200.0]


def test_gzipped_tables_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv.gz").write_bytes(gzip.compress(f"{HEAD}\n{ROW}\n".encode()))
    assert is_tables(tmp_path)
    assert len(read_tables(tmp_path).sightings) == 1


def test_what_is_said_of_a_site_is_read(tmp_path: Path) -> None:
    line = "o/r\tShop\thttps://shop.test\tVercel\towner: a comment\t200,403"
    (site,) = read_tables(tables(tmp_path, ROW, sites=line)).sites
    assert (site.provider, site.stated_by) == ("Vercel", "owner: a comment")
    assert site.expected == {200, 403}


@pytest.mark.parametrize(
    ("said", "took"), [("120", 120.0), ("0.5", 0.5), ("", None), ("NaN", None), ("undefined", None)]
)
def test_a_time_to_answer_that_nobody_measured_is_unknown(
    tmp_path: Path, said: str, took: float | None
) -> None:
    (row,) = read_tables(tables(tmp_path, ROW.replace("\t120\t", f"\t{said}\t"))).sightings
    assert row.milliseconds == took


def test_marks_that_are_not_seen_are_no_part_of_a_name(tmp_path: Path) -> None:
    joined = "👨\u200d👩\u200d👧 Shop\u200b"
    (row,) = read_tables(tables(tmp_path, ROW.replace("Shop", joined))).sightings
    assert row.site == "👨👩👧 Shop"


def test_a_table_with_a_byte_order_mark_and_crlf_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_bytes(f"\ufeff{HEAD}\r\n{ROW}\r\n".encode())
    assert len(read_tables(tmp_path).sightings) == 1


def test_a_commit_that_two_repositories_hold_counts_in_one(tmp_path: Path) -> None:
    """One is a fork of the other: its owner saw nothing of what was seen before the fork."""
    head = f"{HEAD}\tcommit"
    fork = ROW.replace("o/r", "p/r")
    rows = [f"{ROW}\taaa", f"{fork}\taaa", f"{fork.replace('11:31', '12:31')}\tbbb"]
    found = read_tables(tables(tmp_path, *rows, head=head)).sightings
    assert [(each.repository, each.commit) for each in found] == [("o/r", "aaa"), ("p/r", "bbb")]


def test_what_an_owner_expects_in_other_words_costs_no_site(tmp_path: Path) -> None:
    line = "o/r\tShop\thttps://shop.test\tVercel\towner: a comment\t200, 2xx,300-399,403"
    (site,) = read_tables(tables(tmp_path, ROW, sites=line)).sites
    assert (site.provider, site.expected) == ("Vercel", frozenset({200, 403}))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (ROW.replace("down", "sideways"), "no state"),
        (ROW.replace("2025-11-18T11:31:35Z", "yesterday"), "Invalid isoformat"),
        (ROW.replace("11:31:35Z", "11:31:35"), "no time zone"),
        (ROW.replace("\t500\t", "\t5000\t"), "no HTTP status"),
        (ROW.replace("\t500\t", "\t50\t"), "no HTTP status"),
        (ROW.replace("\t500\t", "\t-1\t"), "no whole number"),
        (ROW.replace("\t500\t", "\t٥٠٠\t"), "no whole number"),
        (ROW.replace("\t120\t", "\tfast\t"), "no number"),
        (ROW.replace("\t120\t", "\t99999999999\t"), "no time to answer"),
        (ROW.replace("\t120\t", "\t1_0\t"), "no number"),
        (ROW.replace("Shop", " "), "name is empty"),
        (ROW.replace("Shop", "S" * 200), "no name"),
        (ROW.replace("Shop", "a\x1b[2Jb"), "no name"),
        (ROW.replace("Shop", "${HOME}"), "no name"),
        (ROW.replace("https://shop.test", "x" * 3000), "no URL"),
        (ROW.rpartition("\t")[0], "7 cells, where 8 were expected"),
        (ROW + "\tmore", "9 cells, where 8 were expected"),
    ],
)
def test_a_broken_row_is_left_out_and_named_by_its_place(
    tmp_path: Path, row: str, why: str
) -> None:
    read = read_tables(tables(tmp_path, ROW, row))
    assert len(read.sightings) == 1
    (bad,) = read.bad
    assert bad.place == f"{tmp_path / 'rows.tsv'}:3"
    assert why in bad.why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "lacks the column repo"),
        (HEAD.replace("\tstate", "").encode() + b"\n", "lacks the column state"),
        (HEAD.replace("latency_ms\tsegment", "latency_ms\trepo").encode() + b"\n", "twice"),
        (HEAD.encode() + b"\n" + b"x" * 20_000, "too long"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "rows.tsv").write_bytes(content)
    with pytest.raises(UsageError, match=why) as caught:
        read_tables(tmp_path)
    assert str(tmp_path / "rows.tsv") in caught.value.where


@pytest.mark.parametrize("content", [b"no gzip at all", gzip.compress(b"x" * 999, mtime=0)[:20]])
def test_a_broken_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rows.tsv.gz").write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        read_tables(tmp_path)


def test_a_folder_without_rows_is_no_history(tmp_path: Path) -> None:
    assert not is_tables(tmp_path)
    with pytest.raises(UsageError, match=r"no rows\.tsv"):
        read_tables(tmp_path)


def test_the_real_tables_are_read_whole(shared: Path) -> None:
    read = read_tables(shared / "data" / "upptime")
    assert not read.bad
    assert len(read.sites) == 279
    assert len({s.repository for s in read.sightings}) == 18
    assert len(read.sightings) > 12_000
