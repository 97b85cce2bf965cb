"""What `map --from` asks for, and how it reads, maps deeper and shows."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from downwind.show.cli.options import print_json, read_catalog

if TYPE_CHECKING:
    from downwind.jobs.map import Records
    from downwind.observe import Network
    from downwind.questions.missed import Missed

From = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="Read from inside instead: dnslog, otel, terraform or backstage; NAMEs are files.",
        metavar="KIND",
    ),
]
Consumer = Annotated[
    str,
    typer.Option(
        "--for",
        help="With --from: whose needs these are: a host, a capability, any name.",
        metavar="NODE",
    ),
]
LogFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="With --from dnslog: unbound, bind, dnsmasq, coredns or route53; else found out.",
        metavar="FORMAT",
    ),
]
Internal = Annotated[
    list[str] | None,
    typer.Option(
        help="With --from dnslog: a suffix of internal names, such as corp.example.",
        metavar="SUFFIX",
    ),
]
Deeper = Annotated[
    bool,
    typer.Option("--deeper", help="With --from: map the vendors' hosts too, over the network."),
]
THIS_NETWORK = "this network"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    kind: str
    files: Sequence[str]
    node: str
    form: str | None
    internal: Sequence[str]
    deeper: bool
    store: Path
    catalog: list[Path]
    asdb: Path | None
    network: Path | None
    allow_private: Sequence[str]
    contact: str
    budget: float
    as_json: bool


def map_inside(wanted: Wanted) -> None:
    """Read the documents, keep what they say, and show what the outside view had missed."""
    from downwind.jobs.inside import Options, keep, read_files, what_was_missed
    from downwind.jobs.map import stored
    from downwind.show.inside_view import inside_form, show_inside
    from downwind.show.screen import screen

    # In an emulated internet every name ends in .test.
    public = ("test",) if wanted.network else ()
    known = read_catalog(wanted.catalog, asdb=wanted.asdb, real=wanted.network is None)
    now = time.time()
    network = _network(wanted)
    with _reading(wanted.as_json) as heard:
        options = Options(
            wanted.kind, wanted.node, wanted.form, tuple(wanted.internal), public, heard
        )
        read = read_files(wanted.files, options, now, network)
    keep(read, options, wanted.store, now)
    look = what_was_missed(stored(wanted.store), options.node, known)
    if wanted.deeper and network is not None:
        _map_deeper(wanted, network, look.missed)
        look = what_was_missed(stored(wanted.store), options.node, known)
    if wanted.as_json:
        print_json(inside_form(read, look, known))
    else:
        show_inside(screen(), read, look, known)


def sources_of(records: "Records", names: Sequence[str]) -> set[str]:
    """The documents that the needs of these names were read from."""
    from downwind.evidence.inside.readings import READING

    readings = (record.value for _, record in records if record.kind == READING)
    return {str(value["source"]) for value in readings if value and value["node"] in names}


@contextmanager
def _reading(quiet: bool) -> Iterator[Callable[[int], None]]:
    """A line on a terminal's standard error that says how much of a log was read."""
    from rich.console import Console

    out = Console(stderr=True, markup=False, highlight=False)
    if quiet or not out.is_terminal:
        yield lambda _: None
        return
    with out.status("Reading...") as status:
        yield lambda lines: status.update(f"Reading: {lines:,} lines")


def _network(wanted: Wanted) -> "Network | None":
    """The network where it is needed: to map deeper, or to ask a Prometheus."""
    from downwind.show.cli.network import open_network

    asks = wanted.kind == "otel" and any("://" in file for file in wanted.files)
    if not (wanted.deeper or asks):
        return None
    return open_network(wanted.network, wanted.allow_private, wanted.contact)


def _map_deeper(wanted: Wanted, network: "Network", found: "Missed") -> None:
    from downwind.jobs.inside import hosts_to_map, map_deeper
    from downwind.show.screen import progress

    hosts = hosts_to_map(found.inside)
    if not hosts:
        return
    with progress("Mapping the vendors", wanted.as_json) as seen:
        asyncio.run(
            map_deeper(
                hosts,
                wanted.node,
                network,
                wanted.store,
                budget=wanted.budget,
                heard=lambda e: seen(e.subject),
            )
        )
