"""The catalogue to ask: fingerprints to provider, product, region; errors to the layer at fault."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from downwind.catalog.assemble import claims_of, merge, signs_of
from downwind.catalog.claims import Claim, Claims, fold
from downwind.catalog.hosts import SuffixIndex, clean_host
from downwind.catalog.prefixes import PrefixIndex
from downwind.catalog.read import (
    Part,
    file_parts,
    package_parts,
    package_signatures,
    parts_of,
)
from downwind.catalog.schema import HOST_KINDS
from downwind.catalog.signs import Sign, make_reply, read_signs
from downwind.catalog.types import Match, Provider, Signed
from downwind.terms import Scope

_SHOWN = 60


class Catalog:
    """Who is who. Built once and then only read; every answer is the best first, () if unknown."""

    def __init__(self, parts: Sequence[Part], signs: Iterable[Sign] = ()) -> None:
        self._providers = merge(parts)
        claims = claims_of(parts, self._providers)
        self._signs = (*signs_of(parts, self._providers), *signs)
        self._claims: Claims = claims
        self._hosts = {kind: SuffixIndex(claims.hosts.get(kind, {})) for kind in HOST_KINDS}
        self._prefixes = PrefixIndex(claims.prefixes.items())
        self._cookie_heads = tuple(
            (name[:-1], claim) for name, claim in claims.cookies.items() if name.endswith("*")
        )

    @classmethod
    def load(cls, overlays: Sequence[Path] = ()) -> "Catalog":
        """What comes with Downwind, and what files or folders add to it; raises CatalogError."""
        return cls((*package_parts(), *file_parts(overlays)), _general())

    @classmethod
    def from_texts(cls, texts: Sequence[str], *, with_package: bool = False) -> "Catalog":
        """The same from texts, which add to one another; raises CatalogError."""
        parts = [
            p for n, text in enumerate(texts) for p in parts_of(text, f"text {n + 1}", nearer=True)
        ]
        return cls((*package_parts(), *parts) if with_package else parts, _general())

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All providers, by id."""
        return tuple(self._providers.values())

    def provider(self, provider: str) -> Provider | None:
        """The provider of that id."""
        return self._providers.get(provider)

    def role(self, scope: Scope) -> str | None:
        """The role of the scope's product; of a whole provider, if all its products share one."""
        found = self._providers.get(scope.provider)
        return found.role(scope.product) if found else None

    def name_server(self, host: str) -> tuple[Match, ...]:
        """Whose name server this is."""
        return self._host("ns", host, "the name server")

    def cname(self, host: str) -> tuple[Match, ...]:
        """Whose service a CNAME points to."""
        return self._host("cname", host, "the alias")

    def mx(self, host: str) -> tuple[Match, ...]:
        """Whose mail exchanger this is."""
        return self._host("mx", host, "the mail exchanger")

    def spf(self, host: str) -> tuple[Match, ...]:
        """Whose senders an SPF record includes."""
        return self._host("spf", host, "the SPF include")

    def revocation(self, host: str) -> tuple[Match, ...]:
        """Whose revocation service (OCSP, CRL) this is."""
        return self._host("revocation_host", host, "the revocation service")

    def resource_host(self, host: str) -> tuple[Match, ...]:
        """Who offers what a page loads or calls from this host."""
        script = self._hosts["script_host"].longest(host)
        api = self._hosts["api_host"].longest(host)
        if script and (api is None or len(script[0]) >= len(api[0])):
            return self._host("script_host", host, "the resource host")
        return self._host("api_host", host, "the API host") if api else ()

    def address(self, address: str) -> tuple[Match, ...]:
        """Whose address this is, by the longest prefix; () also where it is no address."""
        found = self._prefixes.longest(address)
        if found is None:
            return ()
        return (_match(found[1], f"{address} lies in {found[0]}"),)

    def headers(self, headers: Mapping[str, str]) -> tuple[Match, ...]:
        """Who has put these headers on a reply: whoever stood on its way."""
        matches: list[Match] = []
        for name, value in headers.items():
            wanted = self._claims.headers.get(name.lower(), {})
            for contains, claim in wanted.items():
                if contains in value.lower():
                    matches.append(_match(claim, f"the header {name}: {_short(value)}"))
        return _best(matches)

    def cookies(self, names: Iterable[str]) -> tuple[Match, ...]:
        """Who has set these cookies."""
        matches: list[Match] = []
        for name in names:
            exact = self._claims.cookies.get(name)
            claims = [exact] if exact else [c for h, c in self._cookie_heads if name.startswith(h)]
            matches += [_match(claim, f"the cookie {_short(name)}") for claim in claims]
        return _best(matches)

    def issuer(self, organization: str, common_name: str = "") -> tuple[Match, ...]:
        """Who has issued a certificate."""
        known = self._claims.issuers.get(fold(organization), {})
        claim = known.get(fold(common_name)) or known.get("")
        if claim is None:
            return ()
        return (_match(claim, f"the issuer {_short(organization)}"),)

    def error(
        self,
        status: int | None,
        headers: Mapping[str, str],
        body: str,
        dns: str | None = None,
    ) -> tuple[Signed, ...]:
        """What an error says of the layer at fault; `dns` as in SERVFAIL, SERVFAIL+22, TIMEOUT."""
        return read_signs(self._signs, make_reply(status, headers, body, dns))

    def _host(self, kind: str, host: str, what: str) -> tuple[Match, ...]:
        found = self._hosts[kind].longest(host)
        if found is None:
            return ()
        suffix, claim = found
        return (_match(claim, f"{what} {_short(clean_host(host))} ends in {suffix}"),)


def _general() -> tuple[Sign, ...]:
    return tuple(Sign("", signature) for signature in package_signatures().signatures)


def _match(claim: Claim, rule: str) -> Match:
    return Match(
        claim.provider,
        claim.product,
        claim.region,
        claim.role,
        rule,
        claim.source,
        claim.last_confirmed,
        claim.confidence,
    )


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
