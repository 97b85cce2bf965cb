"""Reports made from edge tables, from name servers, and from two public lists."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.graph.tables import table_of
from downwind.jobs.report import (
    Report,
    Wanted,
    report_of_edges,
    report_of_name_servers,
    report_of_table,
)
from downwind.model import Model
from downwind.questions.holders import Held, Layer
from downwind.terms import Evidence, Seen, UsageError

EDGES = """node,need,alternative
a.test,dns,one
a.test,dns,two
b.test,dns,one
c.test,dns,three
two,runs on,cloud
"""
NODES = """node,kind,owner,state,rank
one,provider,Big,,
two,provider,Big,,
a.test,site,,ohio,3
b.test,site,,utah,150
c.test,site,,ohio,
"""


@pytest.fixture
def empty() -> Catalog:
    return Catalog.from_texts([])


def written(tmp_path: Path, edges: str = EDGES, nodes: str = NODES) -> tuple[Path, Path]:
    files = tmp_path / "edges.csv", tmp_path / "nodes.csv"
    for file, text in zip(files, (edges, nodes), strict=True):
        file.write_text(text, encoding="utf-8")
    return files


def layer(report: Report, name: str) -> Layer:
    return next(each for each in report.holdings.whole.layers if each.name == name)


def held(found: Layer, holder: str) -> Held:
    return next(each for each in found.held if each.holder == holder)


def test_the_column_owner_says_whose_the_nodes_are(tmp_path: Path, empty: Catalog) -> None:
    edges, nodes = written(tmp_path)
    alone = layer(report_of_edges(edges, empty, Wanted()), "dns")
    assert alone.redundancy.separate.sites == 1
    found = layer(report_of_edges(edges, empty, Wanted(nodes)), "dns")
    assert held(found, "Big").falls.sites == 2
    assert held(found, "cloud").uses_in_all.sites == 1
    assert held(found, "cloud").falls_in_all.sites == 0
    assert found.redundancy.one.sites == 3


def test_columns_that_make_no_groups_this_time_are_told_as_such_and_not_as_unknown(
    tmp_path: Path, empty: Catalog
) -> None:
    edges, nodes = written(tmp_path)
    assert [report_of_edges(edges, empty, Wanted(nodes, by=by)).told for by in ("state", "")] == [
        ("nodes.csv: not used, as --by does not name them: 'rank'.",),
        ("nodes.csv: not used, as --by does not name them: 'rank', 'state'.",),
    ]
    nodes.write_text("node,owner,rank\none,Big,\na.test,,3\n", encoding="utf-8")
    assert report_of_edges(edges, empty, Wanted(nodes, by="rank")).told == ()


def test_groups_are_made_by_any_column_and_by_rank(tmp_path: Path, empty: Catalog) -> None:
    edges, nodes = written(tmp_path)
    by_state = report_of_edges(edges, empty, Wanted(nodes, by="state")).holdings.groups
    assert [(group.name, group.sites) for group in by_state] == [("ohio", 2), ("utah", 1)]
    by_rank = report_of_edges(edges, empty, Wanted(nodes, by="rank")).holdings.groups
    assert [(group.name, group.sites) for group in by_rank] == [("top 100", 1), ("top 1,000", 2)]


def test_whole_numbers_in_parquet_are_ranks_too(tmp_path: Path, empty: Catalog) -> None:
    edges, _ = written(tmp_path)
    nodes = tmp_path / "nodes.parquet"
    columns = {"node": ["a.test", "b.test", "c.test"], "rank": pa.array([3, 150, None])}
    pq.write_table(pa.table(columns), nodes)
    groups = report_of_edges(edges, empty, Wanted(nodes, by="rank")).holdings.groups
    assert [group.sites for group in groups] == [1, 2]


@pytest.mark.parametrize(
    ("by", "told"),
    [("country", "nodes.csv has no column 'country'. Its columns: kind, owner, rank, state."),
     ("owner", "")],
)  # fmt: skip
def test_a_column_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, empty: Catalog, by: str, told: str
) -> None:
    edges, nodes = written(tmp_path)
    if not told:
        report_of_edges(edges, empty, Wanted(nodes, by=by))
        return
    with pytest.raises(UsageError) as error:
        report_of_edges(edges, empty, Wanted(nodes, by=by))
    assert str(error.value) == told


def test_a_column_without_a_table_is_refused(tmp_path: Path, empty: Catalog) -> None:
    edges, _ = written(tmp_path)
    with pytest.raises(UsageError, match="--by needs a table of the sites"):
        report_of_edges(edges, empty, Wanted(by="state"))


def test_name_servers_go_by_a_column_of_another_table(tmp_path: Path, empty: Catalog) -> None:
    (tmp_path / "ns.tsv").write_text("a.test\tns.x.example\nb.test\tns.y.example\n")
    _, nodes = written(tmp_path)
    report = report_of_name_servers(tmp_path / "ns.tsv", empty, Wanted(nodes, by="state"))
    assert [(group.name, group.sites) for group in report.holdings.groups] == [
        ("ohio", 1),
        ("utah", 1),
    ]
    assert report.servers is not None
    again = report_of_table(report.servers.table, empty, Wanted())
    assert again.holdings.whole == report.holdings.whole


HILL = """
id: hill
name: Hill
products: [{id: dns, role: dns, name: DNS}, {id: cdn, role: edge, name: CDN}]
facts:
  - {kind: ns, suffix: ns.hill.test, product: dns, source: test, last_confirmed: 2026-01-01}
  - {kind: prefix, prefix: 198.18.1.0/24, product: cdn, source: test, last_confirmed: 2026-01-01}
"""


def looked_at(host: str, addresses: list[str], servers: list[str]) -> list[Evidence]:
    delegated = [
        {"host": each, "in_bailiwick": each.endswith(host), "glue": ["203.0.113.53"]}
        for each in servers
    ]
    zone = {"parent": "test", "ttl": 3600, "signed": False, "name_servers": delegated}
    seen: dict[str, dict[str, Any]] = {
        "dns.zone_of": {"zone": host},
        "dns.zone": zone,
        "dns.a": {"addresses": addresses, "ttl": 60},
    }
    return [Evidence(host, kind, Seen(value), 1000.0, "here") for kind, value in seen.items()]


def test_what_was_mapped_is_told_by_the_needs_that_lead_to_providers() -> None:
    catalog = Catalog.from_texts([HILL])
    records = [
        *looked_at("one.test", ["198.18.1.9"], ["a.ns.hill.test", "b.ns.hill.test"]),
        *looked_at("two.test", ["198.18.1.9", "203.0.113.7"], ["a.ns.hill.test", "a.other.test"]),
        *looked_at("three.test", ["203.0.113.9", "203.0.113.8"], ["a.other.test", "b.other.test"]),
    ]
    records += looked_at("own.test", ["198.18.1.9"], ["ns1.own.test", "ns2.own.test"])
    numbered = [(str(number), record) for number, record in enumerate(records)]
    graph = build_graph(numbered, catalog, Model())

    report = report_of_table(table_of(graph), catalog, Wanted())

    dns, network = (layer(report, name) for name in ("dns hosting", "network"))
    assert {each.holder: each.sort for each in dns.held} == {
        "Hill": "known",
        "other.test": "unknown",
    }
    assert report.told == ("sites are what nothing else there needs: 4 of kind host.",)
    fates = [(each.redundancy.one.sites, each.redundancy.unknown.sites) for each in (dns, network)]
    assert fates == [(2, 1), (3, 1)]
    assert (dns.redundancy.own.sites, dns.private.sites) == (1, 1)
    assert held(layer(report, "all layers"), "Hill").falls.sites == 2


@pytest.fixture(scope="module")
def of_2020(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    project = Path(__file__).parents[2]
    made = runpy.run_path(str(project / "benchmarks" / "imc2020.py"))
    rows = made["imc_rows"](shared / "data" / "imc2020")
    folder = tmp_path_factory.mktemp("imc2020")
    tables = {
        "edges.csv": [("node", "need", "alternative"), *rows],
        "nodes.csv": [("node", "kind", "owner", "rank"), *made["imc_nodes"](rows)],
    }
    for name, written in tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(written)
    wanted = Wanted(folder / "nodes.csv", by="rank")
    return report_of_edges(folder / "edges.csv", Catalog.from_texts([]), wanted)


def test_dnsmadeeasy_held_1002_sites_of_2020_directly_and_22559_in_all(of_2020: Report) -> None:
    found = held(of_2020.holdings.whole.layers[0], "dnsmadeeasy")
    assert (found.falls.sites, found.falls_in_all.sites) == (1_002, 22_559)


def test_three_sites_of_2020_had_two_providers_of_one_owner_and_fell_with_it(
    of_2020: Report,
) -> None:
    """By the names of providers, as in tests/graph, 88,163 sites depend on one critically."""
    assert of_2020.holdings.whole.layers[0].lone.sites == 88_163 + 3


def test_the_layers_of_2020_have_as_many_sites_as_the_authors_tables(of_2020: Report) -> None:
    sites = {each.name: each.sites for each in of_2020.holdings.whole.layers[1:]}
    assert sites == {"ca": 78_387, "dns": 73_041, "cdn": 32_370}
    assert [group.name for group in of_2020.holdings.groups] == [
        "top 100", "top 1,000", "top 10,000", "top 100,000",
    ]  # fmt: skip
    assert of_2020.holdings.groups[-1].layers == of_2020.holdings.whole.layers


def test_every_domain_of_the_gov_zone_is_in_one_bucket_and_few_have_real_redundancy(
    shared: Path,
) -> None:
    file = shared / "data" / "gov-zone" / "gov_ns.tsv.gz"
    report = report_of_name_servers(file, Catalog.load(), Wanted())
    (dns,) = report.holdings.whole.layers
    fates = [getattr(dns.redundancy, each).sites for each in type(dns.redundancy).__slots__]
    assert sum(fates) == dns.sites == 16_537
    assert report.servers is not None
    assert report.servers.records.all == 43_953
    assert report.servers.records.by_name > 43_953 / 2
    assert dns.redundancy.one.share > 0.9
    assert dns.redundancy.separate.share < 0.05
