"""Write a synthetic internet as an edge table and a node table, for benchmarks of any size.

    .venv/bin/python benchmarks/internet.py SITES FOLDER [--seed N]

FOLDER gets edges.parquet and nodes.parquet, the same bytes for the same seed. A million sites have
50,000 components and 5,000 providers. A site has 3 to 6 needs, with 1, 2 or 3 alternatives in
shares of .6, .3 and .1, drawn by Zipf popularity: three in four are met by components, the others
by providers. Components have one or two needs and providers two to four, met by providers, in
circles too: at a million sites a site falls with 88 providers on average (seed 1, no time limit).
One need in twenty is soft; graces come from a handful of values.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

SITES_AT_A_TIME = 150_000  # some million rows: a row group
ALTERNATIVE_SHARES = (0.6, 0.3, 0.1)
PROVIDER_NEED_SHARES = (0.0, 0.0, 0.4, 0.4, 0.2)  # two to four needs
SOFT_SHARE = 0.05
TWO_OF_THREE_SHARE = 0.1  # of the needs with three alternatives
GRACES = np.array([0.0, 300.0, 3600.0, 86400.0, 604800.0])
GRACE_SHARES = (0.5, 0.2, 0.15, 0.1, 0.05)
NEED_NAMES = pa.array(["dns", "edge", "certificate", "origin", "login", "payment"])

Ints = NDArray[np.int64]

EDGES = pa.schema(
    [
        ("node", pa.string()),
        ("need", pa.string()),
        ("alternative", pa.string()),
        ("k", pa.int32()),
        ("strength", pa.string()),
        ("grace_s", pa.float64()),
    ]
)
NODES = pa.schema([("node", pa.string()), ("kind", pa.string()), ("weight", pa.float64())])


@dataclass(frozen=True)
class Popular:
    """Draws from the nodes `first` up to `first + many`, the r-th with a share of 1 / r."""

    first: int
    many: int

    def draw(self, rng: np.random.Generator, many: int) -> Ints:
        shares = np.cumsum(1.0 / np.arange(1, self.many + 1))
        drawn = np.searchsorted(shares, rng.random(many) * shares[-1])
        found: Ints = np.minimum(drawn, self.many - 1) + self.first
        return found


@dataclass(frozen=True)
class Internet:
    """Nodes are numbered: providers, components, sites."""

    sites: int

    @property
    def providers(self) -> Popular:
        return Popular(0, max(1, min(5_000, self.sites // 200)))

    @property
    def components(self) -> Popular:
        return Popular(self.providers.many, max(1, min(50_000, self.sites // 20)))

    @property
    def first_site(self) -> int:
        return self.providers.many + self.components.many

    def core_names(self) -> pa.Array:
        providers = [f"provider-{i:04d}" for i in range(self.providers.many)]
        return pa.array(providers + [f"host-{i:05d}.test" for i in range(self.components.many)])


def edge_batches(net: Internet, rng: np.random.Generator) -> Iterator[pa.RecordBatch]:
    """The edge table in pieces: the core first, then the sites."""
    names = net.core_names()
    for many, first, shares in (
        (net.providers.many, 0, PROVIDER_NEED_SHARES),
        (net.components.many, net.components.first, (0.0, 0.5, 0.5)),
    ):
        owners = np.arange(many)
        needs = rng.choice(len(shares), many, p=shares)
        yield _rows(net, rng, names.slice(first, many), owners, needs, only_providers=True)
    for first in range(0, net.sites, SITES_AT_A_TIME):
        last = min(first + SITES_AT_A_TIME, net.sites)
        needs = rng.integers(3, 7, last - first)
        sites = _site_names(first, last)
        yield _rows(net, rng, sites, np.arange(last - first), needs, only_providers=False)


def _rows(
    net: Internet,
    rng: np.random.Generator,
    nodes: pa.Array,
    owners: Ints,
    needs: Ints,
    *,
    only_providers: bool,
) -> pa.RecordBatch:
    """So many needs for each of the nodes, alternative by alternative."""
    owner = np.repeat(owners, needs)
    name = np.arange(len(owner)) - np.repeat(np.cumsum(needs) - needs, needs)
    alternatives = rng.choice([1, 2, 3], len(owner), p=ALTERNATIVE_SHARES)
    two = (alternatives == 3) & (rng.random(len(owner)) < TWO_OF_THREE_SHARE)
    soft = rng.random(len(owner)) < SOFT_SHARE
    grace = rng.choice(GRACES, len(owner), p=GRACE_SHARES)
    row = np.repeat(np.arange(len(owner)), alternatives)
    by_provider = rng.random(len(owner)) < (1.0 if only_providers else 0.25)
    met = np.where(
        by_provider[row],
        net.providers.draw(rng, len(row)),
        net.components.draw(rng, len(row)),
    )
    strengths = pa.DictionaryArray.from_arrays(
        pa.array(soft[row].astype(np.int8)), pa.array(["hard", "soft"])
    )
    columns = [
        nodes.take(pa.array(owner[row])),
        NEED_NAMES.take(pa.array(name[row])),
        net.core_names().take(pa.array(met)),
        pa.array(np.where(two, 2, 1)[row].astype(np.int32)),
        strengths.cast(pa.string()),
        pa.array(grace[row]),
    ]
    return _without_repeats(pa.RecordBatch.from_arrays(columns, schema=EDGES), row, met)


def _without_repeats(batch: pa.RecordBatch, row: Ints, met: Ints) -> pa.RecordBatch:
    """Needs that drew an alternative twice keep their first alternative only, with k = 1."""
    many = int(met.max(initial=0)) + 1
    order = np.argsort(row * many + met, kind="stable")
    pairs = (row * many + met)[order]
    again = np.zeros(int(row.max(initial=0)) + 1, dtype=np.bool_)
    again[row[order[1:]][pairs[1:] == pairs[:-1]]] = True
    first = np.concatenate([[True], row[1:] != row[:-1]])[: len(row)]
    k = np.where(again[row], 1, batch["k"].to_numpy())
    at = EDGES.get_field_index("k")
    batch = batch.set_column(at, EDGES.field(at), pa.array(k.astype(np.int32)))
    return batch.filter(pa.array(~again[row] | first))


def node_batches(net: Internet, rng: np.random.Generator) -> Iterator[pa.RecordBatch]:
    """The node table in pieces; a site's weight is its visitors, by Zipf as well."""
    kinds = ["provider"] * net.providers.many + ["component"] * net.components.many
    ones = pa.array(np.ones(net.first_site))
    yield pa.RecordBatch.from_arrays([net.core_names(), pa.array(kinds), ones], schema=NODES)
    for first in range(0, net.sites, SITES_AT_A_TIME):
        last = min(first + SITES_AT_A_TIME, net.sites)
        kind = pa.array(["site"]).take(pa.array(np.zeros(last - first, dtype=np.int8)))
        weight = pa.array(np.ceil(1e6 / rng.integers(1, net.sites + 1, last - first)))
        yield pa.RecordBatch.from_arrays([_site_names(first, last), kind, weight], schema=NODES)


def _site_names(first: int, last: int) -> pa.Array:
    return pa.array([f"site-{i:08d}.test" for i in range(first, last)])


def write(sites: int, folder: Path, seed: int = 1) -> int:
    """Write both tables and return how many rows the edge table has."""
    net, rng = Internet(sites), np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    with pq.ParquetWriter(folder / "edges.parquet", EDGES) as edges:
        for batch in edge_batches(net, rng):
            edges.write_batch(batch)
            rows += batch.num_rows
    with pq.ParquetWriter(folder / "nodes.parquet", NODES) as nodes:
        for batch in node_batches(net, rng):
            nodes.write_batch(batch)
    return rows


def main() -> None:
    """Write the tables that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sites", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rows = write(asked.sites, asked.folder, asked.seed)
    print(f"{asked.sites:,} sites, {rows:,} rows in {asked.folder}")


if __name__ == "__main__":
    main()
