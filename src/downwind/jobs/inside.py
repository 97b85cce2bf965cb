"""Reads documents from inside into the store, and says what the outside view had missed."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

from downwind.catalog import Catalog
from downwind.evidence.hosts import host_of
from downwind.evidence.inside import KINDS, Reading, records_of
from downwind.evidence.inside.backstage import read_backstage
from downwind.evidence.inside.dnslog import read_dnslog
from downwind.evidence.inside.otel import QUERY, read_otel
from downwind.evidence.inside.readings import DEEPER, READING, VANTAGE
from downwind.evidence.inside.terraform import read_terraform
from downwind.evidence.log import EvidenceLog
from downwind.evidence.redact import redact_url
from downwind.graph import Graph, build_graph
from downwind.jobs.map import Heard, Records, map_here
from downwind.jobs.prometheus import ask_prometheus
from downwind.model import Model
from downwind.observe import Network
from downwind.questions.missed import Missed, Vendor, missed
from downwind.terms import DownwindError, Evidence, Seen, UsageError

THIS_NETWORK = "this network"
_MOST_MAPPED = 200
_LARGEST = 256_000_000
"""Bytes of a document that is read as one: JSON or YAML of many thousand resources is smaller."""


@dataclass(frozen=True, slots=True)
class Options:
    """How documents are read."""

    kind: str
    node: str = THIS_NETWORK
    form: str | None = None
    internal: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    """Top-level domains of an emulated internet."""
    heard: Callable[[int], None] = lambda _: None
    """Called now and then with the number of lines that were read of a log."""


@dataclass(frozen=True, slots=True)
class Read:
    """One document that was read."""

    source: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Look:
    """A store seen from outside and from inside."""

    missed: Missed
    merged: Graph
    kinds: tuple[str, ...]
    """What the node's needs were read from, of KINDS."""


def read_files(
    files: Sequence[str], options: Options, now: float, network: Network | None = None
) -> tuple[Read, ...]:
    """Read every document before any is stored; `-` is standard input.

    With a network, `otel` takes the address of a Prometheus, too, and asks it QUERY.

    Raises UsageError, ModelError or CannotMeasure with the file's name.
    """
    if options.kind not in KINDS:
        raise UsageError(
            f"there is nothing to read from {options.kind!r}.", todo=f"Use {', '.join(KINDS)}."
        )
    if not files:
        raise UsageError("--from needs a file.", todo="Name one, or - for standard input.")
    sources = _sources(files)
    return tuple(
        _read(file, source, options, now, network)
        for file, source in zip(files, sources, strict=True)
    )


def keep(read: Sequence[Read], options: Options, directory: Path, now: float) -> None:
    """Log what was read, and bring it to disk."""
    with EvidenceLog(directory) as log:
        for each in read:
            log.append_many(
                records_of(each.reading, node=options.node, source=each.source, now=now)
            )
        log.sync()


def what_was_missed(
    records: Records, node: str, catalog: Catalog, model: Model | None = None
) -> Look:
    """Compare what the store has from outside with what it has from inside, for one node."""
    written = model or Model()
    outside = _outside(records)
    inside = [each for each in records if each[1].kind.startswith("inside.")]
    merged = build_graph(records, catalog, written)
    graphs = (
        build_graph(outside, catalog, written, declared=False),
        build_graph(inside, catalog, written, declared=True),
        merged,
    )
    kinds = {
        str(record.value["from"])
        for _, record in inside
        if record.kind == READING and record.value and record.value["node"] == node
    }
    return Look(missed(node, *graphs, catalog), merged, tuple(k for k in KINDS if k in kinds))


def _outside(records: Records) -> Records:
    """What was measured, without what was mapped only since it was known from inside."""
    found: Records = []
    for each in records:
        value = each[1].value
        if each[1].kind == DEEPER and value is not None:
            found = found[: max(0, len(found) - int(value["records"]))]
        elif not each[1].kind.startswith("inside."):
            found.append(each)
    return found


async def map_deeper(
    hosts: Sequence[str],
    node: str,
    network: Network,
    directory: Path,
    *,
    budget: float,
    heard: Heard,
) -> None:
    """Map the hosts of vendors, and say in the store that this is no outside view of the node.

    No pages are fetched: these are names that programs use.
    """
    records = await map_here((), network, directory, budget=budget, heard=heard, hosts=hosts)
    told = {"node": node, "hosts": list(hosts), "records": len(records)}
    with EvidenceLog(directory) as log:
        log.append(Evidence(node, DEEPER, Seen(told), network.clock.now(), VANTAGE))


def hosts_to_map(vendors: Sequence[Vendor]) -> tuple[str, ...]:
    """One host of every vendor first, then the others, 200 at most; service names are left out."""
    rows = [[h for h in vendor.hosts if not h.startswith("_")] for vendor in vendors]
    longest = max(map(len, rows), default=0)
    turns = [row[turn] for turn in range(longest) for row in rows if turn < len(row)]
    return tuple(turns[:_MOST_MAPPED])


def _sources(files: Sequence[str]) -> list[str]:
    """What each document is called: its name, with its folder's where two have one name."""
    names = [_called(file) for file in files]
    sources = [
        name if names.count(name) == 1 else f"{Path(file).absolute().parent.name}/{name}"
        for file, name in zip(files, names, strict=True)
    ]
    for source in sources:
        if sources.count(source) > 1:
            raise UsageError(f"{source} is named twice.", todo="Name each file once.")
    return sources


def _called(file: str) -> str:
    if file.startswith(("http://", "https://")):
        return host_of(file) or "prometheus"
    return "standard input" if file == "-" else Path(file).name


def _read(file: str, source: str, options: Options, now: float, network: Network | None) -> Read:
    if options.kind == "otel" and network and file.startswith(("http://", "https://")):
        return _ask(file, source, network)
    try:
        with _opened(file) as stream:
            reading = _reading(stream, options, now)
    except DownwindError as error:
        if not error.where:
            error.where = file
        raise
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}.", where=file) from error
    return Read(source, reading)


def _reading(stream: BufferedReader, options: Options, now: float) -> Reading:
    if options.kind == "dnslog":
        return read_dnslog(
            stream,
            now=now,
            form=options.form,
            internal=options.internal,
            public=options.public,
            heard=options.heard,
        )
    data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise UsageError(f"it holds more than {_LARGEST // 1_000_000} MB.", todo="Split it.")
    if options.kind == "otel":
        return read_otel(data)
    return read_terraform(data) if options.kind == "terraform" else read_backstage(data)


def _ask(url: str, source: str, network: Network) -> Read:
    answer = asyncio.run(ask_prometheus(url, QUERY, network))
    try:
        return Read(source, read_otel(answer))
    except DownwindError as error:
        error.where = redact_url(url)
        raise


@contextmanager
def _opened(file: str) -> Iterator[BufferedReader]:
    if file == "-":
        yield cast(BufferedReader, sys.stdin.buffer)
        return
    with Path(file).open("rb") as stream:
        yield stream
