"""The form of a world file: providers with their products, and the services that stand on them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from downwind.model.claims import Claim
from downwind.model.types import Capability, Component, Step
from downwind.model.written import Written
from downwind.terms import Scope

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)]
HostName = Annotated[
    str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+test$", max_length=200)
]
Slot = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
ScopeText = Annotated[str, Field(min_length=1, max_length=200)]
System = Literal["nameserver", "edge", "compute", "keyvalue", "authority", "policy"]


def _as_mapping(key: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _with_details(value: Any) -> Any:
    if isinstance(value, str):
        return {"user": value}
    if not isinstance(value, dict) or "details" in value:
        return value
    known = {key: value[key] for key in ("user", "password") if key in value}
    return known | {"details": {k: v for k, v in value.items() if k not in known}}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Region(Written):
    """A region of a product, with its zones; a plain id will do."""

    id: Id
    zones: tuple[Id, ...] = ()


class ErrorPage(Written):
    """What a product's own faults look like. `{id}` in a header stands for a request's id."""

    title: str = "Internal server error"
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)


class Leaning(Written):
    """What a product itself stands on, and since when that is publicly known; a scope will do."""

    on: ScopeText
    known_since: date | None = None
    source: str = ""

    def whole(self, provider_id: str) -> str:
        """The whole scope as text: a product alone is one of the provider that leans on it."""
        return self.on if "/" in self.on else f"{provider_id}/{self.on}"

    def scope(self, provider_id: str) -> Scope:
        """The whole scope; raises UsageError where it is none."""
        return Scope.parse(self.whole(provider_id))


_Leaning = Annotated[Leaning, _as_mapping("on")]


class Product(Written):
    """Something that a provider sells, and the kind of software that runs it."""

    id: Id
    name: str = ""
    system: System
    role: Id | None = None
    """What it is in a deal; without a role its users are never dealt away from it."""
    regions: tuple[Annotated[Region, _as_mapping("id")], ...] = ()
    """compute and keyvalue only."""
    variants: tuple[Id, ...] = ()
    """edge only: software that a customer may have switched on, as in cloudflare/proxy#bots."""
    headers: dict[str, str] = Field(default_factory=dict)
    """edge only: what it adds to every answer, besides server, via and the error page's."""
    error_page: ErrorPage | None = None
    """edge and compute only."""
    checked_by: _Leaning | None = None
    """keyvalue and compute only: the policy product of its provider that is asked before its
    API does anything. A computer that runs asks nobody."""
    leases_in: _Leaning | None = None
    """compute only: the keyvalue product of its provider in which its control plane keeps the
    leases of its computers, region by region. Gives it a control plane, `#control`."""
    core: _Leaning | None = None
    """keyvalue only: another keyvalue product that keeps its data; itself it only caches."""
    front: _Leaning | None = None
    """keyvalue only: the edge of its provider through which its end point is reached."""
    ttl: int | None = Field(default=None, ge=0, le=604800)
    """Of the records that it keeps for its own names. Default: 5 for keyvalue, else 300."""

    @property
    def called(self) -> str:
        """Its name for a reader, or its id where it has none."""
        return self.name or self.id

    def region(self, region_id: str | None) -> Region | None:
        """The region of this id, or None."""
        return next((region for region in self.regions if region.id == region_id), None)


class Provider(Written):
    """Who runs products. Its names live under <id>.test."""

    id: Id
    name: str = ""
    owner: str = ""
    products: tuple[Product, ...] = Field(min_length=1)

    @property
    def called(self) -> str:
        """Its name for a reader, or its id where it has none."""
        return self.name or self.id

    def product(self, product_id: str | None) -> Product | None:
        """The product of this id, or None."""
        return next((product for product in self.products if product.id == product_id), None)


class Registry(Written):
    """Who runs the root and .test: two nameserver products of one provider."""

    provider: Id = "registry"
    roots: Id = "roots"
    tld: Id = "tld"


class HostResource(Written):
    """A thing of another host that a page loads."""

    host: HostName
    element: Literal["script", "stylesheet", "image"] = "script"
    blocking: bool = False
    path: Annotated[str, Field(pattern=r"^/")] = "/"


class DemoAccount(Written):
    """An account that exists from the start; a plain user name will do.

    What else is written beside user and password is for the application: its details.
    """

    user: Annotated[str, Field(min_length=1, max_length=80)]
    password: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class Host(Written):
    """A host name of a service: the application behind it, and the slots that it stands on."""

    host: HostName
    app: Id
    """The kind of application: social, messenger, website..."""
    runs_on: Slot
    """The compute on which the application listens."""
    dns: Annotated[tuple[Slot, ...], BeforeValidator(_as_list)] = Field(min_length=1)
    """Who answers for its zone; several slots give one name-server set of them all."""
    certificates: Slot
    edge: Slot | None = None
    """The edge in front; without one, clients reach the application itself."""
    keyvalue: Slot | None = None
    """The database for its data; without one, a file of its own."""
    alias: bool = False
    """The name is a CNAME into the edge's own domain."""
    certificate: Literal["good", "expired", "self-signed", "other-name"] = "good"
    """What it shows to clients, for worlds that try a mapper."""
    ttl: int = Field(default=300, ge=0, le=604800)
    settings: dict[str, Any] = Field(default_factory=dict)
    resources: tuple[HostResource, ...] = ()


class WorldService(Written):
    """Something that a person uses, the slots it has, and what stands in each."""

    name: HostName
    title: str = ""
    owner: str = ""
    weight: float = Field(default=1.0, ge=0)
    on: dict[Slot, ScopeText] = Field(min_length=1)
    """Slot -> scope: {dns: cloudflare/dns, edge: "cloudflare/proxy#bots"}."""
    hosts: tuple[Host, ...] = Field(min_length=1)
    mail: tuple[HostName, ...] = ()
    """Hosts that take its mail: MX records of its name."""
    variables: dict[str, str] = Field(default_factory=dict)
    accounts: tuple[Annotated[DemoAccount, BeforeValidator(_with_details)], ...] = ()
    capabilities: tuple[Capability, ...] = ()
    components: tuple[Component, ...] = ()
    dealt: bool = True
    """False: it stays where it stands in every deal, as a provider's own pages do."""
    gossip: tuple[Step, ...] = ()
    """What a user of any service does here after a failure: reports it, or posts about it.
    `${failed}` is the service that failed, `${blamed}` the provider whom the user blames."""


class WorldFile(Written):
    """A whole emulated internet."""

    world: Id
    title: str = ""
    about: str = ""
    providers: tuple[Provider, ...] = Field(min_length=1)
    registry: Registry = Registry()
    services: tuple[WorldService, ...] = ()
    rumours: dict[Id, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Provider -> how readily people blame it, whatever really happened."""
    claims: tuple[Claim, ...] = ()
    """The ledger: who said what of whom."""

    def provider(self, provider_id: str | None) -> Provider | None:
        """The provider of this id, or None."""
        return next((p for p in self.providers if p.id == provider_id), None)

    def product(self, provider_id: str | None, product_id: str | None) -> Product | None:
        """The product of these ids, or None."""
        provider = self.provider(provider_id)
        return provider.product(product_id) if provider else None
