"""A second reader of edge tables, in plain Python, and what a table says by names."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from downwind.graph.tables import Table


class Said(NamedTuple):
    """What a table says: of each node its needs, and which nodes are needed."""

    needs: dict[str, dict[str, tuple[int, str, float, frozenset[str]]]]
    core: frozenset[str]
    doubtful: int


def said(table: Table) -> Said:
    """The table by names."""
    assert table.site_names is not None
    core = list(table.core_names)
    needs = {}
    for names, rows in ((core, table.core), (list(table.site_names), table.sites)):
        assert rows.name is not None
        assert rows.start[0] == rows.alt_start[0] == 0
        assert len(names) == rows.size
        assert rows.start[-1] == len(rows.k) == len(rows.hard) == len(rows.grace)
        assert rows.alt_start[-1] == len(rows.alt)
        for i, node in enumerate(names):
            assert node not in needs
            needs[node] = {
                table.need_names[rows.name[q]]: (
                    int(rows.k[q]),
                    "hard" if rows.hard[q] else "soft",
                    float(rows.grace[q]),
                    frozenset(core[a] for a in rows.alt[rows.alt_start[q] : rows.alt_start[q + 1]]),
                )
                for q in range(rows.start[i], rows.start[i + 1])
            }
            assert len(needs[node]) == rows.start[i + 1] - rows.start[i]
    return Said(needs, frozenset(core), table.doubtful)


def twin(records: Iterable[Mapping[str, str]]) -> Said:
    """What records say, read one by one."""
    needs: dict[str, dict[str, list[Mapping[str, str]]]] = {}
    core: dict[str, None] = {}
    for record in records:
        needs.setdefault(record["node"], {}).setdefault(record["need"], []).append(record)
        core[record["alternative"]] = None
    doubtful = 0
    found: dict[str, dict[str, tuple[int, str, float, frozenset[str]]]] = {
        name: {} for name in core
    }
    for node, by_need in needs.items():
        found.setdefault(node, {})
        for need, rows in by_need.items():
            if all(_is_doubtful(row) for row in rows):
                doubtful += 1
                continue
            found[node][need] = (
                int(rows[0].get("k") or 1),
                rows[0].get("strength") or "hard",
                float(rows[0].get("grace_s") or 0),
                frozenset(row["alternative"] for row in rows),
            )
    return Said(found, frozenset(core), doubtful)


def _is_doubtful(row: Mapping[str, str]) -> bool:
    return row.get("kind") == "suspected" or float(row.get("confidence") or 1) < 0.5


def read_csv(path: Path) -> Said:
    """What a CSV file says."""
    with path.open(newline="", encoding="utf-8") as file:
        return twin(csv.DictReader(file))


def write_csv(path: Path, records: list[dict[str, str]]) -> Path:
    """The records as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path
