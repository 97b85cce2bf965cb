"""The catalogue to ask: fingerprints to provider, product, region; errors to the layer at fault."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from pathlib import Path

from downwind.catalog.asdb import AsDatabase
from downwind.catalog.assemble import claims_of, merge, signs_of
from downwind.catalog.claims import Claim, Claims
from downwind.catalog.decay import BY_NETWORK, FLOOR, UNCONFIRMED, confidence
from downwind.catalog.hosts import SuffixIndex, clean_host
from downwind.catalog.issuers import IssuerIndex
from downwind.catalog.prefixes import PrefixIndex
from downwind.catalog.published import kept_lists, with_lists
from downwind.catalog.read import (
    Part,
    file_parts,
    package_parts,
    package_signatures,
    parts_of,
)
from downwind.catalog.schema import HOST_KINDS
from downwind.catalog.signs import Sign, is_named, make_reply, read_signs
from downwind.catalog.types import Match, Provider, Signed
from downwind.terms import Scope

_SHOWN = 60
_PLACES = {
    "ns": "the name server",
    "cname": "the alias",
    "mx": "the mail exchanger",
    "spf": "the SPF include",
    "script_host": "the resource host",
    "api_host": "the API host",
    "revocation_host": "the revocation service",
}


class Catalog:
    """Who is who. Built once and then only read; every answer is the best first, () if unknown.

    Facts are believed less with age where the catalogue is told the day; what falls below the
    floor (decay.py) is unknown.
    """

    def __init__(
        self, parts: Sequence[Part], signs: Iterable[Sign] = (), *, today: date | None = None
    ) -> None:
        self._today = today
        self._networks: AsDatabase | None = None
        self._providers = merge(parts)
        claims = claims_of(parts, self._providers)
        self._signs = (*signs_of(parts, self._providers), *signs)
        self._claims: Claims = claims
        self._hosts = {kind: SuffixIndex(claims.hosts.get(kind, {})) for kind in HOST_KINDS}
        self._prefixes = PrefixIndex(claims.prefixes.items())
        networked = (*claims.prefixes.values(), *claims.networks.values())
        self._with_addresses = frozenset(claim.provider for claim in networked)
        self._issuers = IssuerIndex(claims.issuers)
        self._cookie_heads = tuple(
            (name[:-1], claim) for name, claim in claims.cookies.items() if name.endswith("*")
        )

    @classmethod
    def load(
        cls,
        overlays: Sequence[Path] = (),
        *,
        today: date | None = None,
        lists: Path | None = None,
    ) -> "Catalog":
        """What comes with Downwind, and what files or folders add to it; raises CatalogError.

        `today` is the day by which facts have aged; without it none has. `lists` is a folder of
        fetched prefix lists (`downwind update`), which stand in for the packaged tables.
        """
        packaged = with_lists(package_parts(), kept_lists(lists))
        return cls((*packaged, *file_parts(overlays)), _general(), today=today)

    @classmethod
    def from_texts(
        cls, texts: Sequence[str], *, with_package: bool = False, today: date | None = None
    ) -> "Catalog":
        """The same from texts, which add to one another; raises CatalogError."""
        parts = [
            p for n, text in enumerate(texts) for p in parts_of(text, f"text {n + 1}", nearer=True)
        ]
        every = (*package_parts(), *parts) if with_package else parts
        return cls(every, _general(), today=today)

    def with_networks(self, networks: AsDatabase) -> "Catalog":
        """The same, which also knows which network announces an address."""
        other = copy(self)
        other._networks = networks
        return other

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All providers, by id."""
        return tuple(self._providers.values())

    def provider(self, provider: str) -> Provider | None:
        """The provider of that id."""
        return self._providers.get(provider)

    def has_addresses(self, provider: str) -> bool:
        """True where prefixes or networks of its own are known of the provider."""
        return provider in self._with_addresses

    def role(self, scope: Scope) -> str | None:
        """The role of the scope's product; of a whole provider, if all its products share one."""
        found = self._providers.get(scope.provider)
        return found.role(scope.product) if found else None

    def name_server(self, host: str) -> tuple[Match, ...]:
        """Whose name server this is."""
        return self.host(("ns",), host)

    def cname(self, host: str) -> tuple[Match, ...]:
        """Whose service a CNAME points to."""
        return self.host(("cname",), host)

    def mx(self, host: str) -> tuple[Match, ...]:
        """Whose mail exchanger this is."""
        return self.host(("mx",), host)

    def spf(self, host: str) -> tuple[Match, ...]:
        """Whose senders an SPF record includes."""
        return self.host(("spf",), host)

    def revocation(self, host: str) -> tuple[Match, ...]:
        """Whose revocation service (OCSP, CRL) this is."""
        return self.host(("revocation_host",), host)

    def resource_host(self, host: str) -> tuple[Match, ...]:
        """Who offers what a page loads or calls from this host."""
        return self.host(("script_host", "api_host"), host)

    def host(self, kinds: Sequence[str], host: str) -> tuple[Match, ...]:
        """Whose host name this is, by the longest suffix of these kinds; of two, the first kind."""
        found = [(kind, *ending) for kind in kinds if (ending := self._hosts[kind].longest(host))]
        if not found:
            return ()
        kind, suffix, claim = max(found, key=lambda each: len(each[1]))
        said = f"{_PLACES[kind]} {_short(clean_host(host))} ends in {suffix}"
        return self._matches(kind, claim, said, suffix)

    def address(self, address: str) -> tuple[Match, ...]:
        """Whose address this is, by the longest prefix; () also where it is no address.

        Where no prefix holds it, whose network announces it, if networks are known.
        """
        found = self._prefixes.longest(address)
        if found is None:
            return self._announced(address)
        prefix = str(found[0])
        return self._matches("prefix", found[1], f"{address} lies in {prefix}", prefix)

    def as_of_address(self, address: str) -> int | None:
        """The AS number of the network that announces the address, where networks are known."""
        return self._networks.number(address) if self._networks else None

    def _announced(self, address: str) -> tuple[Match, ...]:
        number = self.as_of_address(address)
        if number is None:
            return ()
        claim = self._claims.networks.get(number)
        said = f"{address} is announced by AS{number}"
        # A network announces its customers' own addresses too (RFC 1930).
        return _at_most(BY_NETWORK, self._matches("asn", claim, said))

    def network(self, number: int) -> tuple[Match, ...]:
        """Whose network has this AS number."""
        claim = self._claims.networks.get(number)
        return self._matches("asn", claim, f"the network AS{number}")

    def headers(self, headers: Mapping[str, str]) -> tuple[Match, ...]:
        """Who has put these headers on a reply: whoever stood on its way."""
        matches: list[Match] = []
        for name, value in headers.items():
            wanted = self._claims.headers.get(name.lower(), {})
            for contains, claim in wanted.items():
                if is_named(contains, value.lower()):
                    said = f"the header {name}: {_short(value)}" if value else f"the header {name}"
                    matches += self._matches("header", claim, said)
        return _best(matches)

    def cookies(self, names: Iterable[str]) -> tuple[Match, ...]:
        """Who has set these cookies."""
        matches: list[Match] = []
        for name in names:
            exact = self._claims.cookies.get(name)
            claims = [exact] if exact else [c for h, c in self._cookie_heads if name.startswith(h)]
            for claim in claims:
                matches += self._matches("cookie", claim, f"the cookie {_short(name)}")
        return _best(matches)

    def issuer(self, organization: str, common_name: str = "") -> tuple[Match, ...]:
        """Who has issued a certificate."""
        found = self._issuers.find(organization, common_name)
        if found is None:
            return ()
        said = f"the issuer {_short(found.said)}"
        matches = self._matches("issuer", found.claim, said)
        if not found.guessed:
            also = self._matches("issuer", found.also, said)
            # Of two marks that agree, the surer one speaks.
            return max(matches, also, key=lambda each: each[0].confidence if each else 0.0)
        return _at_most(UNCONFIRMED, matches)

    def error(
        self,
        status: int | None,
        headers: Mapping[str, str],
        body: str,
        dns: str | None = None,
        failure: str | None = None,
    ) -> tuple[Signed, ...]:
        """What an error says of the layer at fault; `dns` as in SERVFAIL, SERVFAIL+22, TIMEOUT.

        `failure` is how a connection failed before any reply (schema.py).
        """
        return read_signs(self._signs, make_reply(status, headers, body, dns, failure))

    def _matches(
        self, kind: str, claim: Claim | None, rule: str, mark: str = ""
    ) -> tuple[Match, ...]:
        if claim is None:
            return ()
        believed = confidence(kind, claim.last_confirmed, self._today)
        if believed < FLOOR:
            return ()
        carrier, carried = claim.carrier, 1.0
        if carrier is not None:
            carried = confidence("carrier", carrier.last_confirmed, self._today)
            carrier = carrier if carried >= FLOOR else None
        return (
            Match(
                claim.provider,
                claim.product,
                claim.region,
                claim.role,
                rule,
                claim.source,
                claim.last_confirmed,
                believed,
                carrier.provider if carrier else None,
                carried if carrier else 1.0,
                kind,
                mark,
            ),
        )


def _general() -> tuple[Sign, ...]:
    return tuple(Sign("", signature) for signature in package_signatures().signatures)


def _at_most(confidence: float, matches: Iterable[Match]) -> tuple[Match, ...]:
    return tuple(replace(m, confidence=min(m.confidence, confidence)) for m in matches)


def _best(matches: Iterable[Match]) -> tuple[Match, ...]:
    """One for each provider and product, the surest first, edges before what lies behind them."""
    ordered = sorted(
        matches,
        key=lambda m: (m.role != "edge", -m.confidence, m.provider, m.product or "", m.rule),
    )
    kept: dict[tuple[str, str | None], Match] = {}
    for match in ordered:
        kept.setdefault((match.provider, match.product), match)
    return tuple(kept.values())


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
