"""The verb over whole lists of sites: report. Heavy imports wait until it is called."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from downwind.show.cli.options import (
    STORE,
    AsJson,
    AsOf,
    GraphFile,
    ModelFiles,
    NodeFile,
    Overlays,
    Store,
    print_json,
)

if TYPE_CHECKING:
    from downwind.jobs.report import Report, Wanted


def report_(
    graph: GraphFile = None,
    nodes: NodeFile = None,
    name_servers: Annotated[
        Path | None,
        typer.Option(
            "--ns",
            help="Name servers of domains: lines of domain, tab, servers; or a zone file.",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(help="Also by this column of --nodes; `rank` goes by top 100, 1,000...")
    ] = "",
    title: Annotated[str, typer.Option(help="What the report is called.")] = "",
    source: Annotated[str, typer.Option(help="Where the list comes from, in words.")] = "",
    top: Annotated[int, typer.Option(help="How many holders of a layer to show.", min=1)] = 10,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write every holder of every layer as CSV.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report as one page.")
    ] = None,
    store: Store = STORE,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Who holds the web of a list: for each layer each holder's share, and who falls with it alone.

    A holder is an owner with all of its products; the catalogue says who owns what, and a node
    table's column `owner` may say otherwise. A site falls when a holder alone fails and stays so.
    It reads an edge table, name servers (--ns), or else what `downwind map` has seen.
    """
    from downwind.jobs.report import Wanted
    from downwind.show.cli.solving import say_once

    wanted = Wanted(nodes, by, title, source)
    say_once()
    report = _report(graph, name_servers, catalog, wanted, store, model, as_of)
    for line in report.told:
        typer.echo(f"downwind: {line}", err=True)
    if csv:
        from downwind.show.report_form import report_csv

        _write(csv, report_csv(report))
    if html:
        from downwind.show.report_page import report_page

        _write(html, report_page(report))
    if as_json:
        from downwind.show.report_form import report_form

        print_json(report_form(report))
        return
    from downwind.show.report_view import show_report
    from downwind.show.screen import screen

    show_report(screen(), report, top)


def _write(file: Path, text: str) -> None:
    from downwind.terms import UsageError

    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        what = f"it cannot be written: {error.strerror}."
        raise UsageError(
            what, where=str(file), todo="Name a file in a folder that is there."
        ) from error


def _report(
    graph: Path | None,
    name_servers: Path | None,
    overlays: list[Path] | None,
    wanted: "Wanted",
    store: Path,
    model: list[Path] | None,
    as_of: str | None,
) -> "Report":
    from downwind.catalog import Catalog
    from downwind.graph import build_graph
    from downwind.graph.tables import table_of
    from downwind.jobs.map import stored
    from downwind.jobs.report import report_of_edges, report_of_name_servers, report_of_table
    from downwind.show.cli.options import parse_day, read_model
    from downwind.terms import UsageError

    if graph and name_servers:
        raise UsageError("--graph and --ns exclude each other.", todo="Leave one out.")
    if (graph or name_servers) and model:
        raise UsageError("--model goes with what was mapped.", todo="Leave it out.")
    catalog = Catalog.load(overlays or [])
    if name_servers:
        return report_of_name_servers(name_servers, catalog, wanted)
    if graph:
        return report_of_edges(graph, catalog, wanted)
    seen = build_graph(stored(store), catalog, read_model(model), as_of=parse_day(as_of))
    return report_of_table(table_of(seen), catalog, wanted)
