"""The verbs: map, of, compare and replay. Heavy imports wait until a verb is called."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from downwind.show.cli.inside import (
    THIS_NETWORK,
    Consumer,
    Deeper,
    From,
    Internal,
    LogFormat,
    Wanted,
    map_inside,
    sources_of,
)
from downwind.show.cli.listing import (
    Afresh,
    Also,
    Edges,
    Listed,
    Order,
    Rate,
    ResolverAt,
    map_list_of,
    refuse_without_list,
)
from downwind.show.cli.options import (
    STORE,
    AsDatabaseFile,
    AsJson,
    AsOf,
    Contact,
    GraphFile,
    ModelFiles,
    NodeFile,
    Overlays,
    Store,
    Unconfined,
    parse_day,
    print_json,
    read_catalog,
    read_model,
    seconds,
)
from downwind.show.cli.refusals import refuse_names, refuse_node, refuse_with, refuse_without_from
from downwind.show.cli.solving import load_table, mapped_records, of_table

if TYPE_CHECKING:
    from downwind.terms import Evidence

_OF_ONE_MAP = ("--tree", "--rdap", "--browser")
_OF_FROM = ("--for", "--format", "--internal", "--deeper")


def map_(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="Host names or URLs.", metavar="NAME...")
    ] = None,
    store: Store = STORE,
    catalog: Overlays = None,
    asdb: AsDatabaseFile = None,
    network: Annotated[
        Path | None,
        typer.Option(help="The handout of an emulated internet, in place of the real one."),
    ] = None,
    allow_private: Annotated[
        list[str] | None,
        typer.Option(help="A private prefix that may be measured, such as 10.0.0.0/8."),
    ] = None,
    tree: Annotated[bool, typer.Option("--tree", help="Show every need down to the root.")] = False,
    budget: Annotated[float, typer.Option(help="Seconds that the map may take.")] = 60.0,
    contact: Contact = "",
    rdap: Annotated[
        bool,
        typer.Option("--rdap", help="Ask the registries, too: registrar, and until when."),
    ] = False,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser", help="Load the pages in Chromium, with and without each third party."
        ),
    ] = False,
    inside: From = None,
    consumer: Consumer = THIS_NETWORK,
    log_format: LogFormat = None,
    internal: Internal = None,
    deeper: Deeper = False,
    listed: Listed = None,
    resolver: ResolverAt = None,
    rate: Rate = None,
    also: Also = None,
    edges: Edges = None,
    afresh: Afresh = False,
    as_json: AsJson = False,
) -> None:
    """Map what names stand on: zones, name servers, addresses, certificates, pages, providers.

    Every need comes with the evidence for it; what could not be looked at is told with its reason.
    With --from it reads files from inside instead, and says what the outside view had missed.
    With --list it maps many names: their DNS records, shared work once, and a cut-off run goes on.
    Ends with 3 where nothing could be measured.
    """
    if listed is not None and inside is not None:
        raise typer.BadParameter("--list and --from exclude each other.")
    if listed is not None:
        refuse_with("--list", context, *_OF_ONE_MAP, "--budget", *_OF_FROM)
        map_list_of(
            Order(
                file=listed,
                names=names or [],
                store=store,
                catalog=catalog or [],
                asdb=asdb,
                network=network,
                allow_private=allow_private or [],
                contact=contact,
                resolver=resolver,
                rate=rate,
                also=also,
                edges=edges,
                afresh=afresh,
                as_json=as_json,
            )
        )
        return
    refuse_without_list(resolver=resolver, rate=rate, also=also, edges=edges, afresh=afresh)
    if not names:
        raise typer.BadParameter("name what to map, or a file of names with --list.")
    if inside is not None:
        refuse_with("--from", context, *_OF_ONE_MAP)
        refuse_node(consumer)
        map_inside(
            Wanted(
                kind=inside,
                files=names,
                node=consumer,
                form=log_format,
                internal=internal or [],
                deeper=deeper,
                store=store,
                catalog=catalog or [],
                asdb=asdb,
                network=network,
                allow_private=allow_private or [],
                contact=contact,
                budget=budget,
                as_json=as_json,
            )
        )
        return
    refuse_without_from(context, *_OF_FROM)
    refuse_names(names)
    from downwind.graph import build_graph
    from downwind.jobs.browse import map_with_browser
    from downwind.jobs.map import map_here, stored
    from downwind.model import Model
    from downwind.show.cli.network import open_network
    from downwind.show.map_view import map_form, show_map
    from downwind.show.screen import progress, screen

    known = read_catalog(catalog, asdb=asdb, real=network is None)
    opened = open_network(network, allow_private or [], contact)
    looked_at: set[str] = set()
    with progress("Mapping", as_json) as seen:

        def heard(record: "Evidence") -> None:
            looked_at.add(record.subject)
            seen(record.subject)

        mapped = map_with_browser if browser else map_here
        asyncio.run(mapped(names, opened, store, budget=budget, heard=heard, rdap=rdap))
    records = stored(store)
    looked_at |= sources_of(records, names)
    graph = build_graph(records, known, Model())
    form = map_form(graph, names, looked_at)
    if as_json:
        print_json(form)
    else:
        show_map(screen(), graph, names, known, whole=tree, looked_at=looked_at)
    if not any(mapped["stands_on"] for mapped in form["names"]):
        raise typer.Exit(3)


def of(
    causes: Annotated[
        list[str],
        typer.Argument(
            help="Scopes such as aws/dynamodb/us-east-1, host names or capabilities.",
            metavar="CAUSE...",
        ),
    ],
    lasting: Annotated[
        str, typer.Option("--for", help="How long the causes fail: 90s, 30m, 4h, 2d.")
    ] = "4h",
    store: Store = STORE,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    graph: GraphFile = None,
    nodes: NodeFile = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="How many are down, against how long it lasts.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Who falls if these causes fail together, from when until when, and through which chain.

    It reads an edge table, or without --graph what `downwind map` has seen, and the model files.
    Ends with 1 where somebody falls.
    """
    if graph is not None or nodes is not None:
        table = load_table(graph, nodes, store, model, catalog, as_of, names=True)
        if of_table(table, causes, seconds(lasting), curve=curve, as_json=as_json):
            raise typer.Exit(1)
        return
    from downwind.graph import build_graph
    from downwind.questions.whatif import what_if
    from downwind.show.curve_view import show_curve
    from downwind.show.of_view import of_form, show_of
    from downwind.show.screen import screen
    from downwind.terms import Scope

    written = read_model(model)
    scopes = [scope for cause in causes if (scope := Scope.read(cause)) is not None]
    records = mapped_records(store, written)
    day = parse_day(as_of)
    known = read_catalog(catalog, day)
    mapped = build_graph(records, known, written, as_of=day)
    named = [s for s in scopes if _is_known(s, mapped, known)]
    mapped = build_graph(records, known, written, as_of=day, scopes=named)
    answer = what_if(mapped, causes, seconds(lasting))
    if as_json:
        print_json(of_form(answer, curve=curve))
    else:
        show_of(screen(), answer)
        if curve:
            show_curve(screen(), answer.curve(), "Capabilities")
    fallen = [fate.node for fate in (*answer.capabilities, *answer.others) if fate.possibly != "up"]
    if set(fallen) - set(answer.causes):
        raise typer.Exit(1)


def compare_(
    a: Annotated[str, typer.Argument(help="A service, by name or title.", metavar="SERVICE")],
    b: Annotated[str, typer.Argument(help="Another service.", metavar="SERVICE")],
    lasting: Annotated[
        str, typer.Option("--for", help="How long each fault lasts: 90s, 30m, 4h, 2d.")
    ] = "4h",
    store: Store = STORE,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    world: Annotated[
        str | None,
        typer.Option(
            help="Without a model: the emulated internet to compare in; founding by default.",
            metavar="NAME|FILE",
        ),
    ] = None,
    unconfined: Unconfined = False,
    as_json: AsJson = False,
) -> None:
    """What two services stand on, what they share, and which lone fault takes which of them down.

    With --model it reads what `downwind map` has seen. Without it starts an emulated internet, maps
    that through its sockets, and says that it is an EMULATION.
    """
    from downwind.jobs.compare import compare_emulated, compare_stored, find_world
    from downwind.show.compare_view import compare_form, show_compare
    from downwind.show.screen import screen
    from downwind.terms import UsageError

    if model and world:
        raise UsageError("--model and --world exclude each other.", todo="Leave one out.")
    lasts, day, overlays = seconds(lasting), parse_day(as_of), catalog or []
    emulated = None
    if model:
        compared = compare_stored(
            a, b, lasts, model=read_model(model), store=store, catalog=overlays, as_of=day
        )
    else:
        emulated = asyncio.run(
            compare_emulated(
                a,
                b,
                lasts,
                world_file=find_world(world or "founding"),
                catalog=overlays,
                as_of=day,
                confine=not unconfined,
            )
        )
        compared = emulated.compared
    if as_json:
        print_json(compare_form(compared, emulated))
    else:
        show_compare(screen(), compared, emulated)


def replay_(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            help="Scenarios by name, or scenario files; those of one world share it.",
            metavar="SCENARIO|FILE...",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All scenarios that come along, oldest first.")
    ] = False,
    as_of: AsOf = None,
    shuffle: Annotated[
        int | None,
        typer.Option(help="Deal anew who stands on whom, and whom the fault hits.", metavar="SEED"),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Scenario seconds in a second; else the scenario's own.", min=1, max=2000
        ),
    ] = None,
    shorten: Annotated[
        str | None,
        typer.Option(help="No two moments of the timeline lie further apart than this, as in 12m."),
    ] = None,
    users: Annotated[int, typer.Option(help="Emulated users.", min=0, max=20000)] = 2000,
    lang: Annotated[str, typer.Option(help="The language of the story: en or fr.")] = "en",
    declarations: Annotated[
        list[Path] | None,
        typer.Option(help="Model files in place of what the world's owners declare."),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="Keep what the terminal shows as a picture, too.", metavar="FILE.svg"),
    ] = None,
    unconfined: Unconfined = False,
    brief: Annotated[
        bool, typer.Option("--brief", help="The story, the table and the cause; not the rest.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Replay outages on an emulated internet: map, predict, break, watch, name the cause.

    Ends with 0 where prediction and observation agree, and with 1 where they differ. With --json
    one object, or a list of them for several scenarios.
    """
    from downwind.jobs.replay import Options
    from downwind.show.cli.replaying import Wanted, play, refuse_unmeasured

    options = Options(
        speed=speed,
        seed=shuffle,
        as_of=parse_day(as_of),
        users=users,
        confine=not unconfined,
        declarations=read_model(declarations) if declarations else None,
    )
    wanted = Wanted(
        names=tuple(scenarios or ()),
        every=every,
        longest_gap=seconds(shorten) if shorten else None,
        lang=lang,
        picture=picture,
        as_json=as_json,
        brief=brief,
    )
    form, agrees, unmeasured = play(wanted, options)
    if as_json:
        print_json(form)
    refuse_unmeasured(unmeasured)
    if not agrees:
        raise typer.Exit(1)


def _is_known(scope: object, graph: object, catalog: object) -> bool:
    from downwind.catalog import Catalog
    from downwind.graph import Graph
    from downwind.terms import Scope

    assert isinstance(scope, Scope)
    assert isinstance(graph, Graph)
    assert isinstance(catalog, Catalog)
    ids = {node_id.rstrip("?").split("/")[0].split("#")[0] for node_id in graph.nodes}
    return scope.provider in ids or catalog.provider(scope.provider) is not None
