"""The verb over stored probes: attribute. Heavy imports wait until it is called."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from downwind.show.cli.options import (
    AsJson,
    ModelFiles,
    Overlays,
    print_json,
    read_catalog,
    read_model,
)

if TYPE_CHECKING:
    from downwind.catalog import Catalog


def attribute_(
    replay: Annotated[
        Path | None,
        typer.Option(help="Replay the probes that are stored in this folder.", metavar="DIR"),
    ] = None,
    backtest: Annotated[
        Path | None,
        typer.Option(
            help="Replay an Upptime history, and hold it against real outages.", metavar="DATA"
        ),
    ] = None,
    imported: Annotated[
        Path | None,
        typer.Option("--import", help="Only bring an Upptime history in.", metavar="DATA"),
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="The new folder that --import writes.", metavar="DIR")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="The verdict of this moment, as in 2025-11-18T12:00Z.", metavar="TIME"),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(help="Only what was found between two moments.", metavar="TIME..TIME"),
    ] = None,
    outages: Annotated[
        Path | None,
        typer.Option(help="Outages for --backtest, in place of those that come along."),
    ] = None,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_json: AsJson = False,
) -> None:
    """Who was at fault, by probes that are stored: what a watcher would have said, and when.

    At each moment only what had been probed by then counts. --replay ends with 0 where all was
    quiet, with 1 where something fell, and with 3 where too few probes are stored.
    """
    from downwind.terms import UsageError

    if sum(each is not None for each in (replay, backtest, imported)) != 1:
        raise UsageError("name one of --replay, --backtest and --import.")
    if replay is None and (at or window or model):
        raise UsageError("--at, --window and --model go with --replay.")
    if (into is None) != (imported is None) or (outages is not None and backtest is None):
        raise UsageError("--into goes with --import, and --outages with --backtest.")
    if at and window:
        raise UsageError("--at and --window exclude each other.", todo="Leave one out.")
    known = read_catalog(catalog)
    if imported is not None and into is not None:
        _import(imported, into, known, as_json)
    elif backtest is not None:
        _backtest(backtest, outages, known, as_json)
    elif replay is not None:
        _replay(replay, model, at, window, known, as_json)


def _import(data: Path, into: Path, known: "Catalog", as_json: bool) -> None:
    from downwind.jobs.backtest.load import import_history, read_history
    from downwind.show.backtest_view import import_form, show_import
    from downwind.show.screen import screen

    done = import_history(read_history(data), known, into)
    if as_json:
        print_json(import_form(done))
    else:
        show_import(screen(), done)


def _backtest(data: Path, outages: Path | None, known: "Catalog", as_json: bool) -> None:
    from downwind.jobs.backtest.outages import read_outages
    from downwind.jobs.backtest.run import backtest
    from downwind.show.backtest_view import report_form, show_report
    from downwind.show.screen import screen

    found = backtest(data, known, read_outages(outages))
    if as_json:
        print_json(report_form(found))
    else:
        show_report(screen(), found)


def _replay(
    store: Path,
    model: list[Path] | None,
    at: str | None,
    window: str | None,
    known: "Catalog",
    as_json: bool,
) -> None:
    from downwind.jobs.backtest.run import replay_store
    from downwind.show.attribute_view import show_timeline, timeline_form
    from downwind.show.screen import screen

    start, until = _span(at, window)
    written = read_model(model) if model else None
    found = replay_store(store, known, written, start=start, until=until)
    if as_json:
        print_json(timeline_form(found, at_end=at is not None))
    else:
        show_timeline(screen(), found, at_end=at is not None)
    now = found.last.findings if at and found.last else found.troubles
    if now:
        raise typer.Exit(1)


def _span(at: str | None, window: str | None) -> tuple[float, float]:
    from downwind.terms import UsageError

    if at:
        return _moment(at), _moment(at)
    if not window:
        return float("-inf"), float("inf")
    first, dots, last = window.partition("..")
    if not dots:
        raise UsageError(f"{window!r} is no window.", todo="Write two moments: A..B")
    start, until = _moment(first), _moment(last)
    if until <= start:
        raise UsageError(f"the window {window!r} ends before it starts.")
    return start, until


def _moment(text: str) -> float:
    """Seconds since 1970; a time without a zone is UTC."""
    from downwind.terms import UsageError

    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text!r} is no time.", todo="Write it as 2025-11-18T11:20Z.") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
