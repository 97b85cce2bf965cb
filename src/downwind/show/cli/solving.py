"""The verbs over whole graphs: rank and risk. Heavy imports wait until a verb is called."""

from math import inf
from pathlib import Path
from threading import Thread
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
    parse_day,
    print_json,
    read_catalog,
    read_model,
    seconds,
)

if TYPE_CHECKING:
    from downwind.graph.tables import Table
    from downwind.jobs.map import Records
    from downwind.model import Model
    from downwind.solve.faulttree.budget import Budget


def rank_(
    graph: GraphFile = None,
    nodes: NodeFile = None,
    lasting: Annotated[
        str, typer.Option("--for", help="How long each cause fails: 90s, 30m, 4h, 2d.")
    ] = "4h",
    kind: Annotated[
        str | None, typer.Option(help="Only causes of this kind, such as provider.")
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Pairs that together take down more than each alone.")
    ] = False,
    top: Annotated[int, typer.Option(help="How many to show.", min=1)] = 25,
    collapse: Annotated[
        bool,
        typer.Option("--collapse", help="Collapse sites to signatures first, out of core."),
    ] = False,
    on: Annotated[
        str | None,
        typer.Option(help="Collapse them on a Dask cluster: tcp://HOST:PORT.", metavar="ADDRESS"),
    ] = None,
    store: Store = STORE,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Which causes take down most when each fails alone: sites, their weight, direct and indirect.

    A cause is a node that something needs, a site a node that nothing needs. It reads an edge
    table, or without --graph what `downwind map` has seen, and the model files.
    """
    from downwind.show.rank_view import pairs_form, rank_form, show_pairs, show_rank
    from downwind.show.screen import screen

    # A million sites take a second to read, and the solver takes half of one to load.
    loading = Thread(target=_load_solver)
    loading.start()
    try:
        if collapse or on:
            table = _collapsed(graph, nodes, on)
        else:
            table = load_table(graph, nodes, store, model, catalog, as_of, names=False)
    finally:
        loading.join()
    from downwind.questions.concentration import rank
    from downwind.questions.pairs import rank_pairs

    if pairs:
        together = rank_pairs(table, seconds(lasting), kind)
        if as_json:
            print_json(pairs_form(together))
        else:
            show_pairs(screen(), together, top)
        return
    ranking = rank(table, seconds(lasting), kind)
    if as_json:
        print_json(rank_form(ranking))
    else:
        show_rank(screen(), ranking, top)


def risk_(
    nodes: Annotated[
        list[str] | None,
        typer.Argument(
            help="Nodes, or gates of a fault tree; by default all that nothing needs.",
            metavar="NODE...",
        ),
    ] = None,
    graph: GraphFile = None,
    node_table: NodeFile = None,
    open_psa: Annotated[
        list[Path] | None,
        typer.Option("--open-psa", help="A fault tree in Open-PSA MEF; files may be several."),
    ] = None,
    order: Annotated[
        int, typer.Option(help="List the cut sets of up to so many events.", min=0, max=20)
    ] = 2,
    whole: Annotated[
        bool, typer.Option("--portfolio", help="All sites together: the loss-exceedance curve.")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option(help="Write the fault tree of one node as Open-PSA MEF.", metavar="FILE.xml"),
    ] = None,
    mission_time: Annotated[
        float | None, typer.Option(help="Hours, where the fault tree's rates need them.")
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(
            help="Answer after so long (30s, 5m) with what is known by then; so does Ctrl-C.",
            metavar="TIME",
        ),
    ] = None,
    store: Store = STORE,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """What can take a node down: single points of failure, cut sets, probability, importance.

    Probabilities, rates and durations come from the node table or the fault tree: none is
    invented. A cut set is what takes the node down if it lasts: every grace has passed. With --json
    a list with one object for each node; with --portfolio one object.
    """
    from downwind.show.screen import screen
    from downwind.terms import UsageError

    say_once()
    if open_psa:
        if graph or model or whole or write:
            raise UsageError("--open-psa goes alone.", todo="Leave --graph and the like out.")
        _risk_of_tree(open_psa, nodes or [], order, mission_time, _budget(within), as_json)
        return
    table = load_table(graph, node_table, store, model, catalog, as_of, names=True)
    if write:
        _write_tree(table, nodes or [], write)
    if whole:
        from downwind.questions.portfolio import portfolio
        from downwind.show.risk_view import portfolio_form, show_portfolio

        answer = portfolio(table)
        if as_json:
            print_json(portfolio_form(answer))
        else:
            show_portfolio(screen(), answer)
        return
    from downwind.questions.exposure import exposures
    from downwind.show.risk_view import exposure_form, show_exposures

    budget = _budget(within)
    with budget.interruptible():
        found = exposures(table, nodes or [], order, budget)
    if as_json:
        print_json([exposure_form(each) for each in found])
    else:
        show_exposures(screen(), found)
    _end_if_interrupted(budget, len(found))


def _budget(within: str | None) -> "Budget":
    """Progress goes to stderr, so that an answer can be piped."""
    from downwind.questions.risk import load_searches
    from downwind.solve.faulttree.budget import Budget

    loading = Thread(target=load_searches, daemon=True)

    def tell(spent: float, what: str, nodes: int) -> None:
        if loading.ident is None:  # it may come to them, and they take a second to load
            loading.start()
        typer.echo(f"downwind: {spent:.0f} s, {what}: {nodes:,} nodes so far", err=True)

    return Budget(inf if within is None else seconds(within), tell)


def _end_if_interrupted(budget: "Budget", answered: int) -> None:
    if budget.interrupted:
        typer.echo(f"downwind: interrupted; {answered} answered, the last in part.", err=True)
        raise typer.Exit(130)


def _write_tree(table: "Table", nodes: list[str], file: Path) -> None:
    from downwind.model.openpsa import write
    from downwind.questions.exposure import fault_tree
    from downwind.terms import UsageError

    if len(nodes) != 1:
        raise UsageError("--write takes one node.", todo="Name the node whose tree is written.")
    file.write_text(write(fault_tree(table, nodes[0])), encoding="utf-8")


def _load_solver() -> None:
    say_once()
    from downwind.solve.blast.ready import load_kernels

    load_kernels()


def say_once() -> None:
    """The first run of a version compiles the solver: some seconds that need an explanation."""
    from downwind.solve.jit import IS_NEW

    if IS_NEW:
        typer.echo(
            "downwind: compiling the solver, once for each version: up to a minute.", err=True
        )


def _collapsed(graph: Path | None, nodes: Path | None, on: str | None) -> "Table":
    from downwind.graph.signatures import collapse, collapse_on, connect
    from downwind.terms import UsageError

    if graph is None:
        raise UsageError("--collapse and --on go with --graph.", todo="Name an edge table.")
    if on is None:
        found = collapse(graph, nodes)
    else:
        with connect(on) as client:
            found = collapse_on(client, graph, nodes)
    for line in found.table.told:
        typer.echo(f"downwind: {line}", err=True)
    return found.table


def _risk_of_tree(
    files: list[Path],
    tops: list[str],
    order: int,
    mission_time: float | None,
    budget: "Budget",
    as_json: bool,
) -> None:
    from downwind.model.openpsa import read_open_psa
    from downwind.questions.risk import risk_of_formulas
    from downwind.show.risk_view import risk_form, show_risks
    from downwind.show.screen import screen

    tree = read_open_psa(files, mission_time)
    for line in tree.told:
        typer.echo(f"downwind: {line}", err=True)
    with budget.interruptible():
        found = risk_of_formulas(tree, tops, order, budget)
    if as_json:
        print_json([risk_form(each) for each in found])
    else:
        show_risks(screen(), found)
    _end_if_interrupted(budget, len(found))


def load_table(
    graph: Path | None,
    nodes: Path | None,
    store: Path,
    model: list[Path] | None,
    catalog: list[Path] | None,
    as_of: str | None,
    *,
    names: bool,
) -> "Table":
    """The edge table that is named, else what was mapped and declared; says what was mended."""
    from downwind.graph.tables import read_table, table_of
    from downwind.terms import UsageError

    if graph is not None:
        if model:
            raise UsageError("--graph and --model exclude each other.", todo="Leave one out.")
        table = read_table(graph, nodes, names=names)
        for line in table.told:
            typer.echo(f"downwind: {line}", err=True)
        return table
    if nodes is not None:
        raise UsageError("--nodes goes with --graph.", todo="Name the edge table too.")
    from downwind.graph import build_graph

    day = parse_day(as_of)
    known = read_catalog(catalog, day)
    written = read_model(model)
    return table_of(build_graph(mapped_records(store, written), known, written, as_of=day))


def mapped_records(store: Path, written: "Model") -> "Records":
    """All evidence of the store; raises CannotMeasure where there is neither that nor a model."""
    from downwind.jobs.map import stored
    from downwind.terms import CannotMeasure

    records = stored(store)
    if not records and not written.services and not written.components:
        raise CannotMeasure(
            f"nothing was mapped in {store}.",
            todo=f"Map something first: downwind map NAME --store {store}",
        )
    return records


def of_table(
    table: "Table", causes: list[str], duration: float, *, curve: bool, as_json: bool
) -> bool:
    """Show who falls in the table with these causes; true where somebody does."""
    from downwind.questions.spread import spread
    from downwind.show.screen import screen
    from downwind.show.spread_view import show_spread, spread_form

    say_once()
    answer = spread(table, causes, duration)
    if as_json:
        print_json(spread_form(answer, curve=curve))
    else:
        show_spread(screen(), answer, curve=curve)
    return answer.somebody_falls
