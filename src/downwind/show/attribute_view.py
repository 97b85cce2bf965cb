"""Shows what a replay of stored probes found: a timeline for people, one object for programs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from downwind.jobs.backtest.judge import Finding
from downwind.jobs.backtest.timeline import Timeline, Trouble
from downwind.show.screen import plain
from downwind.show.watch_text import sure

_MOST = 6
_COLOURS = {
    "provider": "bold red",
    "suspected": "yellow",
    "unknown": "yellow",
    "vantage": "magenta",
}


def timeline_form(found: Timeline, *, at_end: bool) -> dict[str, Any]:
    """The JSON form; with `at_end` the verdict of the last moment, too."""
    form: dict[str, Any] = {
        "from": moment(found.begins),
        "to": moment(found.ends),
        "probes": found.probes,
        "targets": found.targets,
        "vantages": list(found.vantages),
        "falls": len(found.falls),
        "refusals": found.refusals,
        "looks": found.looks,
        "gaps": [{"from": moment(a), "to": moment(b)} for a, b in found.gaps],
        "troubles": [trouble_form(each) for each in found.troubles],
    }
    if at_end and found.last is not None:
        form["verdict"] = {
            "at": moment(found.last.at),
            "quiet": not found.last.findings,
            "findings": [finding_form(each) for each in found.last.findings],
            "down_before": found.last.chronic,
        }
    return form


def trouble_form(trouble: Trouble) -> dict[str, Any]:
    """One trouble, with its surest finding."""
    return {
        "first": moment(trouble.first),
        "last": moment(trouble.last),
        "surest_at": moment(trouble.surest_at),
        "finding": finding_form(trouble.finding),
        "explained_at_any_time": list(trouble.explains),
        "alike_at_any_time": list(trouble.alike),
        "incident": trouble.incident or None,
    }


def finding_form(finding: Finding) -> dict[str, Any]:
    """One cause."""
    return {
        "verdict": finding.kind,
        "named": finding.named,
        "confidence": round(finding.confidence, 4),
        "explains": list(finding.explains),
        "alike": list(finding.alike),
        "unexplained": list(finding.unexplained),
        "contradicts": list(finding.contradicts),
        "rivals": [{"named": name, "confidence": round(c, 4)} for name, c in finding.rivals],
        "same": list(finding.same),
        "by_chance": finding.tail,
        "owners": list(finding.owners),
    }


def show_timeline(out: Console, found: Timeline, *, at_end: bool) -> None:
    """Print what was found, oldest first."""
    span = f"{moment(found.begins)} to {moment(found.ends)}"
    out.print(Text(f"{found.probes:,} probes of {found.targets:,} targets, {span}", style="bold"))
    if at_end and found.last is not None:
        out.print(f"\nAt {moment(found.last.at)}:")
        for finding in found.last.findings:
            show_finding(out, finding, "  ")
        if not found.last.findings:
            out.print("  nothing has newly fallen.")
        return
    for trouble in found.troubles:
        out.print(f"\n{moment(trouble.first)} to {moment(trouble.last)}")
        whole = replace(trouble.finding, explains=trouble.explains, alike=trouble.alike)
        show_finding(out, whole, "  ")
    if found.gaps:
        longest = max(found.gaps, key=lambda gap: gap[1] - gap[0])
        out.print(
            f"\nBlind {len(found.gaps)} times, for longest from {moment(longest[0])} "
            f"to {moment(longest[1])}: nothing was heard, so nothing is said."
        )
    if not found.troubles:
        out.print("Quiet: nothing newly fell.")


def show_finding(out: Console, finding: Finding, indent: str) -> None:
    """Print one cause with what speaks for and against it."""
    out.print(Text(indent + headline(finding), style=_COLOURS.get(finding.kind, "")))
    lines = (
        ("explains", finding.explains),
        ("fell alike, not known to need it", finding.alike),
        ("unexplained", [t for t in finding.unexplained if t not in finding.alike]),
        ("holds against it", finding.contradicts),
        ("or", [f"{name} {confidence:.0%}" for name, confidence in finding.rivals]),
        ("cannot be told from", finding.same),
    )
    for label, names in lines:
        if names:
            out.print(Text(f"{indent}  {label}: {listed(names)}"))
    if finding.tail is not None:
        owners = listed(finding.owners)
        out.print(Text(f"{indent}  together by chance: {finding.tail:.0e} ({owners})"))


def headline(finding: Finding) -> str:
    """The verdict in one line."""
    named = plain(finding.named)
    much = sure(finding.confidence)
    return {
        "provider": f"{named} is at fault ({much})",
        "suspected": f"{named} is suspected ({much})",
        "vantage": f"the vantage {named} itself ({much})",
        "unknown": "something shared that is not known"
        + (f", all answering {named}" * bool(named)),
        "own": f"by itself: {named} ({much})",
    }.get(finding.kind, named)


def moment(seconds: float) -> str:
    """2025-11-18T11:20:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(names: Sequence[str], most: int = _MOST) -> str:
    """The first few, and how many more."""
    shown = ", ".join(plain(name).removesuffix("/up") for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
