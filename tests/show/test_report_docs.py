"""The two reports that are kept say the same in their three forms."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

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
