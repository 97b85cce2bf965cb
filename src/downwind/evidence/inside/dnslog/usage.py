"""How often each name was looked up, when, and by how many: counted in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from downwind.evidence.inside.dnslog.lookup import Lookup
from downwind.evidence.inside.names import Names, Sort, is_host

MOST_NAMES = 100_000
MOST_CLIENTS = 8
"""Machines are counted up to here; this tells one person's use from that of many."""
_MOST_TYPES = 12
_MOST_ALIASES = 8
_MOST_PASSED = 50_000

CONNECTING = frozenset(("A", "AAAA", "HTTPS", "SVCB", "CNAME", "SRV", "ANY", "TYPE64", "TYPE65"))
"""Types that are asked in order to connect. MX, TXT, NS and the like check or deliver."""


@dataclass(slots=True)
class Usage:
    """What the log says of one name."""

    types: dict[str, list[int]] = field(default_factory=dict)
    """Type -> how many questions and how many answers; a log may hold both or one of them."""
    present: int = 0
    absent: int = 0
    failed: int = 0
    first: float | None = None
    last: float | None = None
    clients: list[int] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)

    def add(self, lookup: Lookup) -> None:
        """Count one line."""
        if lookup.type:
            type_ = lookup.type
            if type_ not in self.types and len(self.types) >= _MOST_TYPES:
                type_ = "other"
            self.types.setdefault(type_, [0, 0])[1 if lookup.rcode else 0] += 1
        if lookup.rcode:
            self._answered(lookup)
        if lookup.client and len(self.clients) < MOST_CLIENTS:
            # Python's hash of text has a key of its own in every process.
            client = hash(lookup.client)
            if client not in self.clients:
                self.clients.append(client)
        at = lookup.at
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)

    def _answered(self, lookup: Lookup) -> None:
        if lookup.rcode == "NOERROR":
            self.present += 1
        elif lookup.rcode == "NXDOMAIN":
            self.absent += 1
        else:
            self.failed += 1
        for alias in lookup.aliases:
            name = alias.rstrip(".").lower()
            if name not in self.aliases and len(self.aliases) < _MOST_ALIASES and is_host(name):
                self.aliases.append(name)

    @property
    def lookups(self) -> int:
        """How often it was looked up, whatever the type."""
        return sum(max(counts) for counts in self.types.values())

    @property
    def connecting(self) -> int:
        """How often it was looked up in order to connect."""
        return sum(max(counts) for type_, counts in self.types.items() if type_ in CONNECTING)

    @property
    def exists(self) -> bool:
        """False where every answer was that there is no such name."""
        return self.present > 0 or self.absent == 0

    def to_json(self) -> dict[str, Any]:
        """The value of an inside.query record."""
        return {
            "queries": self.connecting,
            "types": {type_: max(counts) for type_, counts in sorted(self.types.items())},
            "clients": len(self.clients) or None,
            "failed": self.failed,
            "first": self.first,
            "last": self.last,
            "aliases": list(self.aliases),
        }


@dataclass(slots=True)
class Tally:
    """Names and look-ups of a sort that yields no need."""

    names: int = 0
    questions: int = 0
    answers: int = 0

    @property
    def lookups(self) -> int:
        """How often they were looked up; a log may hold questions, answers or both."""
        return max(self.questions, self.answers)

    def add(self, lookup: Lookup) -> None:
        """Count one line."""
        if lookup.rcode:
            self.answers += 1
        else:
            self.questions += 1

    def to_json(self) -> dict[str, int]:
        return {"names": self.names, "lookups": self.lookups}


class Usages:
    """The public names of a log. When there are too many, those asked for least are forgotten."""

    def __init__(self, names: Names, most: int = MOST_NAMES) -> None:
        self._names = names
        self._most = most
        self._known: dict[str, Usage] = {}
        self._passed: dict[str, Sort] = {}
        self.tallies: dict[Sort, Tally] = {sort: Tally() for sort in Sort}
        """Names that are no public hosts. A name may count twice once very many have come."""
        self.forgotten = 0
        """Names that were dropped for want of room; one that comes again is counted anew."""
        self.forgotten_lookups = 0

    def add(self, lookup: Lookup) -> None:
        """Count one line of the log."""
        name = lookup.name.rstrip(".").lower()
        usage = self._known.get(name) or self._new(name)
        if usage is not None:
            usage.add(lookup)
        else:
            self.tallies[self._passed[name]].add(lookup)

    def _new(self, name: str) -> Usage | None:
        if name in self._passed:
            return None
        sort = self._names.sort(name)
        if sort is Sort.PUBLIC:
            if len(self._known) >= self._most:
                self._forget()
            return self._known.setdefault(name, Usage())
        if len(self._passed) >= _MOST_PASSED:
            self._passed.clear()
        self._passed[name] = sort
        self.tallies[sort].names += 1
        return None

    def _forget(self) -> None:
        ordered = sorted(self._known.items(), key=lambda item: (-item[1].lookups, item[0]))
        self._known = dict(ordered[: self._most // 2])
        gone = [usage.lookups for _, usage in ordered[self._most // 2 :]]
        self.forgotten += len(gone)
        self.forgotten_lookups += sum(gone)

    def items(self) -> Iterator[tuple[str, Usage]]:
        """The names that are kept, those asked for most first."""
        ordered = sorted(self._known.items(), key=lambda item: (-item[1].lookups, item[0]))
        return iter(ordered)
