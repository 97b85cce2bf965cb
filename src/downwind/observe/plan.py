"""What to ask next, given what was seen. No I/O: the loop in mapping.py carries it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from downwind.evidence.domains import registered_domain
from downwind.observe.asks import Ask, What
from downwind.observe.failures import HttpFailed
from downwind.observe.mail.asks import MailAsks
from downwind.observe.names import is_address
from downwind.observe.urls import Url, parse_url
from downwind.terms import Evidence, Seen, Unanswered

_DEEPEST = 24
"""Zones that name servers of ever new zones would otherwise lead on for ever."""
_MOST_ASKS = 5_000
_PAGE_HOSTS = 40


class Plan:
    """Remembers what was asked and seen; each ask is given out once."""

    def __init__(
        self, names: Sequence[str], *, hosts: Sequence[str] = (), registrations: bool = False
    ) -> None:
        self._registrations = registrations
        self._names = tuple(dict.fromkeys(names))
        self._hosts = tuple(dict.fromkeys(hosts))
        self._given: set[Ask] = set()
        self._depth: dict[str, int] = {}
        self._ports: dict[str, int] = {}
        self._found: dict[str, list[str]] = {}
        self.named: set[str] = set()
        """The hosts that the names speak of."""
        self._zones: dict[str, str] = {}
        self._server: dict[str, str] = {}
        self._https_first: dict[str, str] = {}
        self._mail = MailAsks()
        self._rules: Mapping[str, Callable[[str, Mapping[str, Any]], Iterable[Ask]]] = {
            "dns.a": self._on_address,
            "dns.aaaa": self._on_address,
            "dns.cname": lambda host, value: self._host(str(value["target"])),
            "dns.zone_of": self._on_zone_of,
            "dns.zone": self._on_zone,
            "dns.server": self._on_server,
            "tls.certificate": self._on_certificate,
            "http.page": self._on_page,
            "page.resources": self._on_resources,
            "dns.mx": self._mail.on_mx,
            "dns.txt": self._mail.on_text,
            "mail.dkim": self._mail.on_dkim,
            "mail.sts": lambda _, value: self._hosts_of((str(value["url"]),)),
        }

    def first(self) -> tuple[Ask, ...]:
        """What to ask before anything was seen."""
        named = self._give(ask for name in self._names for ask in self._start(name))
        hosts = (f"https://{host}/" for host in self._hosts)
        return (*named, *self._give(self._hosts_of(hosts)))

    def seen(self, evidence: Evidence) -> tuple[Ask, ...]:
        """What to ask now that this was seen."""
        asks: Iterable[Ask] = ()
        if isinstance(evidence.finding, Seen):
            rule = self._rules.get(evidence.kind)
            asks = rule(evidence.subject, evidence.finding.value) if rule else ()
        elif isinstance(evidence.finding, Unanswered) and evidence.kind == "http.page":
            asks = self._on_no_page(evidence.subject, evidence.finding.detail)
        return self._give(asks, self._depth_of(evidence.subject) + 1)

    def _depth_of(self, subject: str) -> int:
        return self._depth.get(subject, 0)

    def _give(self, asks: Iterable[Ask], depth: int = 0) -> tuple[Ask, ...]:
        given = []
        for ask in asks:
            if ask in self._given or len(self._given) > _MOST_ASKS:
                continue
            self._given.add(ask)
            self._depth[ask.subject] = min(depth, self._depth.get(ask.subject, depth))
            given.append(self._bounded(ask))
        return tuple(given)

    def _bounded(self, ask: Ask) -> Ask:
        if len(self._given) > _MOST_ASKS:
            return replace(ask, refused=f"not asked: {_MOST_ASKS} questions were asked before it")
        if self._depth[ask.subject] > _DEEPEST:
            return replace(ask, refused=f"not followed: more than {_DEEPEST} steps from the names")
        return ask

    def _start(self, name: str) -> Iterable[Ask]:
        whole = "://" in name
        try:
            url = parse_url(name if whole else f"https://{name}/")
        except HttpFailed as failed:
            yield Ask(What.ADDRESSES, name[:253], refused=failed.reason)
            return
        self.named.add(url.host)
        yield from self._web_host(url)
        if not is_address(url.host):
            yield from self._mail.first(url.host)
            domain = registered_domain(url.host)
            if self._registrations and domain is not None:
                yield Ask(What.REGISTRATION, domain)
        if not whole:
            self._https_first[str(url)] = f"http://{url.authority}/"
        yield Ask(What.PAGE, str(url))

    def _host(self, host: str) -> Iterable[Ask]:
        """A host whose name must resolve, and whatever that stands on."""
        if is_address(host) or host == ".":
            return
        yield Ask(What.ADDRESSES, host)
        yield Ask(What.ZONE_OF, host)

    def _web_host(self, url: Url) -> Iterable[Ask]:
        """A host that is also talked to over TLS."""
        if url.secure and url.host not in self._ports:
            self._ports[url.host] = url.port
            yield from self._certificates(url.host)
        if is_address(url.host) and url.secure:
            yield Ask(What.CERTIFICATE, url.host, (url.host,), url.port)
        yield from self._host(url.host)

    def _hosts_of(self, urls: Iterable[str]) -> Iterable[Ask]:
        for text in urls:
            try:
                url = parse_url(text)
            except HttpFailed:
                continue
            yield from self._web_host(url)

    def _certificates(self, host: str) -> Iterable[Ask]:
        """The first address of each family."""
        port = self._ports.get(host)
        if port is None:
            return
        for ip in self._found.get(host, ()):
            yield Ask(What.CERTIFICATE, host, (ip,), port)

    def _on_address(self, host: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        addresses = value.get("addresses") or ()
        if addresses and addresses[0] not in self._found.setdefault(host, []):
            family = ":" in addresses[0]
            if not any((":" in known) == family for known in self._found[host]):
                self._found[host].append(addresses[0])
        yield from self._certificates(host)

    def _on_zone_of(self, host: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        zone = str(value["zone"])
        self._zones[host] = zone
        yield Ask(What.ZONE, zone)
        if host in self.named:
            yield Ask(What.RECORDS, zone)
        yield from self._full_ttl(host)

    def _on_zone(self, zone: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        for server in value["name_servers"]:
            yield from self._host(server["host"])
            yield Ask(What.SERVER, f"{zone}@{server['host']}", tuple(server["glue"] or ()))
        if value["parent"] is not None:
            yield Ask(What.ZONE, value["parent"])

    def _on_server(self, subject: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        zone = subject.partition("@")[0]
        if value["lame"] or zone in self._server:
            return
        self._server[zone] = str(value["address"])
        for host in [host for host, held in self._zones.items() if held == zone]:
            yield from self._full_ttl(host)

    def _full_ttl(self, host: str) -> Iterable[Ask]:
        """A resolver's answer has aged in its cache; the zone's own server knows the whole TTL."""
        server = self._server.get(self._zones.get(host, ""))
        if server is not None:
            yield Ask(What.FULL_TTL, host, (server,))

    def _on_certificate(self, host: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        for text in (*value["ocsp"], *value["crl"]):
            try:
                yield from self._host(parse_url(text).host)
            except HttpFailed:
                continue

    def _on_page(self, url: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        yield from self._hosts_of((*value["redirects"], value["final_url"]))

    def _on_no_page(self, url: str, detail: Mapping[str, Any]) -> Iterable[Ask]:
        yield from self._hosts_of(detail.get("redirects") or ())
        plain = self._https_first.get(url)
        if plain is not None and detail.get("layer") in ("dial", "tls"):
            yield Ask(What.PAGE, plain)

    def _on_resources(self, url: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        """Hosts that the page fetches from are mapped, the hard ones first; their pages are not."""
        ordered = sorted(value["resources"], key=lambda each: str(each["strength"]) != "hard")
        one_for_each = {each["host"]: each["url"] for each in reversed(ordered)}
        hosts = list(dict.fromkeys(each["host"] for each in ordered))[:_PAGE_HOSTS]
        yield from self._hosts_of(one_for_each[host] for host in hosts)
