"""One handshake and the front page of a name, over one connection where both are wanted."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from downwind.evidence.hosts import host_of
from downwind.observe.dialer import Dialer, Streams
from downwind.observe.http import fetch_page
from downwind.observe.network import Network
from downwind.observe.resolve import Addressing, Resolver
from downwind.observe.robots import Robots
from downwind.observe.session import Session
from downwind.observe.tls import certificate_of, record_certificate
from downwind.survey.limits.manners import Visit, WebManners
from downwind.survey.looks.facts import Facts
from downwind.survey.looks.hosts import Told
from downwind.terms import Evidence, Finding, Seen, Unanswered

Look = Callable[[str], Awaitable[Facts]]
"""Facts on a host name."""
TLS, HTTP = "tls", "http"
_NO_TLS = ("dial", "tls")


class Web:
    """Looks at the web servers of names."""

    def __init__(
        self,
        network: Network,
        manners: WebManners,
        told: Told,
        look: Look,
        looked_at: Sequence[str],
    ) -> None:
        self._network = network
        self._manners = manners
        self._told = told
        self._look = look
        self._tls = TLS in looked_at
        self._http = HTTP in looked_at

    async def look(self, name: str, host: Facts) -> Facts:
        """Certificate and front page of a name; it leads to the hosts that the page came from."""
        addresses = _addresses(host)
        if not addresses or not (self._tls or self._http):
            return Facts(())
        if not self._http:
            return Facts((self._told(name, "tls.certificate", await self._shake(name, addresses)),))
        return await self._front_page(name, addresses)

    async def _shake(self, name: str, addresses: Sequence[str]) -> Finding:
        dialer = Dialer(self._network)
        await self._manners.handshake()
        async with self._manners.gate(addresses[0]):
            return await record_certificate(self._network, dialer, name, addresses[0])

    async def _front_page(self, name: str, addresses: Sequence[str]) -> Facts:
        dialer = _NotingDialer(self._network, name)
        page, resources, url = await self._fetch(f"https://{name}/", name, dialer)
        told = [self._certificate(name, dialer) or await self._certificate_alone(name, addresses)]
        told += self._page(url, page, resources)
        if isinstance(page, Unanswered) and page.detail.get("layer") in _NO_TLS:
            page, resources, url = await self._fetch(f"http://{name}/", name, dialer)
            told += self._page(url, page, resources)
        return Facts(tuple(told), _leads(page, name))

    async def _fetch(self, url: str, name: str, dialer: Dialer) -> tuple[Finding, Finding, str]:
        resolver = _FactsResolver(self._network, dialer, self._look)
        robots = Robots({name}) if self._network.manners.robots else None
        visit = Visit(self._manners)
        try:
            async with Session(
                self._network, resolver, visit.gate, self._manners, dialer
            ) as session:
                permit = robots.permit if robots else None
                page, resources = await fetch_page(session, url, permit)
        finally:
            await visit.leave()
        return page, resources, url

    def _certificate(self, name: str, dialer: _NotingDialer) -> Evidence | None:
        if dialer.shown is None:
            return None
        secured, address = dialer.shown
        finding = certificate_of(secured, name, address, self._network.clock.now())
        return self._told(name, "tls.certificate", finding)

    async def _certificate_alone(self, name: str, addresses: Sequence[str]) -> Evidence:
        return self._told(name, "tls.certificate", await self._shake(name, addresses))

    def _page(self, url: str, page: Finding, resources: Finding) -> list[Evidence]:
        return [
            self._told(url, "http.page", page),
            self._told(url, "page.resources", resources),
        ]


class _NotingDialer(Dialer):
    """Notes what was shown in the first handshake with a name."""

    def __init__(self, network: Network, name: str) -> None:
        super().__init__(network)
        self._name = name
        self.shown: tuple[ssl.SSLObject, str] | None = None

    async def open_tls(
        self,
        ip: str,
        port: int,
        server_name: str,
        context: ssl.SSLContext,
        timeout: float,
        connect: float | None = None,
    ) -> Streams:
        streams = await super().open_tls(ip, port, server_name, context, timeout, connect)
        if self.shown is None and server_name == self._name:
            self.shown = (streams[1].get_extra_info("ssl_object"), ip)
        return streams


class _FactsResolver(Resolver):
    """Addresses as the survey has seen them."""

    def __init__(self, network: Network, dialer: Dialer, look: Look) -> None:
        super().__init__(network, dialer)
        self._look = look

    async def addresses(self, host: str) -> tuple[Addressing, Addressing]:
        facts = await self._look(host)
        return _addressing(facts, "dns.a"), _addressing(facts, "dns.aaaa")


def _addressing(facts: Facts, kind: str) -> Addressing:
    finding = next(each.finding for each in facts.evidence if each.kind == kind)
    detail: Any = getattr(finding, "detail", {})
    return Addressing((), finding, detail.get("rcode", "NOERROR"), detail.get("ede", []))


def _addresses(host: Facts) -> list[str]:
    """IPv4 first: a machine without IPv6 is common."""
    return [ip for kind in ("dns.a", "dns.aaaa") for ip in host.value(kind).get("addresses", ())]


def _leads(page: Finding, name: str) -> tuple[str, ...]:
    if not isinstance(page, Seen):
        return ()
    hosts = [host_of(url) for url in (*page.value["redirects"], page.value["final_url"])]
    return tuple(f"host {host}" for host in dict.fromkeys(hosts) if host and host != name)
