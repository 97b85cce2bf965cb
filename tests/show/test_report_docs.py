"""The page on reports names every key, and the two reports that are kept say the same thrice."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from downwind.catalog import Catalog
from downwind.jobs.report import Wanted, report_of_edges, report_of_name_servers
from downwind.show.report_form import COLUMNS, report_form

REPORTS = Path(__file__).parents[2] / "docs" / "reports"
KEPT = [("gov-2026", "dns"), ("imc-2020", "all layers")]


def holders(name: str, layer: str) -> dict[str, dict[str, str]]:
    with (REPORTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["holder"]: row for row in rows if row["layer"] == layer and not row["group"]}


@pytest.mark.parametrize(("name", "layer"), KEPT)
def test_the_holders_of_the_text_are_those_of_the_table(name: str, layer: str) -> None:
    known = holders(name, layer)
    text = (REPORTS / f"{name}.md").read_text(encoding="utf-8")
    section = text.partition("| holder |")[2].partition("\n\n")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()[2:]
    ]
    assert len(rows) == 15
    for holder, direct, in_all, share, *falls in rows:
        row = known[holder.removesuffix(" ?")]
        assert (row["sort"] == "unknown") == holder.endswith(" ?")
        assert [direct, in_all] == [f"{int(row[key]):,}" for key in ("sites", "sites_in_all")]
        assert share == f"{float(row['share_in_all']):.1%}"
        assert falls[-1] == f"{int(row['falls_in_all']):,}"


@pytest.mark.parametrize(("name", "layer"), KEPT)
def test_the_page_begins_with_the_same_holders_and_loads_nothing(name: str, layer: str) -> None:
    known = list(holders(name, layer).values())
    page = (REPORTS / f"{name}.html").read_text(encoding="utf-8")
    shown = re.findall(r'<span class="name">([^<]+?) ?<.*?<b>([^<]+)</b>', page, re.S)
    assert [share for _, share in shown[:5]] == [
        f"{float(row['share_in_all']):.1%}" for row in known[:5]
    ]
    assert [holder.replace("&#x27;", "'") for holder, _ in shown[:5]] == [
        row["holder"] for row in known[:5]
    ]
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", page)


def test_dnsmadeeasy_is_told_with_its_figures() -> None:
    row = holders("imc-2020", "all layers")["dnsmadeeasy"]
    assert (row["falls"], row["falls_in_all"]) == ("1002", "22559")
    text = (REPORTS / "imc-2020.md").read_text(encoding="utf-8")
    assert "DNSMadeEasy takes down 1,002 sites directly, and 22,559 in all" in text


def keys(form: object) -> Iterator[str]:
    if isinstance(form, list):
        for each in form:
            yield from keys(each)
    if isinstance(form, dict):
        yield from form
        for each in form.values():
            yield from keys(each)


def test_the_page_names_every_key_of_the_json_form(tmp_path: Path) -> None:
    (tmp_path / "ns.tsv").write_text("a.test\tns.x.example\n")
    edges = REPORTS.parent / "examples" / "shops-edges.csv"
    nodes = REPORTS.parent / "examples" / "shops-nodes.csv"
    nobody = Catalog.from_texts([])
    made = [
        report_of_name_servers(tmp_path / "ns.tsv", nobody, Wanted()),
        report_of_edges(edges, nobody, Wanted(nodes, by="kind")),
    ]
    text = (REPORTS.parent / "report.md").read_text(encoding="utf-8")
    told = {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", code)}
    ranks = {"1", "3", "5", "10"}
    found = {key for report in made for key in keys(report_form(report))} - ranks
    assert len(found) > 30
    assert found - told - {"domain"} == set()


def test_the_page_says_what_the_columns_of_the_table_are() -> None:
    text = (REPORTS.parent / "report.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"`{column}`" in text, column
