"""The verbs of the catalogue: explain, suggest, alternatives and schema; and update."""

from pathlib import Path
from typing import Annotated

import typer

from downwind.show.cli.options import (
    STORE,
    AsDatabaseFile,
    AsJson,
    AsOf,
    GraphFile,
    Overlays,
    Store,
    parse_day,
    print_json,
    read_catalog,
)

catalog_app = typer.Typer(
    help="Who is who: providers, how they are recognised, what their errors say.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@catalog_app.command("explain", short_help="Whose artefact this is, and who serves it.")
def explain_(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="ns, cname, mx, spf, script_host, api_host, ip, asn, header, cookie, cert_issuer"
            " or error_page."
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Argument(help="The artefact; an error page as JSON: status, headers, body."),
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option(
            "--list",
            help="A file of many: kind and value, a tab between them; .gz is read too.",
            metavar="FILE.tsv",
        ),
    ] = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    asdb: AsDatabaseFile = None,
    as_json: AsJson = False,
) -> None:
    """Say of one artefact who offers it, who serves it, its role and region, and how sure that is.

    Of an error page it also says which side failed: edge, origin, customer or unknown. What is
    not known is null. With --json one object, or a list of them for --list.
    """
    from downwind.catalog.explain import explain
    from downwind.catalog.listing import explain_all, read_list
    from downwind.show.catalog_view import show_explained, show_explained_list
    from downwind.show.screen import screen
    from downwind.terms import UsageError

    if (listed is None) is (kind is None or value is None) or (listed and kind):
        raise UsageError("Name a kind and a value, or --list FILE.tsv.")
    known = read_catalog(catalog, parse_day(as_of), asdb=asdb)
    if listed is not None:
        found = explain_all(known, read_list(listed))
        if as_json:
            print_json([each.to_json() for each in found])
        else:
            show_explained_list(screen(), found)
        return
    answer = explain(known, kind or "", value or "")
    if as_json:
        print_json(answer.to_json())
    else:
        show_explained(screen(), answer, known)


@catalog_app.command("suggest", short_help="What was not recognised, the heaviest first.")
def suggest_(
    store: Store = STORE,
    graph: GraphFile = None,
    listed: Annotated[
        Path | None,
        typer.Option("--list", help="A file of kind and value.", metavar="FILE.tsv"),
    ] = None,
    top: Annotated[int, typer.Option(help="How many to show.", min=1)] = 20,
    stubs: Annotated[
        bool, typer.Option("--stubs", help="With a catalogue file to fill in for each.")
    ] = False,
    catalog: Overlays = None,
    as_json: AsJson = False,
) -> None:
    """Rank what nobody in the catalogue shows by how many names stand on it.

    It reads what `downwind map` has seen, or an edge table, or a list of artefacts.
    """
    from downwind.catalog.listing import read_list
    from downwind.catalog.unrecognised import suggest, uses_of_rows
    from downwind.graph.tables import read_table
    from downwind.jobs.map import stored
    from downwind.jobs.suggest import uses_of_records, uses_of_table
    from downwind.show.catalog_view import show_suggestions
    from downwind.show.screen import screen
    from downwind.terms import CannotMeasure, UsageError

    if graph is not None and listed is not None:
        raise UsageError("--graph and --list exclude each other.", todo="Leave one out.")
    if listed is not None:
        uses = uses_of_rows(read_list(listed))
    elif graph is not None:
        uses = list(uses_of_table(read_table(graph, None, names=True)))
        if not uses:
            raise CannotMeasure("none of its nodes is of a kind to recognise.", where=str(graph))
    else:
        uses = list(uses_of_records(stored(store)))
        if not uses:
            raise CannotMeasure(
                f"nothing was mapped in {store}.",
                todo=f"Map something first: downwind map NAME --store {store}",
            )
    found = suggest(read_catalog(catalog), uses)
    if as_json:
        print_json([each.to_json() for each in found[:top]])
    else:
        show_suggestions(screen(), found, top, stubs=stubs)


@catalog_app.command("alternatives", short_help="Who else offers a role.")
def alternatives_(
    role: Annotated[str | None, typer.Argument(help="A role, such as edge or dns.")] = None,
    catalog: Overlays = None,
    as_json: AsJson = False,
) -> None:
    """List who offers a role, one line for each owner: two of one owner are not separate.

    Without a role it lists the roles.
    """
    from downwind.catalog import ROLES
    from downwind.catalog.alternatives import alternatives
    from downwind.show.catalog_view import show_alternatives, show_roles
    from downwind.show.screen import screen

    known = read_catalog(catalog)
    if role is None:
        counts = {each: len(alternatives(known, each)) for each in ROLES}
        if as_json:
            print_json([{"role": r, "means": ROLES[r], "offers": n} for r, n in counts.items()])
        else:
            show_roles(screen(), counts)
        return
    found = alternatives(known, role)
    if as_json:
        print_json([each.to_json() for each in found])
    else:
        show_alternatives(screen(), role, found)


@catalog_app.command("schema", short_help="The JSON Schema of a catalogue file.")
def schema_() -> None:
    """Print the JSON Schema of one provider in a catalogue file."""
    from downwind.catalog import json_schema

    print_json(json_schema())


def update_(
    only: Annotated[
        list[str] | None,
        typer.Argument(
            help="Which lists, such as aws; all where none is named.", metavar="LIST..."
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="A folder that holds the lists, or the URL of a mirror; else each provider.",
            metavar="DIR|URL",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: say which lists are in use.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            help="A list whose change of size is meant, such as aws; may be repeated.",
            metavar="LIST",
        ),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(help="The handout of an emulated internet, in place of the real one."),
    ] = None,
    allow_private: Annotated[
        list[str] | None,
        typer.Option(help="A private prefix in which the mirror may be, such as 10.0.0.0/8."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the prefix lists that providers publish, with their regions, and check each.

    A list that loses half of its rows, claims private addresses or far too many, or is not in its
    form is refused, and the old one kept. Ends with 1 where one was refused, with 3 where one could
    not be fetched.
    """
    import asyncio

    from downwind.catalog.published import SOURCES, lists_folder
    from downwind.jobs.update import lists_in_use, update_lists
    from downwind.show.catalog_view import show_outcomes
    from downwind.show.cli.network import open_network
    from downwind.show.screen import progress, screen
    from downwind.terms import UsageError

    folder = lists_folder()
    wrong = {*(only or ()), *(accept or ())} - {source.id for source in SOURCES}
    if wrong:
        known = ", ".join(source.id for source in SOURCES)
        raise UsageError(f"{min(wrong)[:40]!r} is no list.", todo=f"The lists are {known}.")
    if origin is not None and "://" not in origin and not Path(origin).is_dir():
        raise UsageError("there is no such folder.", where=origin, todo="Mend --from.")
    if offline:
        found = [each for each in lists_in_use(folder) if not only or each.list in only]
    else:
        if folder is None:
            raise UsageError("You have no home folder.", todo="Set XDG_DATA_HOME to a folder.")
        opened = open_network(network, allow_private or [])
        try:
            with progress("Fetching", as_json) as seen:
                found = asyncio.run(
                    update_lists(
                        opened,
                        folder,
                        origin=origin,
                        only=only or (),
                        accept=accept or (),
                        heard=seen,
                    )
                )
        except OSError as error:
            raise UsageError(
                f"it cannot be written: {error.strerror}.", where=str(folder)
            ) from error
    if as_json:
        print_json([each.to_json() for each in found])
    else:
        show_outcomes(screen(), found)
    states = {each.state for each in found}
    if "refused" in states:
        raise typer.Exit(1)
    if "unreachable" in states or states == {"absent"}:
        raise typer.Exit(3)
