"""Globalping's results as evidence, in the form of a journey of one step.

Only a test that failed says why in words that are "not meant to be parsed" (its API): there the
layer is a guess, and the step says so with `"guessed": true`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from downwind.evidence.redact import redact_body, redact_headers
from downwind.observe.globalping.sites import Site, plain, site_of
from downwind.terms import Evidence, Finding, Seen, Unanswered

Kind = Literal["http", "dns", "ping", "mtr", "traceroute"]
_BODY_KEPT = 2_000
_MOST_RESULTS = 500
_MOST_HOPS = 64
_ANSWERED = frozenset({401, 403, 405, 429})
"""A refusal is an answer: the service is there."""
_PROBE_KIND = {
    "http": "probe.http",
    "dns": "probe.dns",
    "ping": "probe.ping",
    "mtr": "probe.route",
    "traceroute": "probe.route",
}
_GUESSES = (
    ("vantage", r"private ip|not allowed|unsupported|internal error|probe (is )?offline"),
    ("dns", r"enotfound|eai_again|getaddrinfo|nxdomain|servfail|name or service not known|resolv"),
    ("tls", r"certificate|\btls\b|\bssl\b|handshake"),
    ("dial", r"econnrefused|ehostunreach|enetunreach|etimedout|unreachable|connect.*time|refused"),
    ("http", r"timeout|timed out|econnreset|socket hang up|parse error"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of Globalping, and of whom it tells."""

    subject: str
    kind: Kind
    url: str
    """What the step shows: the URL, or the name that was asked."""
    host: str
    expected: frozenset[int] = frozenset()
    """Statuses that are right; none: 200 to 399."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One probe's result as evidence, and where that probe stands."""

    evidence: Evidence
    site: Site


def vantage_of(site: Site) -> str:
    """As in `globalping:Paris,AS3215`."""
    return f"globalping:{site.city.replace(',', ' ')},AS{site.asn}"


def read_measurement(data: object, asked: Asked, at: float) -> tuple[Answered, ...]:
    """Each probe's result; raises ValueError where it is no measurement that has ended.

    A result that cannot be read is unanswered, with the reason; one whose probe cannot be placed
    is left out, since nobody could say who speaks.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("results"), list):
        raise ValueError("it has no results")
    if data.get("type") != asked.kind:
        raise ValueError(f"it is a {data.get('type')!a:.40}, and {asked.kind} was asked")
    found = []
    for row in data["results"][:_MOST_RESULTS]:
        probe = row.get("probe") if isinstance(row, Mapping) else None
        if not isinstance(probe, Mapping):
            continue
        site = site_of(probe, probe.get("tags"), probe.get("resolvers"))
        if site is None:
            continue
        finding = _finding(row.get("result"), asked)
        evidence = Evidence(asked.subject, _PROBE_KIND[asked.kind], finding, at, vantage_of(site))
        found.append(Answered(evidence, site))
    return tuple(found)


def _finding(result: object, asked: Asked) -> Finding:
    if not isinstance(result, Mapping):
        return Unanswered("Globalping gave no result")
    status = result.get("status")
    try:
        if status == "failed":
            return _failed(result, asked)
        if status != "finished":
            return Unanswered(f"Globalping's probe did not finish: {plain(status) or 'no status'}")
        step = _READERS[asked.kind](result, asked)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        return Unanswered(f"Globalping's result cannot be read: {type(error).__name__}")
    return _seen(step)


def _seen(step: dict[str, Any]) -> Seen:
    ok = bool(step["ok"])
    return Seen({"ok": ok, "state": "up" if ok else "down", "steps": [step]})


def _step(asked: Asked, ok: bool, layer: str | None, reason: str, **more: Any) -> dict[str, Any]:
    return {
        "step": 0,
        "do": "get" if asked.kind == "http" else asked.kind,
        "url": asked.url,
        "host": asked.host,
        "strength": "hard",
        "ok": ok,
        "layer": layer,
        "reason": reason,
        "status": None,
        "headers": {},
        "cookies": [],
        "body": "",
        "dns": None,
        "address": None,
        "milliseconds": None,
        "passed": [],
        **more,
    }


def _failed(result: Mapping[str, Any], asked: Asked) -> Finding:
    said = redact_body(plain(result.get("rawOutput"), 2_000), 300)
    layer = next((name for name, words in _GUESSES if re.search(words, said, re.I)), "")
    if layer == "vantage" or not layer:
        return Unanswered(f"Globalping's probe failed: {said or 'it does not say why'}")
    order = ("dns", "dial", "tls", "http")
    passed = list(order[: order.index(layer)])
    return _seen(_step(asked, False, layer, said, passed=passed, guessed=True))


def _http(result: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    status = result["statusCode"]
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
        raise ValueError("statusCode")
    tls = result.get("tls")
    passed = ["dns", "dial", *(["tls"] if isinstance(tls, Mapping) else [])]
    headers = _headers(result.get("headers"))
    more = {
        "status": status,
        "headers": dict(redact_headers(headers)),
        "address": plain(result.get("resolvedAddress")) or None,
        "milliseconds": _milliseconds(result),
        "passed": passed,
    }
    if isinstance(tls, Mapping) and tls.get("authorized") is False:
        why = plain(tls.get("error")) or "not said why"
        more["passed"] = passed[:2]
        return _step(asked, False, "tls", f"the certificate is not trusted: {why}", **more)
    right = status in asked.expected if asked.expected else 200 <= status < 400
    if right:
        return _step(asked, True, None, "", **more)
    if not asked.expected and status in _ANSWERED:
        return _step(asked, True, None, "", **more, answered=True)
    body = redact_body(str(result.get("rawBody") or ""), _BODY_KEPT)
    return _step(asked, False, "expect", f"status {status}", **{**more, "body": body})


def _dns(result: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    rcode = plain(result["statusCodeName"]).upper()
    answers = result.get("answers")
    if not isinstance(answers, list):
        raise ValueError("answers")
    more = {"dns": {"rcode": rcode, "ede": []}, "milliseconds": _milliseconds(result)}
    if rcode == "NOERROR" and answers:
        return _step(asked, True, None, "", passed=["dns"], **more)
    why = "no such record" if rcode == "NOERROR" else rcode
    return _step(asked, False, "dns", why, **more)


def _ping(result: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    stats = result["stats"]
    received, total = stats["rcv"], stats["total"]
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in (received, total)):
        raise ValueError("stats")
    address = plain(result.get("resolvedAddress")) or None
    passed = ["dns"] if address else []
    more = {"address": address, "milliseconds": _number(stats.get("avg"))}
    if received > 0:
        return _step(asked, True, None, "", passed=[*passed, "dial"], **more)
    layer = "dial" if address else "dns"
    return _step(asked, False, layer, f"{total} packets, no answer", passed=passed, **more)


def _route(result: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    address = plain(result.get("resolvedAddress")) or None
    hops = [_hop(hop) for hop in result["hops"][:_MOST_HOPS]]
    reached = address is not None and any(
        hop["address"] == address and hop["milliseconds"] is not None for hop in hops
    )
    passed = [*(["dns"] if address else []), *(["dial"] if reached else [])]
    took = next((h["milliseconds"] for h in reversed(hops) if h["address"] == address), None)
    last = next((h for h in reversed(hops) if h["address"]), None)
    where = f"; the last that answers is {last['address']}" if last else ""
    return _step(
        asked,
        reached,
        None if reached else ("dial" if address else "dns"),
        "" if reached else f"it is not reached{where}",
        address=address,
        passed=passed,
        milliseconds=took,
        path=hops,
    )


def _hop(hop: Mapping[str, Any]) -> dict[str, Any]:
    timings = hop.get("timings") or []
    times = [t for each in timings if (t := _number(each.get("rtt"))) is not None]
    asns = [n for n in hop.get("asn") or [] if isinstance(n, int) and not isinstance(n, bool)]
    return {
        "address": plain(hop.get("resolvedAddress")) or None,
        "asn": asns[:4],
        "milliseconds": min(times) if times else None,
    }


_READERS = {"http": _http, "dns": _dns, "ping": _ping, "mtr": _route, "traceroute": _route}


def _headers(value: object) -> list[tuple[str, str]]:
    """Header names and values; several of one name come as a list."""
    if not isinstance(value, Mapping):
        return []
    pairs: list[tuple[str, str]] = []
    for name, text in list(value.items())[:200]:
        texts = text if isinstance(text, list) else [text]
        pairs += [(str(name), str(each)[:4_096]) for each in texts[:20]]
    return pairs


def _milliseconds(result: Mapping[str, Any]) -> float | None:
    timings = result.get("timings")
    return _number(timings.get("total")) if isinstance(timings, Mapping) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e9 else None
