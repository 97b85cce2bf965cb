"""Asks Globalping (https://globalping.io) to look from elsewhere. Off unless somebody turns it on.

Whoever it asks learns the target: Globalping, and the owners of the probes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from downwind.observe.failures import HttpFailed, LayerFailed
from downwind.observe.globalping.limits import Budget
from downwind.observe.globalping.reading import Answered, Asked, Kind, read_measurement
from downwind.observe.globalping.sites import Avoid, Location, Site, choose_locations, read_sites
from downwind.observe.names import is_address
from downwind.observe.network import Network
from downwind.observe.session import Session
from downwind.observe.urls import parse_url
from downwind.observe.wire import Reply
from downwind.terms import CannotMeasure, UsageError

API = "https://api.globalping.io"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_POLL = 0.5
"""Seconds after an answer until the next question: Globalping's guidelines ask for as many."""
_SITES_LAST = 3600.0
"""Seconds for which the list of probes is used again."""
_SITES_CAP = 16_000_000
_RESULT_CAP = 16_000_000
MOST_PROBES = 50
"""In one measurement."""


@dataclass(slots=True)
class Globalping:
    """A client of the API. Times are seconds of the network's clock."""

    network: Network
    token: str = ""
    """Raises the limits; without one those of an address hold."""
    api: str = API
    budget: Budget = field(default_factory=Budget)
    patience: float = 40.0
    """How long to wait for a measurement to end."""
    _sites: tuple[float, tuple[Site, ...]] = (0.0, ())

    def __post_init__(self) -> None:
        parts = urlsplit(self.api)
        if parts.scheme != "https" and not _loopback(parts.hostname or ""):
            raise UsageError(f"{self.api!a:.100} would show the token to everybody on the way.")
        if not self.token.isascii() or not (self.token.isprintable() or not self.token):
            raise UsageError("Globalping's token holds what no token holds.")

    async def look(
        self, asked: Asked, avoid: Avoid, *, count: int = 3, seed: int = 0, record: str = "A"
    ) -> tuple[Answered, ...]:
        """See the target from up to `count` places outside the suspect.

        `record` is the type that a DNS test asks for. Raises CannotMeasure where no place is left
        or Globalping gives no answer, LimitReached where it takes no more for now. A result from
        inside the suspect, should one come all the same, is left out.
        """
        if not 0 < count <= MOST_PROBES:
            raise UsageError(f"Globalping is asked for 1 to {MOST_PROBES} probes at once.")
        body = request_body(asked, record)
        async with Session(self.network) as session:
            places = choose_locations(await self._connected(session), avoid, count, seed)
            if not places:
                raise CannotMeasure(
                    "Globalping has no probe outside the suspect's network.", where="Globalping"
                )
            return await self._measure(session, asked, body, places, avoid)

    async def _measure(
        self,
        session: Session,
        asked: Asked,
        body: Mapping[str, Any],
        places: Sequence[Location],
        avoid: Avoid,
    ) -> tuple[Answered, ...]:
        clock = self.network.clock
        self.budget.spend(len(places), clock.now())
        began = clock.now()
        locations = [place.to_json() for place in places]
        created = await self._ask(
            session, "POST", "/v1/measurements", 202, {**body, "locations": locations}
        )
        number = _text(created, "id")
        if not _ID.match(number):
            raise CannotMeasure(f"{number!a:.80} is no measurement.", where="Globalping")
        while True:
            await clock.sleep(_POLL)
            told = await self._ask(session, "GET", f"/v1/measurements/{number}", 200)
            waits = _text(told, "status") == "in-progress"
            if not waits or clock.now() - began > self.patience:
                break
        try:
            answers = read_measurement(told, asked, began)
        except ValueError as error:
            raise CannotMeasure(
                f"The measurement cannot be read: {error}.", where="Globalping"
            ) from error
        return tuple(answer for answer in answers if not avoid.why(answer.site))

    async def _connected(self, session: Session) -> tuple[Site, ...]:
        now = self.network.clock.now()
        since, sites = self._sites
        if sites and now - since < _SITES_LAST:
            return sites
        try:
            found = read_sites(await self._ask(session, "GET", "/v1/probes", 200))
        except ValueError as error:
            raise CannotMeasure(
                f"The list of probes cannot be read: {error}.", where="Globalping"
            ) from error
        self._sites = (now, found)
        return found

    async def _ask(
        self, session: Session, method: str, path: str, wanted: int, json: Any = None
    ) -> Any:
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        cap = _SITES_CAP if path == "/v1/probes" else _RESULT_CAP
        try:
            reply = await session.request(
                method, self.api + path, json=json, headers=headers, cap=cap
            )
        except LayerFailed as failed:
            raise CannotMeasure(
                f"Globalping cannot be asked: {failed.reason}.", where=self.api
            ) from failed
        self.budget.heard(reply.status, reply.headers, self.network.clock.now())
        if reply.status != wanted:
            raise CannotMeasure(
                f"Globalping answered {reply.status}{_error(reply)}.", where=self.api + path
            )
        try:
            return reply.json()
        except ValueError as error:
            raise CannotMeasure("Globalping's answer is not JSON.", where=self.api) from error


def request_body(asked: Asked, record: str = "A") -> dict[str, Any]:
    """The body of POST /v1/measurements, but for the places; raises UsageError for no target."""
    if asked.kind != "http":
        _check_public(asked.host)
        options = {"query": {"type": record}} if asked.kind == "dns" else {}
        body: dict[str, Any] = {"type": asked.kind, "target": asked.host}
        return {**body, "measurementOptions": options} if options else body
    try:
        url = parse_url(asked.url)
    except HttpFailed as failed:
        raise UsageError(f"{asked.url!a:.100} is no URL to ask Globalping for.") from failed
    _check_public(url.host)
    path, _, query = url.target.partition("?")
    # A body is there for GET only, and says whose error it is.
    request: dict[str, Any] = {"method": "GET", "path": path}
    if query:
        request["query"] = query
    return {
        "type": "http",
        "target": url.host,
        "measurementOptions": {
            "protocol": "HTTPS" if url.secure else "HTTP",
            "port": url.port,
            "request": request,
        },
    }


def asked_for(subject: str, kind: Kind, target: str, expected: Sequence[int] = ()) -> Asked:
    """What to ask for a target: a URL for http, a host name or an address for the others."""
    if kind != "http":
        return Asked(subject, kind, target, target, frozenset(expected))
    try:
        url = parse_url(target)
    except HttpFailed as failed:
        raise UsageError(f"{target!a:.100} is no URL to ask Globalping for.") from failed
    return Asked(subject, kind, str(url), url.host, frozenset(expected))


def _check_public(host: str) -> None:
    """What is private is nobody's business, and Globalping refuses it."""
    if is_address(host) and not ipaddress.ip_address(host).is_global:
        raise UsageError(f"{host} is a private or special address.")
    if not is_address(host) and "." not in host.rstrip("."):
        raise UsageError(f"{host!a:.100} is no public name.")


def _text(data: object, name: str) -> str:
    value = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(value, str):
        raise CannotMeasure(f"Globalping's answer has no {name}.", where="Globalping")
    return value


def _error(reply: Reply) -> str:
    """As in `: no_probes_found: No suitable probes found.`"""
    try:
        error = reply.json()["error"]
        return f": {error['type']!a:.60}: {error['message']!a:.200}"
    except (ValueError, KeyError, TypeError):
        return ""


def _loopback(host: str) -> bool:
    return is_address(host) and ipaddress.ip_address(host).is_loopback
