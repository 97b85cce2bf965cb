"""Ranks what the catalogue could not recognise by how many names stand on it."""

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from downwind.catalog.artefacts import (
    read_address,
    read_cookies,
    read_headers,
    read_host,
    read_includes,
    read_issuer,
)
from downwind.catalog.explain import explain
from downwind.catalog.lookup import Catalog
from downwind.evidence.domains import registrable_domain
from downwind.terms import UsageError

# What a stub proposes: the kind of fact and the role, both to be looked at by whoever fills it in.
_STUBS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ns": ("ns", "dns"),
        "cname": ("cname", "hosting"),
        "mx": ("mx", "mail"),
        "spf": ("spf", "mail"),
        "script_host": ("script_host", "scripts"),
        "api_host": ("api_host", "cloud"),
        "ip": ("prefix", "cloud"),
        "header": ("header", "edge"),
        "cookie": ("cookie", "edge"),
        "cert_issuer": ("issuer", "certificates"),
        "provider": ("", "cloud"),
    }
)
# Headers that anybody's reply has: their value says whose it is, and their name says nothing.
_COMMON_HEADERS = frozenset(
    {"server", "via", "x-powered-by", "x-cache", "x-served-by", "x-cdn", "cdn-loop"}
    | {"server-timing", "cache-status", "cache-control", "content-type", "set-cookie"}
)
_NOT_ID = re.compile(r"[^a-z0-9]+")


class Use(NamedTuple):
    """An artefact, and the name that stands on it."""

    kind: str
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that nobody in the catalogue shows, and how much stands on it."""

    kind: str
    value: str
    """What the artefacts share: a registrable domain, a block, an organization, a name."""
    weight: int
    """How many names stand on it."""
    example: str
    stub: str
    """A catalogue file to fill in."""

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)


def suggest(catalog: Catalog, uses: Iterable[Use]) -> list[Suggestion]:
    """What the catalogue does not recognise, the heaviest first.

    A name's own servers are left out: a zone that serves itself stands on no provider.
    """
    names: dict[tuple[str, str], set[str]] = {}
    examples: dict[tuple[str, str], str] = {}
    known: dict[tuple[str, str], bool] = {}
    called = {text.casefold() for p in catalog.providers for text in (p.id, p.name, p.owner)}
    for use in uses:
        shared = _shared(use.kind, use.value)
        if not shared or shared == registrable_domain(use.name):
            continue
        if (at := (use.kind, use.value)) not in known:
            known[at] = _is_known(catalog, use, called)
        if known[at]:
            continue
        names.setdefault((use.kind, shared), set()).add(use.name)
        examples.setdefault((use.kind, shared), use.value)
    found = [
        Suggestion(kind, value, len(users), examples[kind, value], _stub(kind, value))
        for (kind, value), users in names.items()
    ]
    return sorted(found, key=lambda each: (-each.weight, each.kind, each.value))


def _is_known(catalog: Catalog, use: Use, called: Collection[str]) -> bool:
    if use.kind == "provider":
        return _shared(use.kind, use.value).casefold() in called
    try:
        return explain(catalog, use.kind, use.value).owner is not None
    except UsageError:
        return True


def _shared(kind: str, value: str) -> str:
    """What a fact would name of the artefact; empty where no fact would help."""
    read = _SHARED.get(kind)
    return read(value) if read else ""


def _domain(value: str) -> str:
    words = value.split()
    host = read_host(words[-1]) if words else ""
    return registrable_domain(host) if "." in host.strip(".") else ""


def _block(value: str) -> str:
    address = read_address(value)
    if not address:
        return ""
    return str(ipaddress.ip_network((address, 48 if ":" in address else 24), strict=False))


def _include(value: str) -> str:
    includes = read_includes(value)
    return registrable_domain(includes[0]) if includes else ""


def _header(value: str) -> str:
    name, said = next(iter(read_headers(value).items()), ("", ""))
    name = name.lower()
    if name not in _COMMON_HEADERS:
        return name
    # RFC 9110 7.6.3: Via has the protocol's version before who it was; 10.2.4: product/version.
    words = said.split()[1:] if name == "via" else said.split()
    word = words[0].partition("/")[0].strip('(),;"') if words else ""
    return f"{name}: {word}" if word else ""


def _organization(value: str) -> str:
    organization, common_name = read_issuer(value)
    return organization or common_name


_SHARED: Mapping[str, Callable[[str], str]] = MappingProxyType(
    dict.fromkeys(("ns", "cname", "mx", "script_host", "api_host"), _domain)
    | {
        "spf": _include,
        "ip": _block,
        "header": _header,
        "cookie": lambda value: next(iter(read_cookies(value)), ""),
        "cert_issuer": _organization,
        "provider": lambda value: value.partition("/")[0].strip(),
    }
)


def _stub(kind: str, value: str) -> str:
    _, role = _STUBS[kind]
    called = value.rpartition(": ")[2] if kind == "header" else value
    id_ = _NOT_ID.sub("-", called.lower()).strip("-")[:60] or "provider"
    lines = [
        f"id: {id_}",
        f"name: {json.dumps(called)}",
        "owner: TODO",
        "products:",
        f"  - {{id: {role}, role: {role}, name: TODO}}",
    ]
    if mark := _mark(kind, value):
        lines += ["facts:", f"  - {{{mark}, product: {role}, unconfirmed: true}}"]
    return "\n".join((*lines, ""))


def _mark(kind: str, value: str) -> str:
    """What a fact says of the artefact; empty where only the provider's name is known."""
    fact, _ = _STUBS[kind]
    if not fact:
        return ""
    key = {"prefix": "prefix", "header": "name", "cookie": "name", "issuer": "organization"}
    name, colon, word = value.partition(": ") if fact == "header" else (value, "", "")
    contains = f", contains: {json.dumps(word)}" if colon else ""
    return f"kind: {fact}, {key.get(fact, 'suffix')}: {json.dumps(name)}{contains}"


def uses_of_rows(rows: Sequence[tuple[str, str]]) -> list[Use]:
    """A use for each row of a list; each row counts as a name of its own."""
    return [Use(kind.strip().lower(), value, f"row {n}") for n, (kind, value) in enumerate(rows)]
