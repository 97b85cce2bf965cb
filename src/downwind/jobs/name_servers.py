"""The name servers of many domains, from a list or a zone file, as an edge table."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import idna

from downwind.catalog import Catalog, Match
from downwind.evidence.domains import registrable_domain
from downwind.graph.doubt import CONFIDENCE_FLOOR
from downwind.graph.tables import Table
from downwind.jobs.small_table import small_table
from downwind.terms import ModelError

_SHOWN = 10
# RFC 1035 2.3.4 ends a name at 255 octets, 253 as text; RFC 2181 11 lets a label hold anything,
# and zones do hold underscores.
_LONGEST = 253
_HOST = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\Z"
)
_TYPE = re.compile(
    r"(?:NS|A|AAAA|SOA|DS|TXT|MX|CNAME|CAA|TLSA|RRSIG|NSEC3?|NSEC3PARAM|DNSKEY)\Z", re.I
)


@dataclass(slots=True)
class Recognized:
    """How many name servers were recognized, and by what."""

    by_name: int = 0
    by_glue: int = 0
    """By the address that the parent zone gives for one that is named after its own domain."""
    private: int = 0
    """Named after its own domain, and at no address that the catalogue knows."""
    unknown: int = 0

    def count(self, how: str) -> None:
        """One more, recognized so."""
        setattr(self, how, getattr(self, how) + 1)

    @property
    def all(self) -> int:
        """How many there are."""
        return self.by_name + self.by_glue + self.private + self.unknown


@dataclass(frozen=True, slots=True, eq=False)
class NameServers:
    """The edge table, and how well it is known who the servers' owners are."""

    table: Table
    records: Recognized
    """NS records; a server counts once for each domain that it serves."""
    servers: Recognized
    """Different names of servers."""
    largest_unknown: tuple[tuple[str, int], ...]
    """Registrable domains of servers that the catalogue does not know, and their NS records."""


@dataclass(slots=True)
class _Zone:
    """What a file says: the servers of each domain, and addresses of servers."""

    servers: dict[str, dict[str, None]] = field(default_factory=dict)
    glue: dict[str, list[str]] = field(default_factory=dict)
    apexes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    count: int = 0

    def fault(self, line: int, what: str) -> None:
        self.count += 1
        if len(self.faults) < _SHOWN:
            self.faults.append(f"  line {line:,}: {what}")

    def host(self, text: str, line: int) -> str:
        """The name as it is in the DNS, without the root's dot; a fault where it is none."""
        name = _name(text)
        if len(name) > _LONGEST or not _HOST.match(name):
            self.fault(line, f"{text!a:.60} is no host name")
        return name


def read_name_servers(path: Path, catalog: Catalog) -> NameServers:
    """Who serves each domain of a file: `domain TAB server,server` lines, or a zone file.

    Needs of the name `dns`, with a provider for each server that the catalogue recognizes, by its
    name or else by its glue; a server named after the domain that it serves is private, and all
    others are unknown, one holder for each registrable domain. What the catalogue is not sure of
    is unknown too. Raises ModelError that names the
    first ten broken lines.
    """
    zone = _read(path)
    whose = _Whose(catalog, zone.glue)
    records, different = Recognized(), Recognized()
    unknown: Counter[str] = Counter()
    met: dict[str, str] = {}
    needs: dict[str, dict[str, None]] = {}
    for domain, servers in zone.servers.items():
        if domain in zone.apexes:
            continue
        held = needs.setdefault(domain, {})
        for server in servers:
            node, met[server] = whose.server(server, domain)
            held[node] = None
            records.count(met[server])
            if met[server] == "unknown":
                unknown[node] += 1
    for how in met.values():
        different.count(how)
    largest = sorted(unknown.items(), key=lambda item: (-item[1], item[0]))
    table = small_table("dns", needs, whose.kinds, whose.carriers)
    return NameServers(table, records, different, tuple(largest))


class _Whose:
    """Who runs a name server; the core of the table grows with what was asked."""

    def __init__(self, catalog: Catalog, glue: Mapping[str, Sequence[str]]) -> None:
        self.kinds: dict[str, str] = {}
        self.carriers: dict[str, str] = {}
        self._glue = glue
        self._catalog = catalog
        self._by_name = lru_cache(1 << 16)(catalog.name_server)
        self._registrable = lru_cache(1 << 16)(registrable_domain)

    def server(self, server: str, domain: str) -> tuple[str, str]:
        """Its node, and how it was recognized, in the words of Recognized."""
        found = self._by_name(server)
        if found and found[0].confidence >= CONFIDENCE_FLOOR:
            return self._provider(found[0]), "by_name"
        own, registrable = self._registrable(domain), self._registrable(server)
        if registrable != own:
            return self._node(registrable, "unknown"), "unknown"
        at = [self._catalog.address(address) for address in self._glue.get(server, ())]
        if at and all(at) and len({matches[0].provider for matches in at}) == 1:
            return self._provider(at[0][0]), "by_glue"
        return self._node(f"{own} itself", "private"), "private"

    def _provider(self, match: Match) -> str:
        """A product that another provider carries is a node of its own, and needs that one."""
        if match.served_by is None or match.carrier_confidence < CONFIDENCE_FLOOR:
            return self._node(match.provider, "provider")
        product = self._node(f"{match.provider}/{match.product or '*'}", "product")
        self.carriers[product] = self._node(match.served_by, "provider")
        return product

    def _node(self, node: str, kind: str) -> str:
        self.kinds[node] = kind
        return node


def _name(text: str) -> str:
    """In small letters without the root's dot, an international one in its ASCII form.

    UTS 46 says how such names are read; one that is not valid is left as it is.
    """
    name = text.strip().rstrip(".").lower()
    if name.isascii() or len(name) > _LONGEST:
        return name
    try:
        return ".".join(
            label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")
            for label in name.split(".")
        ).rstrip(".")
    except (idna.IDNAError, UnicodeError):
        return name


def _read(path: Path) -> _Zone:
    zone = _Zone()
    try:
        for number, line in enumerate(_lines(path), start=1):
            _take(zone, number, line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ModelError(f"it cannot be read ({error}).", where=str(path)) from error
    if zone.count:
        more = [f"  and {zone.count - _SHOWN:,} more"] if zone.count > _SHOWN else []
        faults = "1 fault" if zone.count == 1 else f"{zone.count:,} faults"
        raise ModelError(
            "\n".join([f"{faults}; nothing was read.", *zone.faults, *more]), where=str(path)
        )
    if not zone.servers:
        raise ModelError(
            "it names no name server.",
            where=str(path),
            todo="A line is a domain, a tab and its servers with commas; or give a zone file.",
        )
    return zone


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig") as file:
        yield from file


def _take(zone: _Zone, number: int, line: str) -> None:
    text = line.strip()
    if not text or text[0] in ";#":
        return
    fields = text.split()
    place = next((i for i in (1, 2, 3) if i < len(fields) and _TYPE.match(fields[i])), None)
    if place is not None and len(fields) > place + 1:
        _take_record(zone, number, fields, place)
        return
    fields = text.split("\t")
    if len(fields) != 2:
        zone.fault(number, "it is neither a domain, a tab and servers nor a record of a zone")
        return
    domain = zone.host(fields[0], number)
    for server in fields[1].split(","):
        zone.servers.setdefault(domain, {})[zone.host(server, number)] = None


def _take_record(zone: _Zone, number: int, fields: list[str], place: int) -> None:
    kind = fields[place].upper()
    if kind == "SOA":
        zone.apexes.add(_name(fields[0]))
    if kind not in ("NS", "A", "AAAA"):
        return
    if not fields[0].endswith("."):
        zone.fault(number, f"{fields[0]!a:.60} does not end in a dot: write names in full")
        return
    owner = zone.host(fields[0], number)
    if kind == "NS":
        zone.servers.setdefault(owner, {})[zone.host(fields[place + 1], number)] = None
    else:
        zone.glue.setdefault(owner, []).append(fields[place + 1])
