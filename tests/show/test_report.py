"""The verb `report`, as it is called: screens, JSON, CSV and the page."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner, Result

from downwind.catalog import Catalog
from downwind.jobs.report import Report, Wanted, report_of_edges, report_of_name_servers
from downwind.questions.holders.central import concentration
from downwind.show.cli.main import app
from downwind.show.html import Html, join, tag
from downwind.show.report_form import report_csv, report_form
from downwind.show.report_page import charts, report_page
from downwind.show.report_view import show_report
from downwind.show.shares import percent, small_decimal
from downwind.terms import UsageError

NOBODY = Catalog.from_texts([])
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SHOP_NODES = EXAMPLES / "shops-nodes.csv"
SHOPS = ("--graph", str(EXAMPLES / "shops-edges.csv"), "--nodes", str(EXAMPLES / "shops-nodes.csv"))
NASTY = "<script>alert(1)</script>&\"'[red]\x1b[31m"
EDGES = f"""node,need,alternative
a.test,dns,one
a.test,dns,two
b.test,dns,"{NASTY.replace('"', '""')}"
c.test,edge,=cmd
one,runs on,cloud
"""
NODES = """node,kind,rank,state
a.test,site,7,ohio
b.test,site,700,<b>utah</b>
c.test,site,,
"""
VOID = {"meta", "br", "hr", "img", "link", "col"}


def call(*args: str) -> Result:
    return CliRunner().invoke(app, ["report", *args])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    edges, nodes = tmp_path / "edges.csv", tmp_path / "nodes.csv"
    edges.write_text(EDGES, encoding="utf-8")
    nodes.write_text(NODES, encoding="utf-8")
    return edges, nodes


def made(files: tuple[Path, Path], by: str = "", title: str = "", source: str = "") -> Report:
    return report_of_edges(files[0], NOBODY, Wanted(files[1], by, title, source))


def shown(report: Report, width: int, most: int = 10) -> str:
    out = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    show_report(out, report, most)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_json_has_every_holder_of_every_layer(files: tuple[Path, Path]) -> None:
    report = report_form(made(files, title="Three sites", source="made up"))
    assert (report["title"], report["source"], report["sites"]) == ("Three sites", "made up", 3)
    assert [layer["layer"] for layer in report["layers"]] == ["all layers", "dns", "edge"]
    dns = report["layers"][1]
    cloud = next(each for each in dns["holders"] if each["holder"] == "cloud")
    assert cloud == {
        "holder": "cloud",
        "sort": "known",
        "providers": [],
        "uses": {"sites": 0, "share": 0.0},
        "uses_in_all": {"sites": 1, "share": 0.5},
        "falls": {"sites": 0, "share": 0.0},
        "falls_in_all": {"sites": 0, "share": 0.0},
    }
    assert dns["redundancy"]["separate"] == {"sites": 1, "share": 0.5}
    assert dns["concentration"] == {
        "holders": 3,
        "hhi": 0.375,
        "hhi_at_most": 0.375,
        "centralization": -0.125,
        "top": {"1": 0.5, "3": 1.0, "5": 1.0, "10": 1.0},
    }


def test_csv_is_a_row_for_each_holder_and_no_formula_for_a_spreadsheet(
    files: tuple[Path, Path],
) -> None:
    lines = report_csv(made(files, "rank")).split("\n")
    assert lines[0].rstrip("\r") == (
        "group,layer,holder,sort,providers,sites,share,sites_in_all,share_in_all,falls,falls_share,"
        "falls_in_all,falls_share_in_all"
    )
    edge = [line.rstrip("\r") for line in lines if line.startswith(",edge,")]
    assert edge == [",edge,'=cmd,known,,1,1.0,1,1.0,1,1.0,1,1.0"]
    groups = {row[0] for row in csv.reader(io.StringIO("\n".join(lines[1:]), newline="")) if row}
    assert groups == {"", "top 100", "top 1,000"}


@pytest.mark.parametrize("width", [60, 140])
@pytest.mark.parametrize("by", ["rank", "state"])
def test_every_line_fits_the_terminal_and_moves_no_cursor(
    files: tuple[Path, Path], width: int, by: str
) -> None:
    text = shown(made(files, by), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert "[red]" in text


def test_the_screen_says_how_many_more_holders_there_are(files: tuple[Path, Path]) -> None:
    assert "and 4 more" in shown(made(files), 80, most=1)


def test_name_servers_are_counted_on_the_screen(tmp_path: Path) -> None:
    file = tmp_path / "ns.tsv"
    file.write_text("a.test\tns1.unheard-of.example,ns1.a.test\n")
    text = shown(report_of_name_servers(file, NOBODY, Wanted()), 100)
    assert "Of 2 NS records 0 were recognized by name; 1 are the domain's own, 1 unknown." in text
    assert "unheard-of.example ?" in text


def test_the_command_prints_json_and_writes_csv_and_the_page(tmp_path: Path) -> None:
    table, page = tmp_path / "out.csv", tmp_path / "out.html"
    result = call(*SHOPS, "--json", "--csv", str(table), "--html", str(page), "--top", "3")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["title"] == "Who holds shops-edges.csv"
    layers = [layer["layer"] for layer in report["layers"]]
    assert layers == ["all layers", "edge", "dns", "fonts", "origin"]
    assert table.read_text(encoding="utf-8").startswith("group,layer,holder,")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = call(*SHOPS, "--html", str(tmp_path / "absent" / "page.html"))
    assert isinstance(result.exception, UsageError)
    assert "page.html: it cannot be written: No such file" in str(result.exception)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--graph", "a.csv", "--ns", "b.tsv"), "--graph and --ns exclude each other"),
        (("--ns", "b.tsv", "--model", "m.yaml"), "--model goes with what was mapped"),
        (("--graph", "absent.csv"), "there is no such file"),
        (("--store", "absent"), "no site of the list leans on anybody"),
    ],
)
def test_what_cannot_be_reported_is_refused(args: tuple[str, ...], told: str) -> None:
    result = call(*args)
    assert isinstance(result.exception, Exception)
    assert told in str(result.exception)


class Page(HTMLParser):
    """Holds that every element is closed in its turn, and notes what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.fetched: list[str] = []
        self.labels: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(name)
        if name not in VOID:
            self.open.append(name)
        for key, value in attributes:
            if key in ("src", "srcset", "data", "poster", "xlink:href") or (
                key == "href" and name != "a"
            ):
                self.fetched.append(f"{name} {key} {value}")
            if key == "aria-label":
                self.labels.append(value or "")
            assert not key.startswith("on")

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("by", ["rank", "state"])
def test_the_page_loads_nothing_runs_nothing_and_is_well_formed(
    files: tuple[Path, Path], by: str
) -> None:
    text = report_page(made(files, by))
    parsed = Page()
    parsed.feed(text)
    parsed.close()
    assert parsed.open == []
    assert parsed.fetched == []
    assert not parsed.tags & {"script", "iframe", "object", "embed", "link", "img", "form"}
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_names_on_the_page_are_text(files: tuple[Path, Path]) -> None:
    text = report_page(made(files, "state", title=NASTY, source=NASTY))
    assert "<script" not in text
    assert "<b>utah" not in text
    assert "\x1b" not in text
    parsed = Page()
    parsed.feed(text)
    assert any("<script>alert(1)</script>" in each for each in parsed.text)


def test_every_figure_of_the_page_has_words(files: tuple[Path, Path]) -> None:
    text = report_page(made(files, "rank"))
    for picture in re.findall(r"<svg[^>]*>(?:<title>[^<]+)?", text):
        told = 'aria-hidden="true"' in picture or "aria-label=" in picture or "<title>" in picture
        assert told, picture
    parsed = Page()
    parsed.feed(text)
    assert any("50.0% falls with a holder that it leans on" in label for label in parsed.labels)


def test_the_same_report_is_the_same_page(files: tuple[Path, Path]) -> None:
    assert report_page(made(files, "rank")) == report_page(made(files, "rank"))


def test_a_score_below_0_is_no_headline_and_says_why_it_is_below() -> None:
    shops = report_of_edges(EXAMPLES / "shops-edges.csv", NOBODY, Wanted(SHOP_NODES))
    assert "centralization -0.628 (below 0: its sites are" in shown(shops, 140)
    page = report_page(shops)
    assert "centralization -0.628 (below 0: its sites are" in page
    assert "from 0 to 1" not in page
    assert "each fall with some one holder" in page


def test_the_headline_has_a_score_that_is_not_below_0(tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    file.write_text("node,need,alternative\na.test,dns,x\nb.test,dns,x\nc.test,dns,y\n")
    page = report_page(report_of_edges(file, NOBODY, Wanted()))
    assert "<dt>centralization, from 0 to 1</dt><dd>0.222</dd>" in page
    assert "<dt>lean on x</dt><dd>66.7%</dd>" in page


def test_even_holders_are_told_together(files: tuple[Path, Path]) -> None:
    report = made(files, "state")
    ohio = next(line for line in shown(report, 140).splitlines() if line.startswith("ohio"))
    assert ohio.rstrip().endswith("one and two 100.0% each")
    assert "one and two 100.0% each" in report_page(report)
    (words,) = re.findall(r"<dt>lean on ([^<]+)</dt><dd>33.3%</dd>", report_page(made(files)))
    assert words.endswith(" and 4 more each")


@pytest.mark.parametrize("width", [60, 140])
def test_no_two_columns_of_holders_have_the_same_words(
    files: tuple[Path, Path], width: int
) -> None:
    text = shown(made(files), width)
    heads = re.findall(r"all layers  3 sites\n(.*)\n(holder.*)\n", text)[0]
    over, under = (re.findall(r"\S+(?: \S+)?", line) for line in heads)
    titles = list(zip(over, under[1:], strict=True))
    assert len(titles) == len(set(titles)) == (2 if width == 60 else 6)
    shares = ("lean,", "share"), ("fall,", "share")
    assert all(share in titles for share in shares)


def test_holders_that_are_the_sites_own_are_told_wherever_holders_are_counted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "ns.tsv"
    file.write_text("a.test\tns1.a.test\nb.test\tns.x.example\n")
    report = report_of_name_servers(file, NOBODY, Wanted())
    page = report_page(report)
    assert "(2 holders, 1 of them the sites' own)" in shown(report, 100)
    assert "2 holders, 1 of them the sites&#x27; own" in page
    assert "what is the sites&#x27; own</th><td>1</td>" in page


@pytest.mark.parametrize(
    ("most", "ranks"),
    [(1, [1]), (2, [1, 2]), (5, [1, 2, 5]), (7, [1, 2, 5, 7]), (1411, [1, 10, 100, 1411])],
)
def test_the_axis_of_ranks_ends_with_the_last_and_names_round_ones_before(
    most: int, ranks: list[int]
) -> None:
    assert charts._ticks(most) == ranks


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=30))
@example([1.0] + [0.0001] * 999)
def test_labels_of_the_curve_stay_inside_the_picture_and_apart(shares: list[float]) -> None:
    found = concentration(np.array(shares), np.zeros(len(shares)), 0.0)
    assert found is not None
    marks = [(k, share) for k, share in found.top if k <= found.holders]
    drawn = [str(label) for label in charts._labels(marks, found.holders)]
    boxes = []
    for label in drawn:
        x, y = (float(re.findall(rf' {axis}="([^"]+)"', label)[0]) for axis in "xy")
        left = x - 30 if 'text-anchor="end"' in label else x
        assert 29 < left < left + 30 <= 360
        assert 8 <= y <= 195
        boxes.append((left, y))
    assert boxes
    for (a, high), (b, low) in itertools.combinations(boxes, 2):
        assert abs(a - b) >= 30 or abs(high - low) >= 9


def test_text_in_markup_is_escaped_and_markup_is_not() -> None:
    made = tag("p", "<&", Html("<i>"), None, tag("br"), class_='"x"', aria_label=None, width=1.5)
    assert made == '<p class="&quot;x&quot;" width="1.5">&lt;&amp;<i><br></p>'
    assert join("a", None, "<") == "a&lt;"


def test_small_shares_are_not_told_as_nothing() -> None:
    assert [percent(share) for share in (0, 0.0001, 0.123, 0.9999, 1)] == [
        "0.0%", "<0.1%", "12.3%", ">99.9%", "100.0%",
    ]  # fmt: skip
    assert [small_decimal(value) for value in (0.1114, 0.0012, 0)] == ["0.111", "0.0012", "0.0000"]
