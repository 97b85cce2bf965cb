"""The form of a catalogue file: what a provider is, how it is recognised, what its errors say."""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from downwind.catalog.blocks import read_block
from downwind.catalog.roles import ROLES
from downwind.terms import Fault

HOST_KINDS = ("ns", "cname", "mx", "spf", "script_host", "api_host", "revocation_host")
KINDS = (*HOST_KINDS, "prefix", "asn", "header", "cookie", "issuer")
STATUS_FORMATS = Literal[
    "statuspage",
    "incident-io",
    "instatus",
    "slack",
    "aws-rss",
    "rss",
    "better-stack",
    "status-io",
    "aws-health",
    "google-incidents",
    "azure-rss",
    "heroku",
    "salesforce",
    "stripe",
    "page",
]
UNCONFIRMED_WEIGHT = 0.6

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_LABEL = re.compile(r"[a-z0-9_#-]{1,63}")
_DNS = re.compile(r"[A-Z]+(\+\d{1,5})*")

Item = TypeVar("Item")


def _identifier(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is no id; write small letters, digits and hyphens")
    return text


def _role(text: str) -> str:
    if text not in ROLES:
        raise ValueError(f"{text!r} is no role; the roles are {', '.join(ROLES)}")
    return text


def _suffix(text: str) -> str:
    labels = text.replace("{region}", "region").split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            f"{text!r} is no host name; write it in small letters, without scheme, leading or"
            " trailing dot ('#' stands for digits, '{region}' for a region of the provider)"
        )
    return text


def _prefix(text: str) -> str:
    read_block(text)
    return text


def _dns(text: str) -> str:
    if not _DNS.fullmatch(text):
        raise ValueError(f"{text!r} is no DNS outcome; write SERVFAIL, SERVFAIL+22 or TIMEOUT")
    return text


def _one_or_many(given: Any) -> Any:
    return [given] if isinstance(given, str | dict) else given


Id = Annotated[str, AfterValidator(_identifier)]
Role = Annotated[str, AfterValidator(_role)]
Suffix = Annotated[str, AfterValidator(_suffix)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Text = Annotated[str, Field(min_length=1)]
# YAML has lists only; everything else is read strictly, so that `id: 1` is refused.
Many = Annotated[tuple[Item, ...], Field(strict=False)]
Words = Annotated[Many[Text], BeforeValidator(_one_or_many)]
"""Words to look for, whatever their case: one text, or a list of which any will do."""


class Form(BaseModel):
    """What all parts of a catalogue file share: strict, frozen, no unknown keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Sourced(Form):
    """A statement that says where it comes from."""

    source: Text | None = None
    """Who says so: the upstream's name and licence, or the document."""
    last_confirmed: date | None = None
    """The date of the source; where it carries none, the day on which it was read."""
    unconfirmed: bool = False
    """True for public knowledge that no source at hand confirms."""

    @model_validator(mode="after")
    def _says_where_from(self) -> Self:
        if self.unconfirmed and self.last_confirmed:
            raise ValueError("it is confirmed and unconfirmed at once; keep one of the two")
        if not self.unconfirmed and not (self.source and self.last_confirmed):
            raise ValueError("write source and last_confirmed (a date), or unconfirmed: true")
        return self


class Fact(Sourced):
    """A fingerprint: whoever shows it is served by this provider."""

    product: Id | None = None
    region: Id | None = None
    served_by: Id | None = None
    """Who carries it, where that is another provider than for the rest of the product."""


class HostFact(Fact):
    """A host name that ends in `suffix`, in the place that `kind` names."""

    kind: Literal["ns", "cname", "mx", "spf", "script_host", "api_host", "revocation_host"]
    suffix: Suffix


class PrefixFact(Fact):
    """An address inside `prefix`."""

    kind: Literal["prefix"]
    prefix: Prefix


class AsnFact(Fact):
    """An address that the network of this number announces (AS number, RFC 1930)."""

    kind: Literal["asn"]
    number: Annotated[int, Field(gt=0, lt=2**32)]


class HeaderFact(Fact):
    """A reply with the header `name`, whose value contains `contains` where that is given."""

    kind: Literal["header"]
    name: Text
    contains: Text | None = None


class CookieFact(Fact):
    """A reply that sets the cookie `name`; a `*` at its end stands for any rest."""

    kind: Literal["cookie"]
    name: Text


class IssuerFact(Fact):
    """A certificate of this organization, and of this common name where that is given."""

    kind: Literal["issuer"]
    organization: Text
    common_name: Text | None = None


AnyFact = Annotated[
    HostFact | PrefixFact | AsnFact | HeaderFact | CookieFact | IssuerFact,
    Field(discriminator="kind"),
]


class PrefixTable(Sourced):
    """Many prefixes of one source: a line for each, `prefix` or `prefix region`."""

    product: Id | None = None
    table: Text


class ServedBy(Sourced):
    """Another provider that is known to carry a product's traffic. A hint: needs are observed."""

    provider: Id


class Product(Form):
    """Something that a provider offers, and the role that it plays."""

    id: Id
    role: Role
    name: Text
    served_by: Many[ServedBy] = ()
    ended: Annotated[str, Field(pattern=r"^((19|20)\d\d(-(0[1-9]|1[0-2]))?|unknown)$")] | None = (
        None
    )
    """The year or month in which it ended, as in 2025-01, or unknown: its marks still lie about."""


class HeaderSign(Form):
    """A reply header, and what its value contains where that is given."""

    name: Text
    contains: Text | None = None


class Signature(Sourced):
    """An error, and the layer that it speaks of. All conditions given must hold."""

    id: Id
    status: Many[Annotated[int, Field(ge=100, le=999)]] = ()
    header: Annotated[Many[HeaderSign], BeforeValidator(_one_or_many)] = ()
    """Any of these is among the reply's headers."""
    body: Words = ()
    """Any of these is in the body as it came, tags included."""
    not_body: Words = ()
    text: Words = ()
    """Any of these is in what a reader of the page sees: without tags, scripts and comments."""
    not_text: Words = ()
    dns: Annotated[str, AfterValidator(_dns)] | None = None
    failure: Literal["certificate", "tls", "refused", "timeout"] | None = None
    """How a connection failed before any reply."""
    says: Annotated[Fault, Field(strict=False)]
    product: Id | None = None
    weight: Annotated[float, Field(gt=0, lt=1)]
    """P(`says` is right | this was seen)."""

    @model_validator(mode="after")
    def _is_evidence(self) -> Self:
        replies = self.status or self.header or self.body or self.text
        if not (replies or self.dns or self.failure):
            raise ValueError(
                "it fits every reply; give it status, header, body, text, dns or failure"
            )
        if self.header and not (self.status or self.body or self.text):
            raise ValueError("a header alone is on every reply; give it a status or a body too")
        if self.unconfirmed and self.weight > UNCONFIRMED_WEIGHT:
            raise ValueError(f"what is unconfirmed weighs {UNCONFIRMED_WEIGHT} at most")
        return self


class Status(Form):
    """Where the provider itself says how it fares."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    format: STATUS_FORMATS
    source: Text | None = None
    last_confirmed: date | None = None
    unconfirmed: bool = False


class Acquired(Sourced):
    """When the owner took the provider over, and whose it was before."""

    year: Annotated[int, Field(ge=1990, le=2100)]
    before: Text | None = None


class ProviderFile(Form):
    """One provider, or what an overlay adds to one."""

    id: Id
    name: Text | None = None
    owner: Text | None = None
    """Who owns it in the end, as a company signs: what two of one owner share is not separate."""
    acquired: Acquired | None = None
    regions: Many[Id] = ()
    """Where they are listed, a fact may name no other region."""
    products: Many[Product] = ()
    facts: Many[AnyFact] = ()
    prefixes: Many[PrefixTable] = ()
    signatures: Many[Signature] = ()
    status: Status | None = None


class GeneralFile(Form):
    """Error signatures that speak of a layer and of no provider."""

    signatures: Many[Signature]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one provider in a catalogue file."""
    return ProviderFile.model_json_schema()
