"""A test for every rule: each fact of each file, asked back, answers its own provider."""

import ipaddress
from collections.abc import Iterator
from datetime import date

import pytest

from downwind.catalog import Catalog
from downwind.catalog.alternatives import alternatives
from downwind.catalog.blocks import Block, read_block
from downwind.catalog.explain import explain
from downwind.catalog.read import Part, package_parts
from downwind.catalog.schema import (
    AsnFact,
    CookieFact,
    Fact,
    HeaderFact,
    HostFact,
    IssuerFact,
    PrefixFact,
)

PARTS = {part.form.id: part for part in package_parts()}
DAY = date(2026, 11, 26)
# What issue after issue asks for; each needs others to turn to.
ROLES = (
    *("dns", "edge", "cloud", "hosting", "certificates", "mail", "sign-in", "payments", "captcha"),
    *("analytics", "fonts", "tags", "video", "telephony", "messaging", "support-chat"),
    *("feature-flags", "error-tracking", "registry", "status-page"),
)


@pytest.fixture(scope="module")
def dated() -> Catalog:
    return Catalog.load(today=DAY)


def test_what_has_ended_says_so_in_its_field_and_not_in_its_name() -> None:
    names = [each.name for part in PARTS.values() for each in part.form.products]
    assert [name for name in names if "(gone" in name or "(ended" in name] == []


def test_no_offer_has_a_name_twice_in_its_own(dated: Catalog) -> None:
    names = {offer.provider: offer.name for offer in alternatives(dated, "dns")}
    assert names["cloudns"] == "ClouDNS"
    edges = alternatives(dated, "edge")
    assert "Cotendo" not in {offer.name.split()[0] for offer in edges}
    assert [offer.name for offer in edges if offer.name.endswith("CDN CDN")] == []


@pytest.mark.parametrize("initial", sorted({provider[0] for provider in PARTS}))
def test_every_fact_asked_back_answers_its_own_provider(initial: str, dated: Catalog) -> None:
    wrong = [
        f"{part.where}: {kind} {value} is said to be {owner}'s"
        for provider, part in PARTS.items()
        if provider.startswith(initial)
        for fact in part.form.facts
        for kind, value in _examples(fact, part)
        if (owner := _owner(dated, kind, value)) != provider
    ]
    assert wrong == []


def test_every_block_of_a_table_answers_its_own_provider_and_region(dated: Catalog) -> None:
    wrong = [
        f"{provider}: {line}"
        for provider, part in PARTS.items()
        for table in part.form.prefixes
        for line in table.table.splitlines()
        if line.strip() and not _answers(dated, provider, line.split())
    ]
    assert wrong == []


def test_whoever_serves_is_a_provider_that_is_there(dated: Catalog) -> None:
    known = {provider.id for provider in dated.providers}
    carriers = {
        explain(dated, kind, value).served_by
        for part in PARTS.values()
        for fact in part.form.facts
        for kind, value in _examples(fact, part)
        if kind != "revocation_host"
    }
    assert carriers - {None} <= known
    assert len(carriers) > 50


def test_there_are_at_least_150_providers_with_a_mark_to_know_them_by() -> None:
    assert sum(bool(part.form.facts) for part in PARTS.values()) >= 150


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_at_least_three_owners_to_turn_to(role: str, dated: Catalog) -> None:
    assert len({offer.owner for offer in alternatives(dated, role)}) >= 3


@pytest.mark.parametrize(
    "provider",
    ["cloudflare", "aws", "fastly", "akamai", "azure", "google-cloud", "heroku", "vercel"],
)
def test_who_stands_before_others_has_error_signatures(provider: str) -> None:
    assert PARTS[provider].form.signatures


def _answers(catalog: Catalog, provider: str, words: list[str]) -> bool:
    """Whether some address of the block is its own; parts of a block may be somebody else's."""
    regions = {
        match.region
        for at in _spread(read_block(words[0]))
        for match in catalog.address(at)
        if match.provider == provider
    }
    return words[1] in regions if len(words) == 2 else bool(regions)


def _owner(catalog: Catalog, kind: str, value: str) -> str | None:
    if kind == "revocation_host":
        return next((match.provider for match in catalog.revocation(value)), None)
    return explain(catalog, kind, value).owner


def _examples(fact: Fact, part: Part) -> Iterator[tuple[str, str]]:
    match fact:
        case HostFact():
            regions = part.form.regions[:1] or ("",)
            suffix = fact.suffix.replace("#", "7").replace("{region}", regions[0])
            yield fact.kind, suffix
            yield fact.kind, f"zz-of-a-customer.{suffix.upper()}."
        case PrefixFact():
            yield "ip", str(ipaddress.ip_network(fact.prefix)[0])
        case AsnFact():
            yield "asn", f"AS{fact.number}"
        case HeaderFact():
            yield "header", f"{fact.name}: {fact.contains or '1'}"
        case CookieFact():
            yield "cookie", f"{fact.name.replace('*', 'abc')}=1; path=/"
        case IssuerFact():
            name = (fact.common_name or "Some CA").replace("*", "9")
            organization = fact.organization.replace("\\", "\\\\").replace(",", "\\,")
            yield "cert_issuer", f"C=XX, O={organization}, CN={name.replace(',', chr(92) + ',')}"


def _spread(block: Block) -> Iterator[str]:
    kind = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
    size = block.end - block.start
    for number in sorted({block.start + size * step // 16 for step in range(17)}):
        yield str(kind(number))
