"""Shows who holds a list of sites, for people at a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.jobs.report import Report
from downwind.questions.holders import Concentration, Group, Held, Layer
from downwind.show.lines import print_lines
from downwind.show.screen import narrow, plain
from downwind.show.shares import (
    FATES,
    centralized,
    counted,
    holder_count,
    largest_told,
    percent,
    small_decimal,
)

_BAR = 24


def show_report(out: Console, report: Report, most: int) -> None:
    """Print every layer: its first `most` holders, how concentrated it is, what has redundancy."""
    whole = report.holdings.whole
    print_lines(out, plain(report.title), "bold")
    if report.source:
        print_lines(out, plain(report.source), "dim")
    print_lines(out, f"{counted(whole.sites, 'site')}{_weighed(whole)}")
    for layer in whole.layers:
        _show_layer(out, layer, most)
    if report.holdings.groups:
        _show_groups(out, report)
    _show_notes(out, report)


def _weighed(group: Group) -> str:
    return "" if group.weight == group.sites else f", of weight {group.weight:,.0f}; shares weighed"


def _show_layer(out: Console, layer: Layer, most: int) -> None:
    out.print()
    head = Text(plain(layer.name), style="bold")
    print_lines(out, head + Text(f"  {counted(layer.sites, 'site')}", style="not bold"))
    indirect = any(held.uses_in_all.sites > held.uses.sites for held in layer.held)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("holder", overflow="fold", no_wrap=False)
    for title in _titles(out, indirect):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    for held in layer.held[:most]:
        table.add_row(*_cells(out, held, layer, indirect))
    out.print(table)
    if len(layer.held) > most:
        print_lines(out, f"and {len(layer.held) - most:,} more (--top N, --csv, --json)", "dim")
    _show_figures(out, layer)
    _show_redundancy(out, layer)


def _titles(out: Console, indirect: bool) -> list[str]:
    if narrow(out):
        return ["lean,\nshare", "fall,\nshare"]
    if indirect:
        return [
            "lean\ndirectly", "lean\nin all", "lean,\nshare",
            "fall\ndirectly", "fall\nin all", "fall,\nshare", "",
        ]  # fmt: skip
    return ["lean", "lean,\nshare", "fall", "fall,\nshare", ""]


def _cells(out: Console, held: Held, layer: Layer, indirect: bool) -> list[Text]:
    name = Text(plain(held.holder))
    if held.sort == "unknown":
        name.append(" ?", "yellow")
    uses, falls = held.uses_in_all, held.falls_in_all
    if narrow(out):
        return [name, Text(percent(uses.share)), Text(percent(falls.share))]
    told: tuple[str, ...]
    if indirect:
        told = (f"{held.uses.sites:,}", f"{uses.sites:,}", percent(uses.share))
        told += (f"{held.falls.sites:,}", f"{falls.sites:,}", percent(falls.share))
    else:
        told = (f"{uses.sites:,}", percent(uses.share), f"{falls.sites:,}", percent(falls.share))
    return [name, *map(Text, told), _bar(uses.share, falls.share)]


def _bar(uses: float, falls: float) -> Text:
    """A bar of the share, its part that falls filled."""
    whole = max(round(uses * _BAR), 1 if uses else 0)
    filled = min(whole, max(round(falls * _BAR), 1 if falls else 0))
    return Text("█" * filled, "red") + Text("░" * (whole - filled), "dim")


def _show_figures(out: Console, layer: Layer) -> None:
    found = layer.concentration
    if found is None:
        return
    top = ", ".join(f"{k} {percent(share)}" for k, share in found.top if k <= found.holders)
    print_lines(out, f"the largest hold together: {top}  ({holder_count(layer)})")
    print_lines(out, f"HHI {small_decimal(found.hhi)}{_at_most(found)}, {centralized(found)}")
    if layer.unknown.sites:
        share = percent(layer.unknown.share)
        with_them = f"{counted(layer.unknown.sites, 'site')} ({share}) with somebody"
        print_lines(out, f"{with_them} whom the catalogue does not know")


def _at_most(found: Concentration) -> str:
    if small_decimal(found.hhi_at_most) == small_decimal(found.hhi):
        return ""
    return f" (at most {small_decimal(found.hhi_at_most)}, if the largest were all unknown ones)"


def _show_redundancy(out: Console, layer: Layer) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    for name, words in FATES:
        portion = getattr(layer.redundancy, name)
        if portion.sites or name == "separate":
            cells = (f"{portion.sites:,}", percent(portion.share), words)
            table.add_row(*(Text(cell, "bold" if name == "separate" else "") for cell in cells))
    out.print(table)


def _show_groups(out: Console, report: Report) -> None:
    out.print()
    print_lines(out, Text(f"by {plain(report.holdings.by)}", style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(plain(report.holdings.by), overflow="fold")
    wide = ["sites", "lone", "separate", "HHI", "largest holder"]
    for title in ["layer", *(["lone", "largest"] if narrow(out) else wide)]:
        table.add_column(title, justify="left" if title in ("layer", "largest holder") else "right")
    for group in report.holdings.groups:
        if not group.layers:
            table.add_row(Text(plain(group.name)), Text("none", "dim"))
        for place, layer in enumerate(group.layers):
            table.add_row(*_group_cells(out, group if not place else None, layer))
    out.print(table)
    print_lines(out, "lone: falls with one holder alone, directly or not", "dim")
    print_lines(out, "largest: on whom most lean directly", "dim")


def _group_cells(out: Console, group: Group | None, layer: Layer) -> list[Text]:
    largest = layer.largest()
    name = Text(plain(group.name) if group else "")
    lone = percent(layer.lone_in_all.share)
    if narrow(out):
        share = percent(largest[0].uses.share) if largest else "-"
        return [name, Text(plain(layer.name)), Text(lone), Text(share)]
    found = layer.concentration
    cells = (
        plain(layer.name), f"{layer.sites:,}", lone, percent(layer.redundancy.separate.share),
        small_decimal(found.hhi) if found else "-", largest_told(largest),
    )  # fmt: skip
    return [name, *map(Text, cells)]


def _show_notes(out: Console, report: Report) -> None:
    out.print()
    servers = report.servers
    if servers:
        records = servers.records
        glue = f", {records.by_glue:,} by their glue" if records.by_glue else ""
        print_lines(
            out,
            f"Of {records.all:,} NS records {records.by_name:,} were recognized by name{glue}; "
            f"{records.private:,} are the domain's own, {records.unknown:,} unknown.",
        )
    print_lines(out, "lean: on this holder; in all: through others too", "dim")
    print_lines(out, "fall: with this holder alone, however long they could go on", "dim")
    if not narrow(out):
        bars = Text("█", "red") + Text(" fall, ", "dim") + Text("░ lean and do not fall", "dim")
        print_lines(out, bars + Text("; shares in all, a full bar is every site", "dim"))
    if any(layer.unknown.sites for layer in report.holdings.whole.layers):
        told = "?: not in the catalogue; unknown servers of one registrable domain are one holder"
        print_lines(out, told, "dim")
    if report.holdings.not_followed:
        print_lines(out, "What parent zones and registries need is left out.", "dim")
    if report.holdings.doubtful:
        print_lines(out, f"{report.holdings.doubtful:,} doubtful needs left out")
