"""A report for programs: JSON, and a CSV row for every holder of every layer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from downwind.jobs.report import Report
from downwind.questions.holders import Concentration, Group, Held, Layer, Portion

COLUMNS = (
    "group", "layer", "holder", "sort", "providers", "sites", "share", "sites_in_all",
    "share_in_all", "falls", "falls_share", "falls_in_all", "falls_share_in_all",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_form(report: Report) -> dict[str, Any]:
    """The JSON form."""
    held = report.holdings
    servers = report.servers
    return {
        "title": report.title,
        "source": report.source,
        **_group(held.whole),
        "by": held.by or None,
        "groups": [{"group": group.name, **_group(group)} for group in held.groups],
        "doubtful": held.doubtful,
        "not_followed": held.not_followed,
        "name_servers": servers
        and {
            "records": asdict(servers.records),
            "names": asdict(servers.servers),
            "largest_unknown": [
                {"domain": name, "records": count} for name, count in servers.largest_unknown[:25]
            ],
        },
    }


def report_csv(report: Report) -> str:
    """Every holder of every layer of every group, a row each; the whole list has no group.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for group in (report.holdings.whole, *report.holdings.groups):
        writer.writerows(_rows(group))
    return out.getvalue()


def _rows(group: Group) -> Iterator[list[str | int | float]]:
    for layer in group.layers:
        for held in layer.held:
            portions = (held.uses, held.uses_in_all, held.falls, held.falls_in_all)
            figures = [value for each in portions for value in (each.sites, _rounded(each.share))]
            texts = (group.name, layer.name, held.holder, held.sort, " ".join(held.providers))
            yield [*map(_no_formula, texts), *figures]


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _group(group: Group) -> dict[str, Any]:
    return {
        "sites": group.sites,
        "weight": group.weight,
        "layers": [_layer(layer) for layer in group.layers],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    redundancy = layer.redundancy
    return {
        "layer": layer.name,
        "sites": layer.sites,
        "weight": layer.weight,
        "lone": _portion(layer.lone),
        "lone_in_all": _portion(layer.lone_in_all),
        "private": _portion(layer.private),
        "unknown": _portion(layer.unknown),
        "redundancy": {
            name: _portion(getattr(redundancy, name)) for name in type(redundancy).__slots__
        },
        "concentration": layer.concentration and _concentration(layer.concentration),
        "holders": [_held(each) for each in layer.held],
    }


def _concentration(found: Concentration) -> dict[str, Any]:
    return {
        "holders": found.holders,
        "hhi": _rounded(found.hhi),
        "hhi_at_most": _rounded(found.hhi_at_most),
        "centralization": _rounded(found.score),
        "top": {str(k): _rounded(share) for k, share in found.top},
    }


def _held(held: Held) -> dict[str, Any]:
    return {
        "holder": held.holder,
        "sort": held.sort,
        "providers": list(held.providers),
        "uses": _portion(held.uses),
        "uses_in_all": _portion(held.uses_in_all),
        "falls": _portion(held.falls),
        "falls_in_all": _portion(held.falls_in_all),
    }


def _portion(portion: Portion) -> dict[str, Any]:
    return {"sites": portion.sites, "share": _rounded(portion.share)}


def _rounded(value: float) -> float:
    return round(value, 6)
