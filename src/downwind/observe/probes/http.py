"""Asks a server one question over HTTP, and judges the answer."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.evidence.redact import redact_url
from downwind.observe.failures import HttpFailed, Unread
from downwind.observe.head import Head, read_head
from downwind.observe.probes.kinds import HttpProbe
from downwind.observe.probes.line import Line
from downwind.observe.probes.told import Told
from downwind.observe.urls import Url, parse_url
from downwind.observe.wire import Reply, make_reply, read_body, request_bytes

ANSWERS = (401, 403, 405, 429, 999)
"""A server that declines is there: no outage, whatever was expected of it. LinkedIn says 999."""


@dataclass(frozen=True, slots=True)
class Question:
    """A probe made ready, once for all its rounds."""

    probe: HttpProbe
    url: Url
    shown: str
    """The URL without secrets."""
    raw: bytes
    """The request as it goes out."""


def make_ready(probe: HttpProbe, agent: str) -> Question:
    """The probe was checked when it was written: nothing in it breaks out of its line."""
    url = parse_url(probe.url)
    headers = {
        "Host": url.authority,
        "User-Agent": agent,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    known = {name.lower(): name for name in headers}
    for name, value in probe.headers:
        headers[known.get(name.lower(), name)] = value
    raw = request_bytes(probe.method, url.target, headers, b"")
    return Question(probe, url, redact_url(str(url)), raw)


async def ask(question: Question, line: Line, told: Told) -> None:
    """One exchange; raises LayerFailed, and leaves in `told` what came."""
    probe, body = question.probe, bytearray()
    await line.send(question.raw)
    head = await read_head(line)
    told.status = head.status
    told.waits_for = "end of the answer"
    cut, whole = "", False
    try:
        whole = await read_body(line, head, probe.method, probe.cap, body)
    except HttpFailed as failed:
        cut = failed.reason
    except BaseException:
        # The time is over: what came until now may name the one who is slow.
        told.reply = _reply(question, head, body, "it did not end", whole, told)
        raise
    if not cut and _plain(probe, head):
        return
    reply = _reply(question, head, body, cut, whole, told)
    _judge(probe, reply, cut, told)


def _plain(probe: HttpProbe, head: Head) -> bool:
    """True where the status says it all, and it is fine."""
    return (
        200 <= head.status < 400
        and not probe.statuses
        and probe.contains is None
        and probe.lacks is None
    )


def _reply(
    question: Question, head: Head, body: bytearray, cut: str, whole: bool, told: Told
) -> Reply:
    cap = question.probe.cap
    return make_reply(head, body, cut, whole, cap, question.shown, told.address or "")


def _judge(probe: HttpProbe, reply: Reply, cut: str, told: Told) -> None:
    fault = _fault(probe, reply, cut)
    if fault is None:
        if reply.status in ANSWERS:
            told.extra["answered"] = True
        return
    told.reply = reply
    told.fails(*fault)


def _fault(probe: HttpProbe, reply: Reply, cut: str) -> tuple[str, str] | None:
    """The layer and the reason, or None where the answer is fine; raises Unread."""
    if reply.status in ANSWERS:
        return None
    if not _expected(probe, reply.status):
        # A server that fails is a failing layer; one that declines works, and says no.
        layer = "http" if 500 <= reply.status < 600 else "expect"
        wanted = ", ".join(map(str, probe.statuses)) or "2xx or 3xx"
        return layer, f"status {reply.status} where {wanted} was expected"
    if cut:
        return "http", cut
    if probe.contains is None and probe.lacks is None:
        return None
    if reply.unread:
        raise Unread(reply.problems[0])
    text = reply.text()
    if probe.contains is not None and probe.contains not in text:
        return "expect", f"the body does not hold {probe.contains[:80]!r}"
    if probe.lacks is not None and probe.lacks in text:
        return "expect", f"the body holds {probe.lacks[:80]!r}"
    return None


def _expected(probe: HttpProbe, status: int) -> bool:
    return status in probe.statuses if probe.statuses else 200 <= status < 400
