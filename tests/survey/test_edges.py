"""Whom names stand on is written layer by layer; unknown is shared by nobody."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog
from downwind.graph.tables import read_table
from downwind.survey.edges import nodes_beside, write_edges
from downwind.survey.needs import Needs
from downwind.terms import Evidence, Seen, Unanswered, UsageError

_CATALOG = Catalog.from_texts(
    [
        """
id: one-dns
name: One
products:
  - {id: dns, role: dns, name: DNS}
  - {id: mail, role: mail, name: Mail}
facts:
  - {kind: ns, suffix: one.test, product: dns, unconfirmed: true}
  - {kind: mx, suffix: mx.one.test, product: mail, unconfirmed: true}
  - {kind: spf, suffix: spf.one.test, product: mail, unconfirmed: true}
""",
        """
id: two-edge
name: Two
products:
  - {id: proxy, role: edge, name: Edge}
  - {id: vm, role: cloud, name: Machines}
facts:
  - {kind: ns, suffix: two.test, unconfirmed: true}
  - {kind: cname, suffix: edge.two.test, product: proxy, unconfirmed: true}
  - {kind: prefix, prefix: 192.0.2.0/25, product: proxy, unconfirmed: true}
  - {kind: prefix, prefix: 192.0.2.128/25, product: vm, unconfirmed: true}
  - {kind: header, name: x-two, product: proxy, unconfirmed: true}
  - {kind: issuer, organization: Two Trust, unconfirmed: true}
""",
    ]
)
_NOTHING: dict[str, Any] = {
    "line": 1,
    "labels": {},
    "exists": True,
    "zone": "x.test",
    "name_servers": [],
    "aliases": [],
    "addresses": [],
    "mail": [],
    "senders": [],
    "unknown": {},
}


def _needs(digest: Mapping[str, Any], **web: Any) -> dict[str, Any]:
    found = Needs(_CATALOG).of("x.test", {**_NOTHING, **digest}, **web)
    return {
        need.layer: ([holder.node for holder in need.holders], need.k, need.strength)
        for need in found
    }


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        ({}, {}),
        ({"name_servers": ["ns1.one.test", "ns2.one.test"]}, {"dns": (["one-dns"], 1, "hard")}),
        (
            {"name_servers": ["ns1.one.test", "ns1.two.test"]},
            {"dns": (["one-dns", "two-edge"], 1, "hard")},
        ),
        (
            {"name_servers": ["ns1.x.test", "ns1.strange.test", "ns2.strange.test"]},
            {"dns": (["x.test itself", "*.strange.test"], 1, "hard")},
        ),
        (
            {"mail": ["a.mx.one.test", "mail.x.test"]},
            {"mail": (["one-dns", "x.test itself"], 1, "hard")},
        ),
        (
            {"senders": ["spf.one.test", "unheard-of.test"]},
            {"mail sent": (["one-dns"], 1, "soft")},
        ),
        ({"aliases": ["a.test", "x.edge.two.test"]}, {"edge": (["two-edge"], 1, "hard")}),
        ({"addresses": ["192.0.2.1", "192.0.2.2"]}, {"edge": (["two-edge"], 1, "hard")}),
        ({"addresses": ["192.0.2.200"]}, {"hosting": (["two-edge"], 1, "hard")}),
        (
            {"addresses": ["192.0.2.200", "198.51.100.1"]},
            {"hosting": (["two-edge", "x.test elsewhere"], 1, "hard")},
        ),
        ({"addresses": ["198.51.100.1"]}, {}),
    ],
)
def test_a_layer_names_whoever_can_meet_it(
    digest: Mapping[str, Any], expected: dict[str, Any]
) -> None:
    assert _needs(digest) == expected


def test_certificates_and_marks_on_replies_name_their_holders_too() -> None:
    assert _needs({}, issuer=("Two Trust", "R3"), headers={"x-two": "1"}) == {
        "edge": (["two-edge"], 1, "hard"),
        "certificate": (["two-edge"], 1, "hard"),
    }
    assert _needs({}, issuer=("Nobody", ""))["certificate"] == (["Nobody (CA)"], 1, "hard")


def _store(tmp_path: Path, *records: Evidence) -> Path:
    store = tmp_path / "store"
    with EvidenceLog(store) as log:
        log.append_many(records)
    return store


def _begun(at: float) -> Evidence:
    return Evidence("list.csv ", "survey.begun", Seen({"looked_at": []}), at, "here")


def _name(name: str, at: float, **digest: Any) -> Evidence:
    return Evidence(name, "survey.name", Seen({**_NOTHING, **digest}), at, "here")


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_the_tables_are_read_as_edge_and_node_table(tmp_path: Path, suffix: str) -> None:
    servers = ["ns1.one.test", "ns1.two.test"]
    store = _store(
        tmp_path,
        _begun(1.0),
        Evidence("x.test", "tls.certificate", Seen({"issuer_organization": "Two Trust"}), 2.0, "h"),
        _name("x.test", 2.0, name_servers=servers, labels={"rank": "1", "kind": "shop"}),
        _name("gone.test", 3.0, exists=False, name_servers=["a.nic.test"]),
        _name("y.test", 3.0, mail=["a.mx.one.test"], labels={"rank": "2"}),
        Evidence("z.test", "survey.name", Unanswered("no luck"), 4.0, "here"),
    )
    edges = tmp_path / f"web.{suffix}"
    written = write_edges(store, _CATALOG, edges, nodes_beside(edges))
    assert (written.sites, written.edges, written.gone) == (2, 4, 1)
    table = read_table(edges, nodes_beside(edges))
    assert sorted(table.core_names) == ["one-dns", "two-edge"]
    assert sorted(table.site_names or ()) == ["x.test", "y.test"]
    assert sorted(table.need_names) == ["certificate", "dns", "mail"]
    assert not list(tmp_path.glob("*.part"))


def test_the_columns_of_the_list_go_along(tmp_path: Path) -> None:
    store = _store(
        tmp_path,
        _begun(1.0),
        _name("x.test", 2.0, name_servers=["ns1.one.test"], labels={"rank": "1", "kind": "shop"}),
        _name("y.test", 3.0, name_servers=["ns1.one.test"], labels={"country": "fr"}),
    )
    edges = tmp_path / "web.csv"
    write_edges(store, _CATALOG, edges, nodes_beside(edges))
    rows = list(csv.DictReader((tmp_path / "web-nodes.csv").read_text().splitlines()))
    assert rows == [
        {"node": "x.test", "kind": "site", "rank": "1", "list_kind": "shop", "country": ""},
        {"node": "y.test", "kind": "site", "rank": "", "list_kind": "", "country": "fr"},
        {"node": "one-dns", "kind": "provider", "rank": "", "list_kind": "", "country": ""},
    ]


def test_only_the_latest_survey_counts(tmp_path: Path) -> None:
    store = _store(
        tmp_path,
        _begun(1.0),
        _name("old.test", 2.0, name_servers=["ns1.one.test"]),
        _begun(5.0),
        _name("x.test", 6.0, name_servers=["ns1.two.test"]),
    )
    edges = tmp_path / "web.csv"
    assert write_edges(store, _CATALOG, edges, nodes_beside(edges)).sites == 1
    assert "old.test" not in edges.read_text()


def test_a_store_without_a_survey_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path, Evidence("x.test", "dns.a", Unanswered("why"), 1.0, "here"))
    with pytest.raises(UsageError, match="No list of names was mapped"):
        write_edges(store, _CATALOG, tmp_path / "web.csv", tmp_path / "nodes.csv")


def test_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path, _begun(1.0))
    with pytest.raises(UsageError, match="neither Parquet nor CSV"):
        write_edges(store, _CATALOG, tmp_path / "web.txt", tmp_path / "nodes.csv")
