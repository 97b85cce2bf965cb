"""Shows how far a list of names is mapped, and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from downwind.jobs.survey import Surveyed
from downwind.show.lines import print_lines
from downwind.show.screen import plain
from downwind.survey.run import Progress

_REASONS_SHOWN = 8
_LONGEST_REASON = 160
_PIPE_EVERY = 10.0
"""Seconds between two lines where standard error is no terminal."""


@contextmanager
def listing_progress(
    total: int | None, *, quiet: bool
) -> Iterator[Callable[[Progress, int], None]]:
    """A line on standard error that says how far it is, how fast, and how long it will take."""
    began = time.monotonic()
    out = Console(stderr=True, markup=False, highlight=False)
    if quiet:
        yield lambda _, __: None
        return
    if out.is_terminal:
        with out.status("Mapping...") as status:
            yield lambda told, before: status.update(
                progress_line(told, before, total, time.monotonic() - began)
            )
        return
    said = began

    def heard(told: Progress, before: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _PIPE_EVERY:
            said = now
            print(progress_line(told, before, total, now - began), file=sys.stderr, flush=True)

    yield heard


def progress_line(told: Progress, before: int, total: int | None, seconds: float) -> str:
    """Names done, rate, queries and time left in one line."""
    done = told.tally.done
    rate = done / seconds if seconds else 0.0
    of = f" of {total:,}" if total else ""
    line = f"{before + done:,}{of} names, {rate:,.0f} a second, {told.counts.queries:,} queries"
    if total and rate and total > before + done:
        line += f", {duration((total - before - done) / rate)} left"
    return line


def duration(seconds: float) -> str:
    """A time to wait: 45 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def list_form(surveyed: Surveyed, store: Path) -> dict[str, Any]:
    """The same as JSON."""
    tally, counts, read = surveyed.progress.tally, surveyed.progress.counts, surveyed.read
    return {
        "names": surveyed.before + tally.done,
        "done_before": surveyed.before,
        "seen": tally.seen,
        "absent": tally.absent,
        "unknown": tally.unknown,
        "incomplete": tally.incomplete,
        "reasons": [{"reason": r, "names": n} for r, n in tally.reasons.most_common()],
        "queries": counts.queries,
        "timeouts": counts.timeouts,
        "over_tcp": counts.over_tcp,
        "rows": {
            "good": read.rows,
            "repeats": read.repeats,
            "broken": read.broken,
            "told": list(read.told),
        },
        "store": str(store),
    }


def show_list(out: Console, surveyed: Surveyed, store: Path) -> None:
    """What came of the names, why something is unknown, and where all of it is."""
    tally, counts, read = surveyed.progress.tally, surveyed.progress.counts, surveyed.read
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column()
    table.add_row(f"{surveyed.before + tally.done:,}", "names")
    if surveyed.before:
        table.add_row(f"{surveyed.before:,}", "of them done by the run that was cut off")
    table.add_row(f"{tally.seen:,}", "have an address")
    table.add_row(f"{tally.absent:,}", "have none: there is no such name, or no such record")
    table.add_row(f"{tally.unknown:,}", "unknown: nobody could say")
    if tally.incomplete:
        table.add_row(
            f"{tally.incomplete:,}", "of those with an answer have another record unknown"
        )
    table.add_row(f"{counts.queries:,}", _queries(surveyed))
    out.print(table)
    if read.broken or read.repeats:
        out.print()
        print_lines(
            out, f"Rows of the list that are broken: {read.broken:,}, repeated: {read.repeats:,}"
        )
        for line in read.told:
            print_lines(out, line, head="  ")
    if tally.reasons:
        out.print()
        out.print("Why something is unknown, and for how many names:")
        for reason, names in tally.reasons.most_common(_REASONS_SHOWN):
            print_lines(out, plain(reason)[:_LONGEST_REASON], head=f"  {names:>9,}  ")
    out.print()
    print_lines(out, f"The evidence is in {store}; `downwind report` reads it.")


def _queries(surveyed: Surveyed) -> str:
    counts, done = surveyed.progress.counts, surveyed.progress.tally.done
    each = f", {counts.queries / done:.1f} a name" if done else ""
    late = f"; {counts.timeouts:,} timed out" if counts.timeouts else ""
    return f"queries{each}{late}"
