"""Shows which causes take down most: a table for people, a list for programs."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.model import say_duration
from downwind.questions.concentration import Ranked, Ranking
from downwind.questions.pairs import PairRanking
from downwind.show.screen import narrow, plain


def rank_form(ranking: Ranking) -> list[dict[str, Any]]:
    """The JSON form: most weight first."""
    return [
        {
            "cause": row.cause,
            "kind": row.kind,
            "down": row.down,
            "down_weight": _number(row.down_weight),
            "degraded": row.degraded,
            "direct": row.direct,
            "indirect": row.indirect,
        }
        for row in ranking.causes
    ]


def show_rank(out: Console, ranking: Ranking, most: int) -> None:
    """Print the first `most` causes, and what was left out of account."""
    lasting = say_duration(ranking.duration)
    out.print(
        Text(f"Who takes down most, failing alone for {lasting}", style="bold"),
        Text(f"{ranking.sites:,} sites, {len(ranking.causes):,} causes"),
        sep="\n",
    )
    out.print()
    weighted = any(row.down_weight != row.down for row in ranking.causes)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("cause", overflow="fold")
    for title in _titles(out, weighted):
        table.add_column(title, justify="left" if title == "kind" else "right")
    for row in ranking.causes[:most]:
        table.add_row(*_cells(out, row, ranking, weighted))
    out.print(table)
    if len(ranking.causes) > most:
        out.print(f"and {len(ranking.causes) - most:,} more (--top N shows more, --json lists all)")
    _show_notes(out, ranking)


def pairs_form(ranking: PairRanking) -> list[dict[str, Any]]:
    """The JSON form: most extra weight first."""
    return [
        {
            "causes": [pair.a, pair.b],
            "down": pair.down,
            "down_weight": _number(pair.down_weight),
            "down_alone": [pair.down_a, pair.down_b],
            "extra": pair.extra,
            "extra_weight": _number(pair.extra_weight),
        }
        for pair in ranking.pairs
    ]


def show_pairs(out: Console, ranking: PairRanking, most: int) -> None:
    """Print the first `most` pairs, and how far the search went."""
    lasting = say_duration(ranking.duration)
    title = f"Which two take down more than each alone, failing at once for {lasting}"
    out.print(Text(title, style="bold"))
    out.print()
    if not ranking.pairs:
        out.print("None.")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("causes", overflow="fold")
    for heading in ("both", "alone", "extra", *(() if narrow(out) else ("extra weight",))):
        table.add_column(heading, justify="right")
    for pair in ranking.pairs[:most]:
        weight = () if narrow(out) else (f"{pair.extra_weight:,.0f}",)
        alone = f"{pair.down_a:,} and {pair.down_b:,}"
        cells = (f"{pair.down:,}", alone, f"{pair.extra:,}", *weight)
        table.add_row(Text(f"{plain(pair.a)} + {plain(pair.b)}"), *map(Text, cells))
    if ranking.pairs:
        out.print(table)
    out.print()
    out.print("extra: sites that fall with both and with neither alone", style="dim")
    if not ranking.complete:
        out.print(
            f"Paired were the causes that touch most weight; no other pair has an extra weight of "
            f"more than {ranking.bound:,.0f}."
        )


def _titles(out: Console, weighted: bool) -> list[str]:
    if narrow(out):
        return ["down", "of all", "direct"]
    weight = ["weight"] if weighted else []
    return ["kind", "down", "of all", *weight, "degraded", "direct", "indirect", "times"]


def _cells(out: Console, row: Ranked, ranking: Ranking, weighted: bool) -> list[Text]:
    share = row.down_weight / ranking.weight if ranking.weight else 0.0
    of_all = f"{share:.1%}"
    if narrow(out):
        return [Text(plain(row.cause)), *map(Text, (f"{row.down:,}", of_all, f"{row.direct:,}"))]
    weight = [f"{row.down_weight:,.0f}"] if weighted else []
    times = f"{row.amplification:,.1f}" if row.amplification else "-"
    cells = (
        f"{row.down:,}", of_all, *weight, f"{row.degraded:,}", f"{row.direct:,}",
        f"{row.indirect:,}", times,
    )  # fmt: skip
    return [Text(plain(row.cause)), Text(plain(row.kind or "-")), *map(Text, cells)]


def _show_notes(out: Console, ranking: Ranking) -> None:
    out.print()
    out.print(
        "direct: without what providers need of one another; times: down / direct", style="dim"
    )
    if ranking.coarse:
        which = "as `aws/s3?`: some part of aws/s3, not known which (--kind grain)"
        out.print(Text(f"Left out: {ranking.coarse:,} of the kind grain, {which}", style="dim"))
    if ranking.doubtful:
        out.print(
            f"{ranking.doubtful:,} doubtful needs (suspected, or confidence under 0.5) left out"
        )
    if ranking.ungrounded:
        first = ", ".join(plain(name) for name in ranking.ungrounded[:3])
        more = f" and {len(ranking.ungrounded) - 3:,} more" if len(ranking.ungrounded) > 3 else ""
        out.print(
            Text(
                f"A defect of the graph: {first}{more} stand only on each other when nothing is "
                "faulty. They fall only with what else they need."
            )
        )


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value
