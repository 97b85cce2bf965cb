"""Receivers of alerts on loopback: an HTTP server that may fail, and a mail server."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiohttp import web


@dataclass
class HttpSink:
    """Answers with the next status of its plan, and with 200 where the plan has ended."""

    url: str = ""
    plan: list[int | float] = field(default_factory=list)
    """Statuses; a float is a pause in seconds before a 200."""
    headers: dict[str, str] = field(default_factory=dict)
    got: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def got_all(self, count: int) -> None:
        """Wait until as many requests came, five seconds at most."""
        async with asyncio.timeout(5):
            while len(self.bodies) < count:
                self.news.clear()
                await self.news.wait()

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append(request)
        self.bodies.append(await request.read())
        self.news.set()
        what = self.plan.pop(0) if self.plan else 200
        if isinstance(what, float):
            await asyncio.sleep(what)
            what = 200
        headers = self.headers if what != 200 else {}
        return web.Response(status=what, headers=headers)


@asynccontextmanager
async def http_sink(*plan: int | float) -> AsyncIterator[HttpSink]:
    sink = HttpSink(plan=list(plan))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", sink.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    sink.url = f"http://{host}:{port}"
    try:
        yield sink
    finally:
        await runner.cleanup()


def check_alertmanager(posted: Any) -> None:
    """The body of POST /api/v2/alerts, as Alertmanager's openapi.yaml has it: postableAlerts."""
    assert isinstance(posted, list)
    for alert in posted:
        assert set(alert) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
        assert alert["labels"], "an alert without labels is refused"
        for name in ("labels", "annotations"):
            for key, value in alert.get(name, {}).items():
                assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", key)
                assert isinstance(value, str)
        starts, ends = (datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt"))
        assert starts.tzinfo
        assert starts <= ends, "start time must be before end time"


@dataclass
class MailSink:
    """An SMTP server (RFC 5321) that keeps what it takes; `refuse` maps a verb to an answer."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    user: tuple[str, str] | None = None
    refuse: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure = False
        sender, to = "", list[str]()
        writer.write(b"220 sink.test ESMTP\r\n")
        while line := await reader.readline():
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            verb = verb.upper()
            if verb in self.refuse:
                writer.write(self.refuse[verb].encode() + b"\r\n")
            elif verb == "EHLO":
                extras = ["sink.test"]
                extras += ["STARTTLS"] if self.tls and not secure else []
                extras += ["AUTH PLAIN"] if self.user else []
                writer.write(_many(250, extras))
            elif verb == "STARTTLS" and self.tls:
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(self.tls)
                secure = True
            elif verb == "AUTH":
                writer.write(self._authenticated(rest))
            elif verb == "MAIL":
                sender = _bare(rest)
                writer.write(b"250 ok\r\n")
            elif verb == "RCPT":
                to.append(_bare(rest))
                writer.write(b"250 ok\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                data = await _data(reader)
                self.mails.append(message_from_bytes(data, policy=policy.SMTP))
                self.envelopes.append((sender, tuple(to)))
                self.encrypted.append(secure)
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()

    def _authenticated(self, rest: str) -> bytes:
        given = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")[1:]
        return b"235 ok\r\n" if tuple(given) == self.user else b"535 no\r\n"


@asynccontextmanager
async def mail_sink(**settings: Any) -> AsyncIterator[MailSink]:
    sink = MailSink(**settings)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        await server.wait_closed()


async def _data(reader: asyncio.StreamReader) -> bytes:
    lines = []
    while (line := await reader.readline()) != b".\r\n":
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)


def _many(code: int, lines: Sequence[str]) -> bytes:
    told = [f"{code}-{line}" for line in lines[:-1]] + [f"{code} {lines[-1]}"]
    return "\r\n".join(told).encode() + b"\r\n"


def _bare(text: str) -> str:
    found = re.search(r"<([^>]*)>", text)
    assert found
    return found[1]
