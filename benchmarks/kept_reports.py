"""Make the two reports that are kept in docs/reports: a page, a table and a text each.

    .venv/bin/python benchmarks/kept_reports.py [DATA] [FOLDER]

DATA holds the public lists (default ../shared/data beside the checkout), FOLDER gets the reports
(default docs/reports). Pages and tables are what the commands in docs/report.md write; the texts
are kept beside this script, with the figures of the day put in.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template

import pyarrow as pa
import pyarrow.parquet as pq
from imc2020 import Row, imc_nodes, imc_rows

from downwind.catalog import Catalog
from downwind.jobs.report import Report, Wanted, report_of_edges, report_of_name_servers
from downwind.questions.holders import Held, Layer
from downwind.show.report_form import report_csv
from downwind.show.report_page import report_page
from downwind.show.shares import percent, small_decimal

ROOT = Path(__file__).resolve().parents[1]
TEXTS = Path(__file__).parent / "kept_reports"
GOV = Wanted(
    title="Who serves the .gov zone, August 2026",
    source="The published .gov zone of 2026-08-22 "
    "(github.com/cisagov/dotgov-data at 4ee64196, CC0)",
)
IMC_TITLE = "Who held the web of 2020"
IMC_SOURCE = (
    "The Alexa top 100,000 of 2020, third parties only (Kashaf, Sekar and Agarwal, IMC 2020)"
)
ROWS = 15


def main() -> None:
    """Write all six files."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs" / "reports"
    catalog = Catalog.load()
    gov = report_of_name_servers(data / "gov-zone" / "gov_ns.tsv.gz", catalog, GOV)
    _write(folder, "gov-2026", gov, gov, gov_figures(gov))
    imc, plain = _of_2020(data / "imc2020", catalog)
    _write(folder, "imc-2020", imc, plain, imc_figures(imc))


def _write(
    folder: Path, name: str, page: Report, table: Report, figures: Mapping[str, object]
) -> None:
    text = Template((TEXTS / f"{name}.md").read_text(encoding="utf-8")).substitute(figures)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / f"{name}.html").write_text(report_page(page), encoding="utf-8")
    (folder / f"{name}.csv").write_text(report_csv(table), encoding="utf-8", newline="")


def _of_2020(data: Path, catalog: Catalog) -> tuple[Report, Report]:
    """By rank, and without groups, which would make the table five times as long."""
    rows = imc_rows(data)
    with tempfile.TemporaryDirectory() as held:
        edges, nodes = Path(held) / "edges.parquet", Path(held) / "nodes.parquet"
        _table(edges, Row._fields, rows)
        _table(nodes, ("node", "kind", "owner", "rank"), list(imc_nodes(rows)))
        by_rank, plain = (
            report_of_edges(edges, catalog, Wanted(nodes, by, IMC_TITLE, IMC_SOURCE))
            for by in ("rank", "")
        )
    return by_rank, plain


def _table(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    columns = map(list, zip(*rows, strict=True))
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), path)


def gov_figures(report: Report) -> dict[str, object]:
    """What stands in the text on the .gov zone."""
    (layer,) = report.holdings.whole.layers
    servers = report.servers
    assert servers is not None
    first = layer.held[0]
    figures: dict[str, object] = {
        "domains": f"{layer.sites:,}",
        "records": f"{servers.records.all:,}",
        "holder": first.holder,
        "holder_share": percent(first.uses_in_all.share),
        "holder_spared": f"{first.uses_in_all.sites - first.falls_in_all.sites:,}",
        "holders": _rows(layer.held[:ROWS], direct_falls=False),
        "unknown_domains": f"{sum(each.sort == 'unknown' for each in layer.held):,}",
        "leaning_on_unknown": _portion(layer, "unknown"),
        "largest_unknown": ", ".join(
            f"{name} ({count:,})" for name, count in servers.largest_unknown[:8]
        ),
    }
    for how in ("by_name", "private", "unknown"):
        count = getattr(servers.records, how)
        figures[f"records_{how}"] = f"{count:,} ({percent(count / servers.records.all)})"
        figures[f"names_{how}"] = f"{getattr(servers.servers, how):,}"
    return figures | _concentrated(layer) | _fates(layer)


def imc_figures(report: Report) -> dict[str, object]:
    """What stands in the text on the sites of 2020."""
    whole = report.holdings.whole
    layer, first = whole.layers[0], whole.layers[0].held[0]
    dnsmadeeasy = next(each for each in layer.held if each.holder == "dnsmadeeasy")
    return {
        "sites": f"{whole.sites:,}",
        "lone": f"{layer.lone.sites:,}",
        "by_owner": f"{layer.lone.sites - 88_163:,}",
        "dnsmadeeasy": f"{dnsmadeeasy.falls.sites:,}",
        "dnsmadeeasy_in_all": f"{dnsmadeeasy.falls_in_all.sites:,}",
        "holder": first.holder,
        "holder_direct": percent(first.uses.share),
        "holder_in_all": percent(first.uses_in_all.share),
        "holder_falls": percent(first.falls_in_all.share),
        "holders": _rows(layer.held[:ROWS], direct_falls=True),
        "layers": "\n".join(_layer_row(each) for each in whole.layers),
        "ranks": "\n".join(
            _cells(
                group.name,
                f"{group.sites:,}",
                *(_fall(group.layers, name) for name in ("all layers", "dns", "cdn", "ca")),
            )
            for group in report.holdings.groups
        ),
    }


def _fall(layers: Iterable[Layer], name: str) -> str:
    return percent(next(each for each in layers if each.name == name).lone_in_all.share)


def _layer_row(layer: Layer) -> str:
    shares = (layer.lone_in_all, layer.redundancy.beside, layer.redundancy.separate)
    found = layer.concentration
    assert found is not None
    figures = (small_decimal(found.hhi), small_decimal(found.score))
    return _cells(layer.name, f"{layer.sites:,}", *(percent(p.share) for p in shares), *figures)


def _rows(held: Iterable[Held], *, direct_falls: bool) -> str:
    return "\n".join(
        _cells(
            f"{each.holder} ?" if each.sort == "unknown" else each.holder,
            f"{each.uses.sites:,}",
            f"{each.uses_in_all.sites:,}",
            percent(each.uses_in_all.share),
            *([f"{each.falls.sites:,}"] if direct_falls else []),
            f"{each.falls_in_all.sites:,}",
        )
        for each in held
    )


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _concentrated(layer: Layer) -> dict[str, object]:
    found = layer.concentration
    assert found is not None
    return {
        "hhi": small_decimal(found.hhi),
        "hhi_at_most": small_decimal(found.hhi_at_most),
        "score": small_decimal(found.score),
        **{f"top_{k}": percent(share) for k, share in found.top},
    }


def _fates(layer: Layer) -> dict[str, object]:
    redundancy = layer.redundancy
    return {
        name: f"{portion.sites:,} ({percent(portion.share)})"
        for name in type(redundancy).__slots__
        if (portion := getattr(redundancy, name)) is not None
    }


def _portion(layer: Layer, name: str) -> str:
    portion = getattr(layer, name)
    return f"{portion.sites:,} domains ({percent(portion.share)})"


if __name__ == "__main__":
    main()
