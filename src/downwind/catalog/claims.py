"""Keeps every fingerprint with who claims it, and refuses a second claim to the same one."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from downwind.catalog.blocks import Block
from downwind.catalog.types import Carrier
from downwind.terms import CatalogError

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is meant by a fingerprint, by whose word, and where the catalogue says so."""

    provider: str
    product: str | None
    region: str | None
    role: str | None
    source: str
    last_confirmed: date | None
    where: str
    carrier: Carrier | None = None
    nearer: bool = False
    """An overlay's word, which goes before the word of what comes along."""

    def within(self, region: str) -> "Claim":
        """The same in one region."""
        return replace(self, region=region)

    def __str__(self) -> str:
        return "/".join(part for part in (self.provider, self.product, self.region) if part)


@dataclass(slots=True)
class Claims:
    """The fingerprints of a catalogue, by kind; built once, then only read."""

    hosts: dict[str, dict[str, Claim]] = field(default_factory=dict)
    prefixes: dict[Block, Claim] = field(default_factory=dict)
    networks: dict[int, Claim] = field(default_factory=dict)
    """By AS number."""
    headers: dict[str, dict[str, Claim]] = field(default_factory=dict)
    """By header name, then by what the value contains (empty where any will do)."""
    cookies: dict[str, Claim] = field(default_factory=dict)
    issuers: dict[str, dict[str, Claim]] = field(default_factory=dict)
    """By organization, then by common name (empty where any will do)."""

    def add_host(self, kind: str, suffix: str, claim: Claim) -> None:
        _add(self.hosts.setdefault(kind, {}), suffix, claim, f"{kind} {suffix}")

    def add_prefix(self, block: Block, claim: Claim) -> None:
        # A catalogue holds thousands of these, so the complaint is not written in advance.
        if block in self.prefixes:
            _add(self.prefixes, block, claim, f"the prefix {block}")
        else:
            self.prefixes[block] = claim

    def add_network(self, number: int, claim: Claim) -> None:
        _add(self.networks, number, claim, f"AS{number}")

    def add_header(self, name: str, contains: str | None, claim: Claim) -> None:
        wanted = (contains or "").lower()
        said = f"the header {name}" + (f" with {contains!r}" if contains else "")
        _add(self.headers.setdefault(name.lower(), {}), wanted, claim, said)

    def add_cookie(self, name: str, claim: Claim) -> None:
        _add(self.cookies, name, claim, f"the cookie {name}")

    def add_issuer(self, organization: str, common_name: str | None, claim: Claim) -> None:
        same = self.issuers.setdefault(fold(organization), {})
        said = f"the issuer {organization!r}" + (f" ({common_name})" if common_name else "")
        _add(same, fold(common_name or ""), claim, said)


def fold(text: str) -> str:
    """Small letters and single spaces, as certificate names are compared (RFC 5280 7.1)."""
    return " ".join(text.split()).casefold()


def _add(known: dict[Key, Claim], key: Key, claim: Claim, said: str) -> None:
    other = known.get(key)
    if other is None or (claim.nearer and not other.nearer):
        known[key] = claim
        return
    if other.nearer and not claim.nearer:
        return
    same = str(other) == str(claim)
    raise CatalogError(
        f"{said} is already {'given' if same else f'that of {other}'} in {other.where}.",
        where=claim.where,
        todo="Take one of the two out.",
    )
