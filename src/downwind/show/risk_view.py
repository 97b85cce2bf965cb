"""Shows what can take nodes down: tables for people, objects for programs."""

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.questions.exposure import Exposure
from downwind.questions.portfolio import Portfolio
from downwind.questions.risk import Risk, Worth
from downwind.show.screen import narrow, plain

_MOST = 10


def risk_form(risk: Risk) -> dict[str, Any]:
    """The JSON form of one top. `probability` is null where it is not exact, or not known."""
    chance = risk.chance
    return {
        "top": risk.top,
        "minimal_cut_sets": risk.minimal_cut_sets,
        "by_order": {str(order): many for order, many in enumerate(risk.by_order) if many},
        "counted_to_order": None if risk.complete else len(risk.by_order) - 1,
        "probability": chance.lower if chance and chance.exact else None,
        "lower": chance.lower if chance else None,
        "upper": chance.upper if chance else None,
        "exact": bool(chance and chance.exact),
        "unknown": risk.unknown or None,
        "coherent": risk.repaired_by is None,
        "events": risk.events,
        "single_points": list(risk.single_points),
        "cut_sets": [list(cut) for cut in risk.cut_sets],
        "listed_to_order": risk.order,
        "importance": [_worth_form(worth) for worth in risk.importance],
    }


def exposure_form(exposure: Exposure) -> dict[str, Any]:
    """The JSON form of one node of a graph."""
    hours = exposure.hours_down
    return risk_form(exposure.risk) | {
        "hours_down_a_year": _number(hours) if hours is not None else None,
        "hours_unknown": exposure.unknown or None,
    }


def portfolio_form(portfolio: Portfolio) -> dict[str, Any]:
    """The JSON form of all sites together; losses are weight x hours."""
    return {
        "sites": portfolio.sites,
        "weight": portfolio.weight,
        "causes": portfolio.causes,
        "causes_without_rate": portfolio.left_out,
        "loss_a_year": portfolio.a_year,
        "exact": portfolio.exact,
        "loss_exceedance": [
            {"years": point.years, "probability_a_year": point.probability, "loss": point.loss}
            for point in portfolio.exceedance
        ],
        "losses": [
            {"cause": loss.cause, "loss_a_year": loss.weight_hours} for loss in portfolio.losses
        ],
    }


def show_risks(out: Console, risks: Sequence[Risk]) -> None:
    """Print one block for each top."""
    for place, risk in enumerate(risks):
        if place:
            out.print()
        _show_risk(out, risk)


def show_exposures(out: Console, exposures: Sequence[Exposure]) -> None:
    """The same for nodes of a graph, with the hours."""
    for place, exposure in enumerate(exposures):
        if place:
            out.print()
        if not exposure.judged:
            out.print(
                Text(f"What takes {plain(exposure.risk.top)} down", style="bold"),
                Text(f"  cannot be judged: {exposure.unknown}"),
                sep="\n",
            )
            continue
        _show_risk(out, exposure.risk)
        if exposure.hours_down is None:
            out.print(Text(f"  hours down a year: not known, {exposure.unknown}", style="dim"))
        else:
            out.print(f"  hours down a year by lone faults: {exposure.hours_down:,.3g}")


def show_portfolio(out: Console, portfolio: Portfolio) -> None:
    """Print the expected loss, the exceedance curve, and the causes that cost most."""
    out.print(
        Text(f"{portfolio.sites:,} sites, weight {portfolio.weight:,.0f}", style="bold"),
        f"{portfolio.causes:,} causes have a rate and durations; "
        f"{portfolio.left_out:,} others have none, and what they cost is not known.",
        f"Expected loss a year, one fault at a time: {portfolio.a_year:,.4g} weight-hours",
        sep="\n",
    )
    if not portfolio.exact:
        out.print("Falls were put a little early, so that the losses are upper bounds.")
    out.print()
    out.print(Text("A single fault that costs at least so much", style="bold"))
    most = max((point.loss for point in portfolio.exceedance), default=0.0)
    width = max(8, min(40, out.width - 42))
    for point in portfolio.exceedance:
        bar = "█" * round(width * point.loss / most) if most else ""
        out.print(Text(f"  once in {point.years:>5,.0f} years  {point.loss:>16,.4g}  {bar}"))
    out.print()
    out.print(Text("Who costs most a year", style="bold"))
    for loss in portfolio.losses[:_MOST]:
        share = loss.weight_hours / portfolio.a_year if portfolio.a_year else 0.0
        out.print(Text(f"  {plain(loss.cause):<36} {loss.weight_hours:>14,.4g}  {share:6.1%}"))


def _show_risk(out: Console, risk: Risk) -> None:
    out.print(Text(f"What takes {plain(risk.top)} down", style="bold"))
    out.print(Text(f"  {_probability(risk)}"))
    out.print(Text(f"  {_counts(risk)}"))
    if risk.repaired_by is not None:
        out.print(
            Text(
                f"  Not coherent: {plain(risk.repaired_by)} can repair it by failing. The cut sets "
                "are what takes it down when nothing else fails."
            )
        )
    points = risk.single_points
    if points:
        names = ", ".join(plain(name) for name in points[:_MOST])
        more = f" and {len(points) - _MOST:,} more" if len(points) > _MOST else ""
        out.print(Text(f"  single points of failure ({len(points):,}): {names}{more}"))
    else:
        out.print("  no single point of failure")
    several = [cut for cut in risk.cut_sets if len(cut) > 1]
    for cut in several[:_MOST]:
        out.print(Text(f"    {' + '.join(plain(name) for name in cut)}"))
    if len(several) > _MOST:
        out.print(f"    and {len(several) - _MOST:,} more of up to {risk.order} events (--json)")
    if risk.importance:
        _show_importance(out, risk.importance)


def _probability(risk: Risk) -> str:
    if risk.chance is None:
        return f"probability: not known, {risk.unknown}"
    if risk.chance.exact:
        return f"probability: {risk.chance.lower:.6g}, exact"
    return f"probability: from {risk.chance.lower:.6g} to {risk.chance.upper:.6g} ({risk.unknown})"


def _counts(risk: Risk) -> str:
    counts = ", ".join(f"{many:,} of {order}" for order, many in enumerate(risk.by_order) if many)
    if risk.minimal_cut_sets is not None:
        found = f"{risk.minimal_cut_sets:,} minimal cut sets of {risk.events:,} events"
        return f"{found}: {counts}" if counts else found
    known = len(risk.by_order) - 1
    return f"minimal cut sets of {risk.events:,} events, up to {known} at a time: {counts or 0}"


def _show_importance(out: Console, worths: Sequence[Worth]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2))
    titles = ["event", "p", "criticality", "Birnbaum", "Fussell-Vesely", "RAW", "RRW"]
    kept = titles[:3] if narrow(out) else titles
    for title in kept:
        table.add_column(title, justify="left" if title == "event" else "right", overflow="fold")
    for worth in worths[:_MOST]:
        cells = [plain(worth.event), f"{worth.p:.3g}", f"{worth.criticality:.3f}"]
        cells += [f"{worth.birnbaum:.3g}", f"{worth.fussell_vesely:.3f}"]
        cells += [_worth(worth.achievement), _worth(worth.reduction)]
        table.add_row(*map(Text, cells[: len(kept)]))
    out.print(table)
    if len(worths) > _MOST:
        out.print(f"  and {len(worths) - _MOST:,} more events (--json lists all)")


def _worth(value: float) -> str:
    return "infinite" if math.isinf(value) else f"{value:,.3g}"


def _worth_form(worth: Worth) -> dict[str, Any]:
    return {
        "event": worth.event,
        "p": worth.p,
        "birnbaum": worth.birnbaum,
        "criticality": worth.criticality,
        "fussell_vesely": worth.fussell_vesely,
        "risk_achievement_worth": _number(worth.achievement),
        "risk_reduction_worth": _number(worth.reduction),
    }


def _number(value: float) -> float | str:
    """JSON has no infinity."""
    return "infinite" if math.isinf(value) else value
