"""Finds in what was mapped, or in an edge table, all that a provider could be recognised by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from downwind.catalog.unrecognised import Use
from downwind.evidence.domains import registered_domain
from downwind.evidence.hosts import host_of
from downwind.graph.tables import Table
from downwind.terms import Evidence

_KINDS = {
    "server": "ns",
    "nameserver": "ns",
    "address": "ip",
    "issuer": "cert_issuer",
    "host": "cname",
    "script": "script_host",
    "mx": "mx",
    "domain": "api_host",
}
_COUNTED_THROUGH = 500
"""Of a table, this many of what most nodes need directly are followed to all that stand on them."""


def uses_of_records(records: Iterable[tuple[str, Evidence]]) -> Iterator[Use]:
    """What each mapped name was seen to stand on."""
    for _, record in records:
        if record.value is not None and (read := _READ.get(record.kind)) is not None:
            for kind, value in read(record.value):
                yield Use(kind, value, _name(str(record.value.get("node") or record.subject)))


def uses_of_table(table: Table) -> Iterator[Use]:
    """What the nodes of an edge table are, by their ids, and the sites that stand on each.

    The table is one that was read with names.
    """
    alternatives = np.concatenate([table.core.alt, table.sites.alt])
    direct = np.bincount(alternatives, minlength=len(table.core_names))
    told = [
        (i, kind, value)
        for i in np.argsort(-direct, kind="stable")
        if (named := _artefact(table.core_names[i])) is not None
        for kind, value in (named,)
    ]
    above, names = _Above(table), table.site_names or ()
    for node, kind, value in told[:_COUNTED_THROUGH]:
        for site in above.sites(int(node)):
            yield Use(kind, value, _name(names[site].removeprefix("host:")))


def _artefact(node: str) -> tuple[str, str] | None:
    """What a node is by its id: `server:ns1.example.org`, or the bare id of a provider."""
    kind, colon, value = node.partition(":")
    if not colon:
        return None if "." in node.partition("/")[0] else ("provider", node)
    known, value = _KINDS.get(kind), value.removesuffix(" by name")
    return (known, value) if known and value else None


class _Above:
    """Which sites stand on a node, directly or through others."""

    def __init__(self, table: Table) -> None:
        self._core = len(table.core_names)
        users, used = [], []
        for rows, first in ((table.core, 0), (table.sites, self._core)):
            needs = np.repeat(np.arange(rows.size) + first, np.diff(rows.start))
            users.append(np.repeat(needs, np.diff(rows.alt_start)))
            used.append(rows.alt)
        by, on = np.concatenate(users), np.concatenate(used)
        order = np.argsort(on, kind="stable")
        self._users = by[order]
        self._starts = np.searchsorted(on[order], np.arange(self._core + 1))

    def sites(self, node: int) -> list[int]:
        """The sites, numbered from 0."""
        seen, waiting = {node}, [node]
        while waiting:
            at = waiting.pop()
            for user in self._users[self._starts[at] : self._starts[at + 1]].tolist():
                if user not in seen:
                    seen.add(user)
                    if user < self._core:
                        waiting.append(user)
        return sorted(each - self._core for each in seen if each >= self._core)


def _name(subject: str) -> str:
    return (host_of(subject) or subject) if "//" in subject else subject


def _servers(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for server in value.get("name_servers", ()):
        yield "ns", server["host"]


def _exchangers(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for record in value.get("records", ()):
        yield "mx", record if isinstance(record, str) else str(record.get("host", ""))


def _policies(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for record in value.get("records", ()):
        words = str(record).lower().split()
        if words[:1] == ["v=spf1"]:
            for word in words:
                if word.startswith("include:"):
                    yield "spf", word.removeprefix("include:")


def _resources(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for resource in value.get("resources", ()):
        if resource.get("third_party"):
            yield "script_host", resource["host"]


def _looked_up(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    # Only a public domain has a holder whom a catalogue could know.
    if registered_domain(host := str(value.get("host", ""))):
        yield "api_host", host


_READ = {
    "dns.a": lambda value: (("ip", each) for each in value.get("addresses", ())),
    "dns.aaaa": lambda value: (("ip", each) for each in value.get("addresses", ())),
    "dns.cname": lambda value: (("cname", value["target"]),),
    "dns.zone": _servers,
    "dns.mx": _exchangers,
    "dns.txt": _policies,
    "tls.certificate": lambda value: (("cert_issuer", value.get("issuer_organization") or ""),),
    "page.resources": _resources,
    "inside.query": _looked_up,
}
