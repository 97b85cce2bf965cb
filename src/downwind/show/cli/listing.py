"""What `map --list` asks for, and how it maps a list of names and shows how far it is."""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from downwind.show.cli.options import print_json, read_catalog

if TYPE_CHECKING:
    from downwind.observe import Endpoint, Network
    from downwind.survey.limits.pace import Limits

Listed = Annotated[
    str | None,
    typer.Option(
        "--list",
        help="Map the names of a file instead, one a line or in a column; - is standard input.",
        metavar="FILE",
    ),
]
ResolverAt = Annotated[
    str | None,
    typer.Option(
        "--resolver",
        help="With --list: ask this resolver, not the system's.",
        metavar="ADDR[:PORT]",
    ),
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", help="With --list: queries a second at most.", min=1.0),
]
Also = Annotated[
    str | None,
    typer.Option(
        "--with",
        help="With --list: besides what names need of DNS, tls (a handshake), http (and the front "
        "page) or caa, with commas between.",
        metavar="WHAT",
    ),
]
Edges = Annotated[
    Path | None,
    typer.Option(
        "--edges", help="With --list: write who stands on whom as an edge table.", metavar="FILE"
    ),
]
Afresh = Annotated[
    bool, typer.Option("--afresh", help="With --list: do not go on with a run that was cut off.")
]
OWN_RESOLVER_RATE = 5_000.0
"""Queries a second to a resolver on this machine; another one gets the default of Limits."""
_KINDS = ("tls", "http", "caa")


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for."""

    file: str
    names: Sequence[str]
    store: Path
    catalog: list[Path]
    asdb: Path | None
    network: Path | None
    allow_private: Sequence[str]
    contact: str
    resolver: str | None
    rate: float | None
    also: str | None
    edges: Path | None
    afresh: bool
    as_json: bool


def map_list_of(order: Order) -> None:
    """Carry it out; ends with 3 where no name could be looked at."""
    from downwind.jobs.survey import map_list
    from downwind.show.cli.network import open_network
    from downwind.show.listing_view import list_form, listing_progress, show_list
    from downwind.show.screen import screen
    from downwind.survey.names_file import NamesFile
    from downwind.terms import UsageError

    if order.names:
        raise UsageError(
            f"--list takes its names from the file, and {order.names[0]!a:.60} is given as well.",
            todo="Leave one of the two out.",
        )
    also = _also(order.also)
    write_edges = _edges_writer(order, order.edges) if order.edges else None
    network = open_network(order.network, order.allow_private, order.contact)
    if order.resolver:
        network = replace(network, resolvers=(read_endpoint(order.resolver),))
    names = NamesFile(order.file)
    with listing_progress(names.count(), quiet=order.as_json) as heard:
        mapping = map_list(
            names,
            network,
            order.store,
            limits=_limits(network, order.rate),
            looked_at=also,
            afresh=order.afresh,
            heard=heard,
        )
        try:
            surveyed = asyncio.run(mapping)
        except KeyboardInterrupt:
            typer.echo("downwind: interrupted; the same command goes on from here.", err=True)
            raise typer.Exit(130) from None
    if not surveyed.before + surveyed.progress.tally.done:
        raise UsageError(
            f"the list names nobody ({surveyed.read.broken:,} broken rows).",
            where=order.file,
            todo="Write a name a line.",
        )
    if order.as_json:
        print_json(list_form(surveyed, order.store))
    else:
        show_list(screen(), surveyed, order.store)
    if write_edges is not None:
        write_edges()
    tally = surveyed.progress.tally
    if tally.done and not tally.seen and not tally.absent:
        raise typer.Exit(3)


def refuse_without_list(
    *, resolver: str | None, rate: float | None, also: str | None, edges: Path | None, afresh: bool
) -> None:
    """Raises UsageError where an option is given that says nothing without --list."""
    from downwind.terms import UsageError

    given = {
        "--resolver": resolver,
        "--rate": rate,
        "--with": also,
        "--edges": edges,
        "--afresh": afresh,
    }
    for option, value in given.items():
        if value not in (None, False):
            raise UsageError(f"{option} goes with --list.", todo="Leave it out, or give a list.")


def _edges_writer(order: Order, edges: Path) -> Callable[[], None]:
    """What writes the tables in the end; whatever is wrong with the order is told before."""
    from downwind.survey.edges import check_format, nodes_beside, write_edges
    from downwind.terms import UsageError

    check_format(edges)
    if not edges.absolute().parent.is_dir():
        raise UsageError("there is no such folder.", where=str(edges.parent), todo="Make it first.")
    catalog = read_catalog(order.catalog, asdb=order.asdb, real=order.network is None)
    nodes = nodes_beside(edges)

    def write() -> None:
        written = write_edges(order.store, catalog, edges, nodes)
        told = f"{edges}: {written.edges:,} needs of {written.sites:,} names"
        typer.echo(f"{told}; {nodes} says what they are.", err=True)

    return write


def read_endpoint(text: str) -> "Endpoint":
    """A resolver as 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53; raises UsageError."""
    from downwind.observe import Endpoint
    from downwind.terms import UsageError

    address, port = text, "53"
    if text.startswith("[") and "]" in text:
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        found = Endpoint(str(ipaddress.ip_address(address)), int(port))
        if not 0 < found.port < 65536:
            raise ValueError
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no resolver.", todo="Write 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53."
        ) from error
    return found


def _limits(network: "Network", rate: float | None) -> "Limits":
    from downwind.survey.limits.pace import Limits

    own = all(ipaddress.ip_address(each.ip).is_loopback for each in network.resolvers)
    if rate is None and not own:
        return Limits()
    return Limits(queries=rate or OWN_RESOLVER_RATE)


def _also(text: str | None) -> tuple[str, ...]:
    from downwind.terms import UsageError

    kinds = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    strange = [kind for kind in kinds if kind not in _KINDS]
    if strange:
        raise UsageError(f"--with knows {', '.join(_KINDS)}, not {strange[0]!a:.40}.")
    # A page comes over a connection whose handshake was seen.
    return tuple(kind for kind in _KINDS if kind in kinds or (kind == "tls" and "http" in kinds))
