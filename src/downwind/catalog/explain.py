"""Says of one artefact whose it is, who serves it, and for an error page which side failed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from downwind.catalog.artefacts import read_address, read_error_page, read_host
from downwind.catalog.asked import (
    asked_address,
    asked_cookies,
    asked_headers,
    asked_host,
    asked_includes,
    asked_issuer,
    asked_number,
)
from downwind.catalog.decay import UNCONFIRMED
from downwind.catalog.hosts import clean_host
from downwind.catalog.lookup import Catalog
from downwind.catalog.types import Match, Provider, Signed
from downwind.terms import Fault, UsageError

HALF_KNOWN = 0.8
"""An answer of which one half is unknown or inferred is believed no more than this."""
INFERRED = 0.75
NUMBER_ALONE = 0.5
"""A status that no header or word of its provider bears out is believed no more than this."""
_DISPUTED = 0.7
"""What a contradiction between two marks leaves of the confidence."""

# Whoever has one of these runs it; of the others many rent what they run on.
_RUNS_ITSELF = frozenset({"edge", "cloud", "certificates"})
_LIKELY_RUNS_ITSELF = frozenset(
    {"dns", "hosting", "mail", "storage", "database", "keyvalue", "registry", "registrar"}
)
_OF_THE_NETWORK = frozenset({"prefix", "asn"})
# The side at fault, as people ask for it. An edge that could not verify, resolve or reach its
# origin speaks of the origin's certificate, name or network.
_SIDES: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.EDGE: "edge",
        Fault.ORIGIN: "origin",
        Fault.CERTIFICATE: "origin",
        Fault.DNS: "origin",
        Fault.NETWORK: "origin",
        Fault.CUSTOMER: "customer",
        Fault.VANTAGE: "unknown",
        Fault.UNKNOWN: "unknown",
    }
)
# The first kinds are asked together, and the longest suffix wins; the others are asked after.
_HOSTS = ("cname", "script_host", "api_host")
_PLACES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "ns": (("ns",), _HOSTS),
        "cname": (_HOSTS, ("ns", "revocation_host")),
        "mx": (("mx",), ("spf", *_HOSTS)),
        "spf": (("spf",), ("mx", *_HOSTS)),
        "script_host": (("script_host", "api_host", "cname"), ("revocation_host", "ns")),
        "api_host": (("api_host", "script_host", "cname"), ("revocation_host", "ns")),
    }
)
_ROLES: Mapping[str, str] = MappingProxyType(
    {"ns": "dns", "mx": "mail", "spf": "mail", "cert_issuer": "certificates"}
)


@dataclass(frozen=True, slots=True)
class Explained:
    """What the catalogue knows of one artefact; None where it does not know."""

    kind: str
    value: str
    owner: str | None = None
    """The id of the provider that offers it, by the name that its users know."""
    served_by: str | None = None
    """The id of the provider that carries it; the owner's own where it does so itself."""
    role: str | None = None
    region: str | None = None
    fault: str | None = None
    """Of an error page: edge, origin, customer or unknown."""
    confidence: float = 0.0
    rule: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)


def explain(catalog: Catalog, kind: str, value: str) -> Explained:
    """Whose artefact this is; raises UsageError for an unknown kind or an unreadable value."""
    asked = kind.strip().lower().replace("-", "_")
    if asked == "error_page":
        return _error_page(catalog, value)
    ask = _ASKED.get(asked)
    if ask is None:
        raise UsageError(
            f"{kind[:40]!r} is no kind of artefact.", todo=f"The kinds are {', '.join(KINDS)}."
        )
    return _answer(catalog, asked, value, ask(catalog, value))


def _named(kind: str) -> Callable[[Catalog, str], Sequence[Match]]:
    return lambda catalog, value: _of_host(catalog, kind, asked_host(value))


def _of_host(catalog: Catalog, kind: str, host: str) -> Sequence[Match]:
    first, others = _PLACES[kind]
    if found := catalog.host(first, host):
        return [_placed(catalog, match, host) for match in found]
    if address := read_address(host):
        return catalog.address(address)
    return [
        replace(_placed(catalog, match, host), confidence=min(match.confidence, UNCONFIRMED))
        for match in catalog.host(others, host)
    ]


def _placed(catalog: Catalog, match: Match, host: str) -> Match:
    """The match with the region that stands in the name: dynamodb.us-east-1.amazonaws.com."""
    provider = catalog.provider(match.provider)
    if match.region or match.product or provider is None:
        return match
    labels = clean_host(host).removesuffix(match.mark).rstrip(".").split(".")
    region = next((label for label in reversed(labels[-2:]) if label in provider.regions), None)
    return replace(match, region=region) if region else match


def _included(catalog: Catalog, value: str) -> Sequence[Match]:
    includes = asked_includes(value)
    for domain in includes:
        if found := _of_host(catalog, "spf", read_host(domain)):
            first = found[0]
            if len(includes) == 1:
                return found
            return [replace(first, rule=f"{first.rule}, the first known of {len(includes)}")]
    return ()


_ASKED: Mapping[str, Callable[[Catalog, str], Sequence[Match]]] = MappingProxyType(
    {kind: _named(kind) for kind in _PLACES}
    | {
        "header": lambda catalog, value: catalog.headers(asked_headers(value)),
        "cookie": lambda catalog, value: catalog.cookies(asked_cookies(value)),
        "cert_issuer": lambda catalog, value: catalog.issuer(*asked_issuer(value)),
        "spf": _included,
        "asn": lambda catalog, value: catalog.network(asked_number(value)),
        "ip": lambda catalog, value: catalog.address(asked_address(value)),
    }
)
KINDS = (*_ASKED, "error_page")
"""What can be explained."""


def _answer(
    catalog: Catalog, kind: str, value: str, found: Sequence[Match], fault: str | None = None
) -> Explained:
    if not found:
        return Explained(kind, value, fault=fault)
    match = found[0]
    provider = catalog.provider(match.provider)
    served_by, carried = _carrier(catalog, match)
    confidence = min(match.confidence, carried)
    if any(other.provider != match.provider for other in found[1:]):
        confidence *= _DISPUTED
    product = provider.product(match.product or "") if provider else None
    ended = product.ended if product else None
    rule = f"{match.rule} ({match.source})"
    if ended:
        # A name that outlives its company is soon somebody else's.
        when = "has ended" if ended == "unknown" else f"ended in {ended}"
        confidence, rule = min(confidence, UNCONFIRMED), f"{rule}; it {when}"
    return Explained(
        kind,
        value,
        owner=match.provider,
        served_by=served_by,
        role=match.role or _usual_role(provider, kind),
        region=match.region,
        fault=fault,
        confidence=round(confidence, 3),
        rule=rule,
    )


def _carrier(catalog: Catalog, match: Match) -> tuple[str | None, float]:
    """Who serves it, and how far that can be believed.

    Where no carrier is known, somebody with a network of its own, or in a trade that has one,
    serves itself; a shop, a chat or a counter may stand anywhere.
    """
    if match.served_by is not None:
        return match.served_by, match.carrier_confidence
    owns = catalog.has_addresses(match.provider)
    rents = match.role not in _LIKELY_RUNS_ITSELF
    if match.role in _RUNS_ITSELF or (owns and not rents) or match.kind in _OF_THE_NETWORK:
        return match.provider, 1.0
    if owns or not rents:
        return match.provider, INFERRED
    return None, HALF_KNOWN


def _usual_role(provider: Provider | None, kind: str) -> str | None:
    role = _ROLES.get(kind)
    offered = {product.role for product in provider.products} if provider else set()
    return role if role in offered else None


def _error_page(catalog: Catalog, value: str) -> Explained:
    try:
        page = read_error_page(value)
    except ValueError as error:
        raise UsageError(
            f"it is no error page: {error}.",
            todo='Write {"status": 522, "headers": {"server": "cloudflare"}, "body": "..."}.',
        ) from error
    marks = catalog.headers(page.headers)
    signs = catalog.error(page.status, page.headers, page.body)
    if not signs:
        return _answer(catalog, "error_page", value, marks, "unknown")
    sign = _nearest_the_fault(signs)
    if sign.bare and all(match.provider != sign.provider for match in marks):
        return _of_a_number(catalog, value, sign, marks, page.headers)
    match = _signer(catalog, sign, marks)
    told = _answer(catalog, "error_page", value, [match] if match else [], _SIDES[sign.says])
    confidence = min(sign.weight, told.confidence) if match else sign.weight
    if _disputed(sign, signs, marks, page.headers):
        confidence *= _DISPUTED
    rule = f"the signature {sign.rule} says {sign.says.value}"
    return replace(told, confidence=round(confidence, 3), rule=rule)


def _of_a_number(
    catalog: Catalog, value: str, sign: Signed, marks: Sequence[Match], headers: Mapping[str, str]
) -> Explained:
    """What a status says without a mark of the provider that uses it: anybody can send it."""
    others = bool(marks) or any(name.lower() == "server" for name in headers)
    match = (marks[0] if marks else None) if others else _signer(catalog, sign, marks)
    told = _answer(catalog, "error_page", value, [match] if match else [], _SIDES[sign.says])
    confidence = min(sign.weight, NUMBER_ALONE, told.confidence if match else 1.0)
    if headers:
        confidence *= _DISPUTED
    rule = f"the signature {sign.rule} says {sign.says.value}, by the status alone"
    return replace(told, confidence=round(confidence, 3), rule=rule)


def _signer(catalog: Catalog, sign: Signed, marks: Sequence[Match]) -> Match | None:
    """Who made the page: the provider of the signature, else who marked the reply."""
    provider = catalog.provider(sign.provider)
    if provider is None:
        return marks[0] if marks else None
    known = next((m for m in marks if m.provider == sign.provider), None)
    carrier = provider.carrier(sign.product)
    return Match(
        provider=provider.id,
        product=sign.product,
        region=known.region if known else None,
        role=provider.role(sign.product),
        rule=sign.rule,
        source="",
        last_confirmed=None,
        confidence=1.0,
        served_by=carrier.provider if carrier else None,
        carrier_confidence=UNCONFIRMED if carrier else 1.0,
    )


def _nearest_the_fault(signs: Sequence[Signed]) -> Signed:
    """The heaviest, unless it is an edge's that passes on a page which somebody behind it made."""
    first = signs[0]
    if first.says is not Fault.ORIGIN:
        return first
    return next((sign for sign in signs if sign.provider not in ("", first.provider)), first)


def _disputed(
    sign: Signed, signs: Sequence[Signed], marks: Sequence[Match], headers: Mapping[str, str]
) -> bool:
    """True where a signature of like weight names another side, or the headers do not bear it out.

    An edge that says "origin" does not dispute what the origin says of itself.
    """
    rivals = any(
        _SIDES[other.says] != _SIDES[sign.says]
        and other.weight > sign.weight - 0.15
        and not (other.provider != sign.provider and other.says is Fault.ORIGIN)
        for other in signs
    )
    named = {match.provider for match in marks}
    return rivals or bool(sign.provider and headers and sign.provider not in named)
