"""The parsers that read what strangers wrote, each as a function of bytes that must return.

What a parser may raise for bad input is caught here; anything else that it raises is a defect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from io import BufferedReader, BytesIO

from downwind.catalog.published.formats import NotItsFormat, read_rows
from downwind.evidence.inside.backstage import read_backstage
from downwind.evidence.inside.dnslog import FORMATS as LOG_FORMATS
from downwind.evidence.inside.dnslog import read_dnslog
from downwind.evidence.inside.otel import read_otel
from downwind.evidence.inside.terraform import read_terraform
from downwind.evidence.mail.spf import read_spf
from downwind.evidence.mail.sts import read_sts_policy
from downwind.observe.certificate import covers, problems, read_certificate
from downwind.observe.failures import HttpFailed
from downwind.observe.feed import detect, read_feed
from downwind.observe.feeds import READERS
from downwind.observe.head import read_head
from downwind.observe.page import read_page
from downwind.observe.wire import decode_body, read_body
from downwind.survey.dns.rdata import WireError
from downwind.survey.dns.wire import read_message
from downwind.terms import CannotMeasure, DownwindError, UsageError

PREFIX_FORMS = ("aws", "azure", "google", "google-cloud", "oracle", "fastly", "github", "lines")
_CAP = 100_000


def dns(data: bytes) -> None:
    """A DNS reply, as `map --list` reads it."""
    try:
        read_message(data)
    except WireError:
        return


def certificate(data: bytes) -> None:
    """A certificate in DER, and what is said of it."""
    try:
        read = read_certificate(data)
    except ValueError:
        return
    covers(read.names, "www.x.test")
    problems([read], "www.x.test", 1_800_000_000.0)


def headers(data: bytes) -> None:
    """An HTTP reply: its head, its body by length or in chunks, and what is packed in it."""
    asyncio.run(_reply(data))


async def _reply(data: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    body = bytearray()
    try:
        head = await read_head(reader)
        await read_body(reader, head, "GET", _CAP, body)
        decode_body(bytes(body), head, _CAP)
    except HttpFailed:
        return


def html(data: bytes) -> None:
    """A page, and what it loads."""
    read_page(data.decode("utf-8", errors="replace"), "https://www.x.test/a/b?c")


def prefixes(data: bytes) -> None:
    """A published list of prefixes; the first byte says in which form."""
    try:
        read_rows(PREFIX_FORMS[(data[0] if data else 0) % len(PREFIX_FORMS)], [data[1:], data[1:]])
    except NotItsFormat:
        return


def dnslog(data: bytes) -> None:
    """A resolver's query log; the first byte says in which form, or that it is to be found out."""
    forms = (None, *LOG_FORMATS)
    form = forms[(data[0] if data else 0) % len(forms)]
    try:
        read_dnslog(BufferedReader(BytesIO(data[1:])), now=1_800_000_000.0, form=form)
    except (CannotMeasure, UsageError):
        return


def inside(data: bytes) -> None:
    """A document from inside; the first byte says of which kind."""
    read = (read_otel, read_terraform, read_backstage)[(data[0] if data else 0) % 3]
    with suppress(DownwindError):
        read(data[1:])


def mail(data: bytes) -> None:
    """An SPF record and an MTA-STS policy."""
    text = data.decode("utf-8", errors="replace")
    read_spf(text)
    with suppress(ValueError):
        read_sts_policy(text)


def feeds(data: bytes) -> None:
    """A status feed; the first byte says in which format, and its body says it as well."""
    read_feed(READERS[(data[0] if data else 0) % len(READERS)], data[1:], 1_800_000_000.0)
    detect(data[1:])


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (dns, certificate, headers, html, prefixes, dnslog, inside, mail, feeds)
}
