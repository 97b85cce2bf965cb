"""A vantage's connection to its hub: HTTPS with a token, to the hub that was meant and no other."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

from downwind.terms import CannotMeasure, UsageError
from downwind.watch.vantages.batch import Receipt, receipt_from_json

LARGEST_ANSWER = 32 * 1024 * 1024
_FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class HubAddress:
    """Where the hub is, and how it is known to be the hub."""

    url: str
    """https://hub.x.test:8443; http:// only to a loopback address."""
    token: str
    ca: Path | None = None
    """Trust anchors of its certificate, in PEM; None: those of this machine."""
    fingerprint: str = ""
    """SHA-256 of its certificate in hex, colons allowed: then this one certificate and no other."""
    timeout: float = 30.0
    """Seconds for one request."""


class HubAway(CannotMeasure):
    """The hub gave no answer, or none that can be used; worth another try."""

    def __init__(self, what: str, *, status: int = 0, wait: float = 0.0, where: str = "") -> None:
        super().__init__(what, where=where)
        self.status = status
        """Of HTTP; 0 where none came."""
        self.wait = wait
        """Seconds for which the hub asked to be left alone; 0 where it did not."""


def check_hub(address: HubAddress) -> HubAddress:
    """The address with what it needs; raises UsageError where a token would go astray."""
    try:
        parts = urlsplit(address.url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{address.url!a:.100} is no URL: {error}.") from error
    del port  # asked for, so that a wrong one raises
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.query:
        raise UsageError(
            f"{address.url!a:.100} is no address of a hub.", todo="Write https://hub.x.test:8443."
        )
    if parts.scheme == "http" and not _loopback(host):
        raise UsageError(
            f"{address.url!a:.100} would show the token to everybody on the way.",
            todo="Write https://; plain http goes to loopback only.",
        )
    if not address.token or not address.token.isascii() or not address.token.isprintable():
        raise UsageError("The hub's token is missing, or holds what no token holds.")
    pinned = address.fingerprint.replace(":", "").lower()
    if pinned and not _FINGERPRINT.match(pinned):
        raise UsageError(
            "The fingerprint is no SHA-256 of a certificate.",
            todo="It has 64 hex digits: openssl x509 -noout -fingerprint -sha256 -in hub.pem",
        )
    url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return HubAddress(url, address.token, address.ca, pinned, address.timeout)


class HubLink:
    """Requests to one hub."""

    def __init__(self, address: HubAddress, agent: str) -> None:
        self._address = check_hub(address)
        self._trust = _trust(self._address)
        self._agent = agent
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._address.timeout),
            headers={"Authorization": f"Bearer {self._address.token}", "User-Agent": self._agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # a transport lets go of its socket in the next round

    async def orders(self, vantage: str) -> Any:
        """The JSON of the orders; raises HubAway."""
        return await self._ask("GET", f"/api/v1/orders?vantage={vantage}", b"")

    async def confirmations(self, number: int, wait: int) -> Any:
        """The JSON of what is asked at once after that number, which may take `wait` seconds to
        come; raises HubAway."""
        wait = min(wait, max(1, int(self._address.timeout / 2)))
        return await self._ask("GET", f"/api/v1/confirmations?since={number}&wait={wait}", b"")

    async def send(self, body: bytes) -> Receipt:
        """Hand over a batch; raises HubAway."""
        try:
            return receipt_from_json(await self._ask("POST", "/api/v1/evidence", body))
        except ValueError as error:
            raise HubAway(f"The hub's receipt cannot be read: {error}.") from error

    async def _ask(self, method: str, path: str, body: bytes) -> Any:
        assert self._session is not None
        url = self._address.url + path
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        try:
            async with self._session.request(
                method,
                url,
                data=body or None,
                headers=headers if body else None,
                ssl=self._trust,
                allow_redirects=False,  # the token is for this hub
            ) as reply:
                return await _answer(reply)
        except TimeoutError:
            raise HubAway(
                f"The hub gave no answer within {self._address.timeout:g} s.", where=url
            ) from None
        except aiohttp.ServerFingerprintMismatch as error:
            raise HubAway(
                f"Somebody else answers for the hub: its certificate is {error.got.hex()}.",
                where=url,
            ) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise HubAway(
                f"The hub's certificate is not trusted here: {error.certificate_error.args[-1]}. "
                "Give its authority (--authority) or its SHA-256 (--fingerprint).",
                where=url,
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise HubAway(f"The hub cannot be reached: {_reason(error)}.", where=url) from error


async def _answer(reply: aiohttp.ClientResponse) -> Any:
    where = str(reply.url)
    if reply.status != 200:
        raise HubAway(
            f"The hub answered {reply.status}{await _told(reply)}.",
            status=reply.status,
            wait=_wait(reply.headers.get("Retry-After", "")),
            where=where,
        )
    data = bytearray()
    async for piece in reply.content.iter_chunked(65_536):
        data += piece
        if len(data) > LARGEST_ANSWER:
            raise HubAway(f"The hub's answer is longer than {LARGEST_ANSWER} bytes.", where=where)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HubAway("The hub's answer is not JSON.", where=where) from error


async def _told(reply: aiohttp.ClientResponse) -> str:
    """What an error of the API says: {"what", "where", "todo"}."""
    try:
        said = json.loads(await reply.content.read(4096))["what"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f": {said!a:.200}" if isinstance(said, str) else ""


def _wait(text: str) -> float:
    return min(float(text), 3600.0) if text.isascii() and text.isdecimal() else 0.0


def _trust(address: HubAddress) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
    if address.fingerprint:
        return aiohttp.Fingerprint(bytes.fromhex(address.fingerprint))
    if address.ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(address.ca))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"The trust anchors cannot be read: {error}.", where=str(address.ca)
        ) from error


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    return f"{error}".strip().rstrip(".")[:300] or type(error).__name__
