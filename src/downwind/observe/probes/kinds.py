"""What can be probed, and how it is written down: a request, handshake, connection or question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from downwind.observe.failures import HttpFailed
from downwind.observe.names import host_name, is_address
from downwind.observe.urls import parse_url
from downwind.terms import UsageError

BODY_READ = 262_144
"""Bytes of a body that a probe reads at most; a longer one is no fault."""
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}\Z")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\ud7ff]{0,8192}\Z")
_METHODS = ("GET", "HEAD")
_RDTYPES = ("A", "AAAA", "CNAME", "MX", "NS", "SOA", "TXT", "CAA", "DS", "SRV")


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """One request over a new connection; redirects are answers, and are not followed.

    401, 403, 405, 429 and 999 are answers whatever is expected: a server that declines is there.
    """

    kind: ClassVar[str] = "http"
    url: str
    method: str = "GET"
    statuses: tuple[int, ...] = ()
    """Those that are fine; none given: every 2xx and 3xx."""
    contains: str | None = None
    """Text that the body must hold."""
    lacks: str | None = None
    """Text that the body must not hold."""
    headers: tuple[tuple[str, str], ...] = ()
    cap: int = BODY_READ

    def __post_init__(self) -> None:
        try:
            parse_url(self.url)
        except HttpFailed as failed:
            raise UsageError(failed.reason, where=self.url[:80]) from failed
        _demand(self.method in _METHODS, f"{self.method!r} is neither GET nor HEAD.")
        known = all(100 <= status <= 999 for status in self.statuses)
        _demand(known, "A status is a number from 100 to 999.")
        for name, value in self.headers:
            fine = _HEADER_NAME.match(name) and _HEADER_VALUE.match(value)
            _demand(bool(fine), f"{name!r:.40}: {value!r:.40} is no header.")
        _demand(self.cap > 0, "A cap is at least one byte.")
        body = self.contains is not None or self.lacks is not None
        _demand(not (body and self.method == "HEAD"), "An answer to HEAD has no body to look at.")


@dataclass(frozen=True, slots=True)
class TlsProbe:
    """One handshake of a careful client, and until when the certificate lasts."""

    kind: ClassVar[str] = "tls"
    host: str
    port: int = 443

    def __post_init__(self) -> None:
        _check_door(self.host, self.port)


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """One connection."""

    kind: ClassVar[str] = "tcp"
    host: str
    port: int

    def __post_init__(self) -> None:
        _check_door(self.host, self.port)


@dataclass(frozen=True, slots=True)
class DnsProbe:
    """One question, to the network's resolvers or to one name server."""

    kind: ClassVar[str] = "dns"
    name: str
    rdtype: str = "A"
    server: str = ""
    """Host or address of an authoritative server, asked without recursion; none: a resolver."""
    expects: tuple[str, ...] = ()
    """Of these records, one must be in the answer; none given: any record will do."""

    def __post_init__(self) -> None:
        _check_host(self.name)
        _demand(self.rdtype in _RDTYPES, f"{self.rdtype!r:.40} is no record type that is probed.")
        if self.server:
            _check_host(self.server)


Probe = HttpProbe | TlsProbe | TcpProbe | DnsProbe
_KINDS: Mapping[str, type[Probe]] = {
    each.kind: each for each in (HttpProbe, TlsProbe, TcpProbe, DnsProbe)
}


def probe_to_json(probe: Probe) -> dict[str, Any]:
    """The probe as JSON values; what is as usual is left out."""
    told: dict[str, Any] = {"kind": probe.kind}
    for each in fields(probe):
        value = getattr(probe, each.name)
        if value == each.default:
            continue
        told[each.name] = (
            [list(v) if isinstance(v, tuple) else v for v in value]
            if isinstance(value, tuple)
            else value
        )
    return told


def probe_from_json(data: object) -> Probe:
    """The probe that this JSON tells; raises UsageError where it tells none."""
    if not isinstance(data, Mapping):
        raise UsageError("A probe is a mapping.", where="probe")
    kind = _KINDS.get(str(data.get("kind")))
    if kind is None:
        raise UsageError(
            f"{data.get('kind')!r:.40} is no kind of probe.",
            where="probe",
            todo=f"There are {', '.join(_KINDS)}.",
        )
    known = {each.name: each for each in fields(kind)}
    given = {name: value for name, value in data.items() if name != "kind"}
    _demand(set(given) <= set(known), f"A probe by {kind.kind} has no {_other(given, known)}.")
    missing = [name for name, each in known.items() if each.default is MISSING]
    _demand(set(missing) <= set(given), f"A probe by {kind.kind} needs {', '.join(missing)}.")
    return kind(**{name: _read(kind.kind, name, value) for name, value in given.items()})


def _other(given: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    return ", ".join(sorted(f"{name!r:.40}" for name in set(given) - set(known)))


def _read(kind: str, name: str, value: object) -> Any:
    where = f"{kind} probe, {name}"
    if name in ("port", "cap"):
        return _whole(value, where)
    if name == "statuses":
        return tuple(_whole(each, where) for each in _listed(value, where))
    if name == "expects":
        return tuple(_text(each, where) for each in _listed(value, where))
    if name == "headers":
        return tuple(_pair(each, where) for each in _listed(value, where))
    if value is None and name in ("contains", "lacks"):
        return None
    return _text(value, where)


def _whole(value: object, where: str) -> int:
    _demand(type(value) is int, f"{value!r:.40} is no whole number.", where)
    assert isinstance(value, int)
    return value


def _text(value: object, where: str) -> str:
    _demand(isinstance(value, str), f"{value!r:.40} is no text.", where)
    return str(value)


def _listed(value: object, where: str) -> list[object]:
    _demand(isinstance(value, list | tuple), f"{value!r:.40} is no list.", where)
    assert isinstance(value, list | tuple)
    return list(value)


def _pair(value: object, where: str) -> tuple[str, str]:
    pair = [_text(each, where) for each in _listed(value, where)]
    _demand(len(pair) == 2, "A header is a name and a value.", where)
    return pair[0], pair[1]


def _check_door(host: str, port: int) -> None:
    _check_host(host)
    _demand(0 < port < 65_536, f"{port} is no port.")


def _check_host(host: str) -> None:
    if is_address(host):
        return
    try:
        host_name(host)
    except ValueError as error:
        raise UsageError(f"{error}.", where="probe") from error
    _demand(bool(host.strip()), "A host has a name.")


def _demand(holds: bool, what: str, where: str = "probe") -> None:
    if not holds:
        raise UsageError(what, where=where)
