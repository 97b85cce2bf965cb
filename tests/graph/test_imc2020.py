"""The edge table of the top 100,000 of 2020 says what its authors' data says."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

import numpy as np
import pytest

from downwind.graph.tables import Table, find_node, read_table
from downwind.graph.tables.types import NeedRows

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "imc2020"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the IMC 2020 tables are not beside the checkout"
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    imc_rows = runpy.run_path(str(ROOT / "benchmarks" / "imc2020.py"))["imc_rows"]
    path = tmp_path_factory.mktemp("imc2020") / "edges.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("node", "need", "alternative"), *imc_rows(DATA)])
    return read_table(path)


def lone(rows: NeedRows, provider: int) -> set[int]:
    """The nodes with a need that only this provider meets."""
    many = np.diff(rows.alt_start)
    needs = np.flatnonzero(many == 1)
    needs = needs[rows.alt[rows.alt_start[needs]] == provider]
    return set((np.searchsorted(rows.start, needs, side="right") - 1).tolist())


def core(table: Table, name: str) -> int:
    found = find_node(table, name)
    assert found is not None
    assert found < table.core.size
    return found


def test_88163_sites_depend_critically_on_a_provider_in_at_least_one_layer(table: Table) -> None:
    critical = np.flatnonzero(np.diff(table.sites.alt_start) == 1)
    sites = np.searchsorted(table.sites.start, critical, side="right")
    assert len(np.unique(sites)) == 88_163


def test_1002_sites_need_dnsmadeeasy_and_21563_digicert_22559_one_of_them(table: Table) -> None:
    dns = lone(table.sites, core(table, "dns:dnsmadeeasy"))
    issuer = lone(table.sites, core(table, "ca:DigiCertInc"))
    assert (len(dns), len(issuer), len(dns | issuer)) == (1_002, 21_563, 22_559)


def test_digicert_rests_on_dnsmadeeasy_by_its_revocation_host(table: Table) -> None:
    host = core(table, "host:digicert.com")
    assert core(table, "ca:DigiCertInc") in lone(table.core, host)
    on_dns = lone(table.core, core(table, "dns:dnsmadeeasy"))
    assert {table.core_names[node] for node in on_dns} >= {"host:digicert.com"}
    issuers = {user for node in on_dns for user in lone(table.core, node)}
    assert {table.core_names[node] for node in issuers} == {"ca:DigiCertInc"}


def test_no_lone_provider_takes_down_a_site_that_has_an_alternative(table: Table) -> None:
    assert (table.sites.k == 1).all()
    assert table.sites.hard.all()
    stapled = np.diff(table.sites.alt_start) > 1
    assert int(stapled.sum()) == 18_858 + 71 + 1_668 + 3 + 4_271


def test_nothing_is_doubtful_or_merged(table: Table) -> None:
    assert table.doubtful == 0
    assert table.told == ()
