"""The verbs: map, of, compare and replay. Heavy imports wait until a verb is called."""

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from downwind.model import Model

_STORE = Path(".downwind")

Store = Annotated[
    Path, typer.Option("--store", help="The folder in which evidence is kept.", metavar="DIR")
]
ModelFiles = Annotated[
    list[Path] | None,
    typer.Option("--model", help="A model file or a folder of them; may be repeated."),
]
Overlays = Annotated[
    list[Path] | None,
    typer.Option("--catalog", help="A catalogue overlay: a file or a folder; may be repeated."),
]
AsOf = Annotated[
    str | None, typer.Option(help="Only what was declared as known by this day (YYYY-MM-DD).")
]
Unconfined = Annotated[
    bool, typer.Option(help="Map without walling the mapper off from the world's files.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def map_(
    names: Annotated[list[str], typer.Argument(help="Host names or URLs.", metavar="NAME...")],
    store: Store = _STORE,
    catalog: Overlays = None,
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
    as_json: AsJson = False,
) -> None:
    """Map what names stand on: zones, name servers, addresses, certificates, pages, providers.

    Every need comes with the evidence for it; what could not be looked at is told with its reason.
    Ends with 3 where nothing could be measured.
    """
    from downwind.catalog import Catalog
    from downwind.graph import build_graph
    from downwind.jobs.map import map_here, stored
    from downwind.model import Model
    from downwind.show.cli.network import open_network
    from downwind.show.map_view import map_form, show_map
    from downwind.show.screen import progress, screen

    known = Catalog.load(catalog or [])
    opened = open_network(network, allow_private or [])
    with progress("Mapping", as_json) as seen:
        asyncio.run(map_here(names, opened, store, budget=budget, heard=lambda e: seen(e.subject)))
    graph = build_graph(stored(store), known, Model())
    form = map_form(graph, names)
    if as_json:
        _print_json(form)
    else:
        show_map(screen(), graph, names, known, whole=tree)
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
    store: Store = _STORE,
    model: ModelFiles = None,
    catalog: Overlays = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Who falls if these causes fail together, from when until when, and through which chain.

    It reads what `downwind map` has seen, and the model files. Ends with 1 where somebody falls.
    """
    from downwind.catalog import Catalog
    from downwind.graph import build_graph
    from downwind.jobs.map import stored
    from downwind.questions.whatif import what_if
    from downwind.show.of_view import of_form, show_of
    from downwind.show.screen import screen
    from downwind.terms import Scope

    written = _model(model)
    scopes = [scope for cause in causes if (scope := Scope.read(cause)) is not None]
    records = stored(store)
    known = Catalog.load(catalog or [])
    graph = build_graph(records, known, written, as_of=_day(as_of))
    named = [s for s in scopes if _is_known(s, graph, known)]
    graph = build_graph(records, known, written, as_of=_day(as_of), scopes=named)
    answer = what_if(graph, causes, _seconds(lasting))
    if as_json:
        _print_json(of_form(answer))
    else:
        show_of(screen(), answer)
    fallen = [fate.node for fate in (*answer.capabilities, *answer.others) if fate.possibly != "up"]
    if set(fallen) - set(answer.causes):
        raise typer.Exit(1)


def compare_(
    a: Annotated[str, typer.Argument(help="A service, by name or title.", metavar="SERVICE")],
    b: Annotated[str, typer.Argument(help="Another service.", metavar="SERVICE")],
    lasting: Annotated[
        str, typer.Option("--for", help="How long each fault lasts: 90s, 30m, 4h, 2d.")
    ] = "4h",
    store: Store = _STORE,
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
    lasts, day, overlays = _seconds(lasting), _day(as_of), catalog or []
    emulated = None
    if model:
        compared = compare_stored(
            a, b, lasts, model=_model(model), store=store, catalog=overlays, as_of=day
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
        _print_json(compare_form(compared, emulated))
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
        as_of=_day(as_of),
        users=users,
        confine=not unconfined,
        declarations=_model(declarations) if declarations else None,
    )
    wanted = Wanted(
        names=tuple(scenarios or ()),
        every=every,
        longest_gap=_seconds(shorten) if shorten else None,
        lang=lang,
        picture=picture,
        as_json=as_json,
        brief=brief,
    )
    form, agrees, unmeasured = play(wanted, options)
    if as_json:
        _print_json(form)
    refuse_unmeasured(unmeasured)
    if not agrees:
        raise typer.Exit(1)


def _model(files: list[Path] | None) -> "Model":
    from downwind.model import Model, load_model

    return load_model(files) if files else Model()


def _is_known(scope: object, graph: object, catalog: object) -> bool:
    from downwind.catalog import Catalog
    from downwind.graph import Graph
    from downwind.terms import Scope

    assert isinstance(scope, Scope)
    assert isinstance(graph, Graph)
    assert isinstance(catalog, Catalog)
    ids = {node_id.rstrip("?").split("/")[0].split("#")[0] for node_id in graph.nodes}
    return scope.provider in ids or catalog.provider(scope.provider) is not None


def _seconds(text: str) -> float:
    from downwind.model import parse_duration
    from downwind.terms import UsageError

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _day(text: str | None) -> date | None:
    from downwind.terms import UsageError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day.", todo="Write it as 2025-06-11.") from error


def _print_json(form: object) -> None:
    json.dump(form, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write("\n")
