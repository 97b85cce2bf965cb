"""The query logs of unbound, BIND, dnsmasq, CoreDNS and the Route 53 Resolver, line by line."""

import json
import re
from collections.abc import Mapping
from typing import Any

from downwind.evidence.inside.dnslog.lookup import Line, LineFormat, Lookup
from downwind.evidence.inside.dnslog.times import Times

_ADDRESS = r"[0-9a-fA-F:.]+(?:%[\w.-]{1,16})?"
_AN_ADDRESS = re.compile(r"[0-9.]+\Z|[0-9a-f]*:[0-9a-f:.]*\Z")
_CLASS = r"(?:IN|CH|HS|ANY|NONE|CLASS\d{1,5})"
_TYPE = r"[A-Z][A-Z0-9-]{0,15}"
# What syslog and the resolvers begin a line with that is not about a query.
_SYSLOG = re.compile(r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:|\d{4}-\d\d-\d\d[T ]\d\d:)")


class Unbound:
    """`log-queries`, `log-replies` and `log-tag-queryreply` of unbound.conf(5)."""

    name = "unbound"
    _line = re.compile(
        rf"\[?\d+:[0-9a-f]+\] (?:info|query|reply): ({_ADDRESS}) (\S*\.) ({_TYPE}) {_CLASS}"
        r"(?: ([A-Z]\w{1,15}) \d+\.\d+ [01] \d+(?: .*)?)?\Z"
    )
    _other = re.compile(r"\[\d{9,10}(?:\.\d+)?\] unbound")

    def __init__(self, times: Times) -> None:
        self._times = times

    def read(self, line: str) -> Lookup | Line:
        found = self._line.search(line)
        if found is None:
            other = self._other.match(line) or _SYSLOG.match(line)
            return Line.OTHER if other else Line.BROKEN
        client, name, type_, rcode = found.groups()
        return Lookup(name, type_, client, self._times.of_line(line), rcode or "")


class Bind:
    """The category `queries` of BIND 9, with or without time, category, severity and view."""

    name = "bind"
    _line = re.compile(
        rf"client (?:@0x[0-9a-f]+ )?({_ADDRESS})#\d+(?:/key \S+)?(?: \(.*\))?: (?:view \S+: )?"
        rf"query: (\S+) {_CLASS} ({_TYPE}) [-+]"
    )
    _other = re.compile(
        r"(?:\d\d-[A-Z][a-z]{2}-\d{4} \d\d:|[a-z-]+: (?:info|notice|warning|error|debug \d+): )"
    )

    def __init__(self, times: Times) -> None:
        self._times = times

    def read(self, line: str) -> Lookup | Line:
        found = self._line.search(line)
        if found is None:
            other = self._other.match(line) or _SYSLOG.match(line)
            return Line.OTHER if other else Line.BROKEN
        client, name, type_ = found.groups()
        return Lookup(name, type_, client, self._times.of_line(line))


class Dnsmasq:
    """`log-queries` and `log-queries=extra` of dnsmasq(8).

    An alias is a line of its own, `reply NAME is <CNAME>`; where it leads is on the next reply.
    """

    name = "dnsmasq"
    _line = re.compile(
        r"dnsmasq(?:\[\d+\])?: (?:(?P<serial>\d+) \S+ )?(?:"
        rf"query\[(?P<type>[\w=-]{{1,24}})\] (?P<asked>.+) from (?P<client>{_ADDRESS})\Z"
        r"|(?:reply|cached(?:-stale)?|config|/\S+) (?P<name>.+) is (?P<answer>\S+)\Z)"
    )

    def __init__(self, times: Times) -> None:
        self._times = times
        self._chain = ("", "")  # the serial of the query, and the name whose alias was told last

    def read(self, line: str) -> Lookup | Line:
        found = self._line.search(line)
        if found is None:
            self._chain = ("", "")
            return Line.OTHER if _SYSLOG.match(line) else Line.BROKEN
        at = self._times.of_line(line)
        if found["asked"]:
            self._chain = ("", "")
            type_ = found["type"].replace("type=", "TYPE")
            return Lookup(found["asked"], type_, found["client"], at)
        return self._answer(found["serial"] or "", found["name"], found["answer"], at)

    def _answer(self, serial: str, name: str, answer: str, at: float | None) -> Lookup | Line:
        if _AN_ADDRESS.match(name):  # the answer to a reverse look-up
            return Line.OTHER
        before, first = self._chain
        chained = bool(first) and before == serial
        self._chain = (serial, first if chained else name) if answer == "<CNAME>" else ("", "")
        if chained:
            return Lookup(first, at=at, rcode="NOERROR", aliases=(name,))
        rcode = answer if answer in ("NXDOMAIN", "SERVFAIL", "REFUSED") else "NOERROR"
        return Lookup(name, at=at, rcode=rcode)


class CoreDns:
    """The plugin `log` of CoreDNS in its common and combined formats."""

    name = "coredns"
    _line = re.compile(
        rf"(?<!\S)\[?({_ADDRESS})\]?:\d+ - (?:\d+|-) "
        rf"\"({_TYPE}) {_CLASS} (\S+) [a-z-]+ \d+ \S+ \d+\" "
        r"(\S+) \S+ \d+ [\d.]+(?:ns|us|µs|ms|s)?"
    )
    _other = re.compile(r"(?:\[(?:DEBUG|INFO|WARNING|ERROR|FATAL)\]|\.:|\S+:\d+\Z|CoreDNS-|linux/)")

    def __init__(self, times: Times) -> None:
        self._times = times

    def read(self, line: str) -> Lookup | Line:
        found = self._line.search(line)
        if found is None:
            other = self._other.match(line) or _SYSLOG.match(line)
            return Line.OTHER if other else Line.BROKEN
        client, type_, name, rcode = found.groups()
        return Lookup(name, type_, client, self._times.of_line(line), rcode)


class Route53:
    """The query logs of the Route 53 Resolver: one JSON object a line."""

    name = "route53"

    def __init__(self, times: Times) -> None:
        self._times = times

    def read(self, line: str) -> Lookup | Line:
        # An export of CloudWatch Logs puts a time before the object.
        _, brace, rest = line.partition("{")
        try:
            entry = json.loads(brace + rest)
        except (ValueError, RecursionError):
            return Line.BROKEN
        name, type_ = entry.get("query_name"), entry.get("query_type")
        if not isinstance(name, str) or not isinstance(type_, str):
            return Line.BROKEN
        client, rcode = entry.get("srcaddr"), entry.get("rcode")
        return Lookup(
            name,
            type_,
            client if isinstance(client, str) else "",
            self._times.of_iso(entry.get("query_timestamp")),
            rcode if isinstance(rcode, str) else "",
            _aliases(entry),
        )


def _aliases(entry: Mapping[str, Any]) -> tuple[str, ...]:
    answers = entry.get("answers")
    if not isinstance(answers, list):
        return ()
    return tuple(
        answer["Rdata"]
        for answer in answers
        if isinstance(answer, dict)
        and answer.get("Type") == "CNAME"
        and isinstance(answer.get("Rdata"), str)
    )


_FORMATS: tuple[type[Unbound | Bind | Dnsmasq | CoreDns | Route53], ...] = (
    Unbound,
    Bind,
    Dnsmasq,
    CoreDns,
    Route53,
)
FORMATS = tuple(each.name for each in _FORMATS)
"""The formats by name."""


def make_format(name: str, now: float) -> LineFormat:
    """A reader of one format's lines; `now` in seconds since 1970 UTC, for times without a year."""
    return next(each for each in _FORMATS if each.name == name)(Times(now))


def detect(sample: list[str | None], now: float) -> str | None:
    """The format in which most of these lines are look-ups; None where none are."""
    lines = [line for line in sample if line]
    counts = {
        name: sum(isinstance(reader.read(line), Lookup) for line in lines)
        for name in FORMATS
        if (reader := make_format(name, now))
    }
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None
