"""Lists of names are read row by row; what is wrong with a row is told with its line."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.survey.names_file import NamesFile, Row, site_name
from downwind.terms import UsageError


def _read(tmp_path: Path, text: str | bytes, name: str = "list.csv") -> tuple[list[Row], NamesFile]:
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    names = NamesFile(file)
    return list(names.rows()), names


def test_a_plain_list_has_one_name_a_line(tmp_path: Path) -> None:
    rows, names = _read(tmp_path, "# my sites\nX.test.\n\n  y.test \n;z.test\nbücher.test\n")
    assert rows == [Row("x.test", 2), Row("y.test", 4), Row("xn--bcher-kva.test", 6)]
    assert (names.read.broken, names.read.repeats) == (0, 0)
    assert names.count() == 6


@pytest.mark.parametrize("column", ["domain", "Name", "site", "HOST"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_a_table_has_its_names_in_a_column_and_labels_in_the_others(
    tmp_path: Path, column: str, mark: str
) -> None:
    lines = [mark.join(("rank", column, "country")), mark.join(("1", "x.test", "fr"))]
    lines.append(mark.join(("2", '"y.test"', "")))
    rows, _ = _read(tmp_path, "\ufeff" + "\r\n".join(lines))
    assert rows == [
        Row("x.test", 2, {"rank": "1", "country": "fr"}),
        Row("y.test", 3, {"rank": "2"}),
    ]


def test_a_name_that_comes_again_is_told_and_left_out(tmp_path: Path) -> None:
    rows, names = _read(tmp_path, "x.test\ny.test\nX.TEST\n")
    assert [row.name for row in rows] == ["x.test", "y.test"]
    assert names.read.repeats == 1
    assert names.read.told == ["line 3: x.test was there before"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("https://x.test/", "'https://x.test/' is not a host name; a list has names, not URLs"),
        ("me@x.test", "'me@x.test' is not a host name; a list has names, not URLs"),
        ("two names", "'two names' is not a host name; a list has names, not URLs"),
        ("192.0.2.1", "'192.0.2.1' is an address, not a name"),
        ("2001:db8::1", "'2001:db8::1' is an address, not a name"),
        ("a..b", "'a..b' is not a host name"),
        ("a" * 64 + ".test", f"'{'a' * 60}' is not a host name"),
        ("x$.test", "'x$.test' is not a host name"),
        ("\x1b[31mx.test", "'\\x1b[31mx.test' is not a host name"),
        (
            ".".join(["a" * 50] * 6),
            f"{'.'.join(['a' * 50] * 6)[:60]!r} is longer than 253 characters",
        ),
        ("☃.test", "'\\u2603.test' is not an international name"),
        ("x" * 20_000, "longer than 10,000 characters"),
    ],
)
def test_a_broken_row_is_told_with_its_line_and_the_rest_goes_on(
    tmp_path: Path, line: str, why: str
) -> None:
    rows, names = _read(tmp_path, f"x.test\n{line}\ny.test\n")
    assert [row.name for row in rows] == ["x.test", "y.test"]
    assert names.read.broken == 1
    assert names.read.told[0].startswith(f"line 2: {why}")


def test_what_is_not_utf8_breaks_its_row_alone(tmp_path: Path) -> None:
    rows, names = _read(tmp_path, b"x.test\n\xff\xfe.test\ny.test\n")
    assert [row.name for row in rows] == ["x.test", "y.test"]
    assert names.read.broken == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("x.test", "1 fields, and the header has 2"),
        ("x.test,fr,more", "3 fields, and the header has 2"),
        ('x.test,"fr', "not a row of the table"),
        (",fr", "no name"),
    ],
)
def test_a_broken_row_of_a_table_is_told(tmp_path: Path, row: str, why: str) -> None:
    rows, names = _read(tmp_path, f"domain,country\n{row}\ny.test,de\n")
    assert [each.name for each in rows] == ["y.test"]
    assert names.read.told[0].startswith(f"line 2: {why}")


def test_a_table_without_a_column_of_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none is called domain, name, site, host"):
        _read(tmp_path, "rank,country\n1,fr\n")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        list(NamesFile(tmp_path / "none").rows())


def test_a_minus_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x.test\ny.test\n"))
    names = NamesFile("-")
    assert names.count() is None
    assert [row.name for row in names.rows()] == ["x.test", "y.test"]


def test_a_pipe_is_not_read_to_count_its_lines(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert NamesFile(tmp_path / "pipe").count() is None


_CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 999), _CELLS, _CELLS), max_size=20),
    st.sampled_from([",", "\t", ";"]),
)
def test_whatever_a_table_holds_besides_its_names_comes_back(
    rows: list[tuple[int, str, str]], mark: str
) -> None:
    text = io.StringIO()
    table = csv.writer(text, delimiter=mark, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(("first", "domain", "second"))
    table.writerows((first, f"n{number}.test", second) for number, first, second in rows)
    expected: dict[str, dict[str, str]] = {}
    for number, first, second in rows:
        labels = {"first": first.strip(), "second": second.strip()}
        expected.setdefault(f"n{number}.test", {k: v for k, v in labels.items() if v})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.csv"
        file.write_text(text.getvalue(), encoding="utf-8")
        read = {row.name: dict(row.labels) for row in NamesFile(file).rows()}
    assert read == expected


def test_names_are_written_one_way() -> None:
    assert site_name(" WWW.Example.TEST. ") == "www.example.test"
    assert site_name("_dmarc.x.test") == "_dmarc.x.test"
