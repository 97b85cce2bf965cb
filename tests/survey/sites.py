"""Invented sites in proportions that are usual on the web, with their zones.

Of a hundred: two do not exist and five are aliases at a content network. Three in ten have IPv6;
six in ten have their mail at a provider and two at a host of their own; one in ten says who may
issue its certificates; one in ten runs its own name servers and five have two providers.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

TLDS = ("com", "net", "org", "de", "fr", "nl", "io", "eu")
PROVIDER_ZONE = "dns{:02d}.net"
REGISTRY_ZONE = "registry.net"
SITE_NETWORK = "127.70"
"""Where the sites' web servers would be."""
PROVIDERS = 40
_SERVERS = 4


def registry_address(tld: int, number: int) -> str:
    return f"127.53.{1 + tld}.{1 + number}"


def server_address(provider: int, number: int) -> str:
    return f"127.54.{provider}.{1 + number}"


@dataclass(frozen=True, slots=True)
class Site:
    """One listed name, and what its zone holds."""

    number: int
    tld: str
    providers: tuple[int, ...]
    exists: bool = True
    alias: bool = False
    """Listed as www, an alias at a content network."""
    ipv6: bool = False
    mail: str = ""
    """provider, own, or none."""
    caa: bool = False
    own_servers: bool = False

    @property
    def domain(self) -> str:
        return f"site{self.number:06d}.{self.tld}"

    @property
    def name(self) -> str:
        return f"www.{self.domain}" if self.alias else self.domain

    def delegation(self) -> list[str]:
        """Its lines in the registry's zone."""
        if not self.exists:
            return []
        if self.own_servers:
            hosts = [f"ns{n}.{self.domain}." for n in (1, 2)]
            glue = [f"{h} A {server_address(0, n)}" for n, h in enumerate(hosts)]
            return [*(f"{self.domain}. NS {host}" for host in hosts), *glue]
        return [f"{self.domain}. NS {host}" for host in self.servers()]

    def servers(self) -> list[str]:
        each = _SERVERS if len(self.providers) == 1 else 2
        return [
            f"ns{n + 1}.{PROVIDER_ZONE.format(p)}." for p in self.providers for n in range(each)
        ]


def make_sites(many: int, seed: int = 0) -> list[Site]:
    """The same sites for the same seed."""
    draw = random.Random(seed)
    weights = [1 / (1 + place) for place in range(PROVIDERS)]
    return [_site(number, draw, weights) for number in range(many)]


def _site(number: int, draw: random.Random, weights: Sequence[float]) -> Site:
    many = 2 if draw.random() < 0.05 else 1
    providers = tuple(dict.fromkeys(draw.choices(range(PROVIDERS), weights, k=many)))
    own = draw.random() < 0.1
    return Site(
        number=number,
        tld=draw.choice(TLDS),
        providers=(0,) if own else providers,
        exists=draw.random() >= 0.02,
        alias=draw.random() < 0.05,
        ipv6=draw.random() < 0.3,
        mail=draw.choices(("provider", "own", "none"), (6, 2, 2))[0],
        caa=draw.random() < 0.1,
        own_servers=own,
    )


def template(site: Site) -> str:
    """Sites with the same template have the same zone but for its name."""
    marks = [
        flag for flag, on in (("x", site.own_servers), ("6", site.ipv6), ("c", site.caa)) if on
    ]
    where = "-".join(map(str, site.providers))
    return f"t{where}-{site.mail}-{''.join(marks)}-{site.number % 64}"


def template_text(site: Site) -> str:
    """The zone file, with names relative to the zone."""
    net, host = divmod(site.number % 64, 8)
    servers = ["ns1", "ns2"] if site.own_servers else site.servers()
    lines = [
        "$TTL 3600",
        f"@ SOA {servers[0]} hostmaster 1 7200 900 1209600 300",
        *(f"@ NS {server}" for server in servers),
        f"@ A {SITE_NETWORK}.{net}.{1 + host}",
        f"@ A {SITE_NETWORK}.{net}.{9 + host}",
        f"www CNAME c{site.number % 64}.cdn.{PROVIDER_ZONE.format(1)}.",
        '@ TXT "v=spf1 include:_spf.mail.dns02.net -all"',
        '@ TXT "some-verification=0123456789abcdef0123456789abcdef"',
    ]
    if site.own_servers:
        lines += [f"ns{n + 1} A {server_address(0, n)}" for n in range(2)]
    if site.ipv6:
        lines.append("@ AAAA fd00::1")
    if site.mail == "own":
        lines += ["@ MX 10 mail", f"mail A {SITE_NETWORK}.{net}.{20 + host}"]
    elif site.mail == "provider":
        lines += [f"@ MX {10 * (n + 1)} mx{n + 1}.mail.dns02.net." for n in range(3)]
    if site.caa:
        lines.append('@ CAA 0 issue "ca.example"')
    return "\n".join(lines) + "\n"


def provider_addresses(provider: int) -> list[str]:
    """Of its four name servers."""
    return [server_address(provider, number) for number in range(_SERVERS)]


def provider_delegation(provider: int) -> tuple[str, list[str]]:
    """The top-level domain that a provider's own zone is in, and its lines there."""
    zone = PROVIDER_ZONE.format(provider)
    lines = []
    for place, address in enumerate(provider_addresses(provider), start=1):
        lines += [f"{zone}. NS ns{place}.{zone}.", f"ns{place}.{zone}. A {address}"]
    return zone.rpartition(".")[2], lines


def provider_text(provider: int) -> str:
    """The zone file of a provider; any of them may run a content network and mail."""
    lines = ["$TTL 3600", "@ SOA ns1 hostmaster 1 7200 900 1209600 300"]
    for place, address in enumerate(provider_addresses(provider), start=1):
        lines += [f"@ NS ns{place}", f"ns{place} A {address}"]
    lines += [f"*.cdn A {SITE_NETWORK}.9.1", f"*.cdn A {SITE_NETWORK}.9.2"]
    lines += [f"mx{number}.mail A {SITE_NETWORK}.10.{number}" for number in (1, 2, 3)]
    return "\n".join(lines) + "\n"
