"""Shows a backtest: each outage, and above all false blame."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.jobs.backtest.intervals import poisson, wilson
from downwind.jobs.backtest.load import Imported
from downwind.jobs.backtest.run import Backtest
from downwind.jobs.backtest.score import Outcome, Report
from downwind.show.attribute_view import moment, show_finding, trouble_form
from downwind.show.screen import plain

ATTRIBUTION = "Data: Upptime <https://github.com/upptime/upptime> and its repositories, ODbL 1.0."


def import_form(done: Imported) -> dict[str, Any]:
    """The JSON form."""
    return {
        "rows": done.rows,
        "sites": done.sites,
        "repositories": done.repositories,
        "model": str(done.model),
        "bad_rows": [str(bad) for bad in done.bad],
    }


def show_import(out: Console, done: Imported) -> None:
    """Print what was brought in, and what could not be read."""
    out.print(f"{done.rows:,} rows of {done.sites:,} sites, {done.repositories:,} repositories")
    out.print(Text(f"what is known of them: {done.model}"))
    for bad in done.bad[:20]:
        out.print(Text(plain(f"  left out: {bad}")))
    if len(done.bad) > 20:
        out.print(f"  and {len(done.bad) - 20:,} more")


def report_form(found: Backtest) -> dict[str, Any]:
    """The JSON form."""
    report = found.report
    return {
        "rows": report.rows,
        "bad_rows": [str(bad) for bad in found.bad],
        "sites": report.sites,
        "repositories": report.repositories,
        "site_days": round(report.site_days, 1),
        "days": report.days,
        "looks": report.looks,
        "outages": [_outcome_form(each) for each in report.outcomes],
        "unwatched": list(report.unwatched),
        "false_alarms": [trouble_form(each) for each in report.false],
        "rates": _rates(report),
        "vantage": [trouble_form(each) for each in report.vantage],
        "own": report.own,
        "refusals": report.refusals,
        "edge_falls": report.edge_falls,
        "edge_blamed": report.edge_blamed,
        "licence": ATTRIBUTION,
    }


def _rates(report: Report) -> dict[str, Any]:
    """Each rate with its bounds of 95 %."""
    named = sum(o.named is not None for o in report.outcomes)
    noticed = sum(o.noticed is not None for o in report.outcomes)
    many, false = len(report.outcomes), len(report.false)
    return {
        "precision": _share(report.right, report.named),
        "recall_named": _share(named, many),
        "recall_noticed": _share(noticed, many),
        "false_alarms": {"count": false, "bounds": _rounded(poisson(false))},
        "false_alarms_on_quiet_days": {
            "count": report.false_on_quiet_days,
            "days": report.quiet_days,
            "bounds": _rounded(poisson(report.false_on_quiet_days)),
        },
    }


def _share(hits: int, tries: int) -> dict[str, Any]:
    return {"hits": hits, "of": tries, "bounds": _rounded(wilson(hits, tries))}


def _rounded(bounds: tuple[float, float]) -> list[float]:
    return [round(bound, 3) for bound in bounds]


def _outcome_form(each: Outcome) -> dict[str, Any]:
    return {
        "outage": each.outage.id,
        "official_start": moment(each.outage.starts.timestamp()),
        "providers": list(each.outage.providers),
        "repositories": each.repositories,
        "sites": each.sites,
        "known_dependants": each.dependants,
        "known_dependants_fell": each.dependants_fell,
        "fell": each.fell,
        "owners_fell": each.owners_fell,
        "owners_alike": each.alike,
        "answers": dict(sorted(each.answers.items())),
        "noticed_after_minutes": _minutes(each.noticed),
        "named_after_minutes": _minutes(each.named),
        "troubles": [{"judged": each.verdict(t), **trouble_form(t)} for t in each.troubles],
    }


def _minutes(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes, 1)


def show_report(out: Console, found: Backtest) -> None:
    """Print the outages, then what was blamed wrongly."""
    report = found.report
    out.print(
        Text(
            f"{report.rows:,} rows of {report.sites:,} sites of {report.repositories:,} "
            f"repositories, {report.site_days:,.0f} site-days on {report.days:,} days",
            style="bold",
        )
    )
    for bad in found.bad[:5]:
        out.print(Text(plain(f"left out: {bad}")))
    out.print()
    out.print(_table(report))
    for each in report.outcomes:
        for trouble in each.troubles:
            out.print(Text(f"\n{each.outage.id}, {moment(trouble.first)}: {each.verdict(trouble)}"))
            show_finding(out, trouble.finding, "  ")
    _show_false(out, report)
    out.print(Text(f"\n{ATTRIBUTION}", style="dim"))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("outage", overflow="fold")
    for title in ("sites", "known to need it", "fell", "owners", "alike", "noticed", "named"):
        table.add_column(title, justify="right")
    for each in report.outcomes:
        table.add_row(
            Text(each.outage.id),
            str(each.sites),
            f"{each.dependants} ({each.dependants_fell} fell)",
            str(each.fell),
            str(each.owners_fell),
            str(each.alike),
            _after(each.noticed),
            _after(each.named),
        )
    return table


def _after(minutes: float | None) -> str:
    return "no" if minutes is None else f"{minutes:+.0f} min"


def _show_false(out: Console, report: Report) -> None:
    rates = _rates(report)
    out.print(Text("\nFalse blame", style="bold"))
    low, high = rates["false_alarms"]["bounds"]
    out.print(
        f"{len(report.false)} false alarms in {report.site_days:,.0f} site-days "
        f"(95 %: {low:g} to {high:g}), {report.false_on_quiet_days} of them on "
        f"{report.quiet_days} quiet days of repositories; {report.looks:,} looks."
    )
    for trouble in report.false:
        out.print(moment(trouble.first))
        show_finding(out, trouble.finding, "  ")
    out.print(_say("precision of what was named", rates["precision"]))
    out.print(_say("outages named", rates["recall_named"]))
    out.print(_say("outages noticed", rates["recall_noticed"]))
    out.print(
        f"{report.refusals:,} refusals, none a fall; {report.edge_falls} falls with an edge's word "
        f"on the origin, {report.edge_blamed} laid at a provider's door; {report.own:,} troubles "
        f"put down to a site or its owner, {len(report.vantage)} to a vantage."
    )


def _say(what: str, share: Mapping[str, Any]) -> str:
    low, high = share["bounds"]
    return f"{what}: {share['hits']} of {share['of']} (95 %: {low:.0%} to {high:.0%})"
