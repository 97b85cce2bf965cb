"""Who held the web of 2020, through `rank`: the figures of its authors' data."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

import pytest

from downwind.graph.tables import read_table
from downwind.questions.concentration import Ranked, rank

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "imc2020"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the IMC 2020 tables are not beside the checkout"
)


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ranked]:
    imc_rows = runpy.run_path(str(ROOT / "benchmarks" / "imc2020.py"))["imc_rows"]
    path = tmp_path_factory.mktemp("imc2020") / "edges.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("node", "need", "alternative"), *imc_rows(DATA)])
    return {row.cause: row for row in rank(read_table(path, names=False), 4 * 3600.0).causes}


def test_dnsmadeeasy_takes_down_22_times_as_many_as_need_it_directly(
    ranked: dict[str, Ranked],
) -> None:
    """Whoever needs DigiCert needs its revocation hosts, and these need DNSMadeEasy."""
    row = ranked["dns:dnsmadeeasy"]
    assert (row.direct, row.down, row.indirect) == (1_002, 22_559, 21_557)


def test_whoever_needs_digicert_falls_with_it(ranked: dict[str, Ranked]) -> None:
    assert ranked["ca:DigiCertInc"].down == ranked["host:digicert.com"].down == 21_563
