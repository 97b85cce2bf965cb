"""Services, capabilities, journeys and declared needs, as their owners write them."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from downwind.model.durations import Duration
from downwind.model.watching import Probe, WatchSettings
from downwind.model.written import Id, Name, Written
from downwind.terms import Strength


class Expect(Written):
    """What a step's reply must be like for the step to count as done."""

    status: int = Field(default=200, ge=100, le=599)
    contains: str | None = None
    """Text that the body must hold."""
    fields: dict[str, Any] | None = Field(default=None, alias="json")
    """Dotted paths into the JSON body, and the values that they must have."""

    @property
    def json(self) -> Any:
        """The JSON fields that the reply must have, or None."""
        return self.fields


class Step(Written):
    """One thing that a user does. `${name}` stands for a saved variable, `user` or `nonce`."""

    do: Literal["get", "post", "put", "delete", "message", "call"] = "get"
    url: Annotated[str, Field(pattern=r"^https?://")]
    body: Any = Field(default=None, alias="json")
    form: dict[str, str] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    expect: Expect = Expect()
    save: dict[str, str] = Field(default_factory=dict)
    """Variable name -> dotted path into the JSON reply."""
    strength: Strength = Strength.HARD
    """Soft: when the step fails the capability is degraded, and the journey goes on."""
    sender: str | None = None
    to: str | None = None
    text: str | None = None
    via: Annotated[str, Field(pattern=r"^https?://")] | None = None
    """call only: the relay over which the voices go."""

    @model_validator(mode="after")
    def _message_is_whole(self) -> Self:
        if self.do in ("message", "call") and not (self.sender and self.to and self.text):
            raise ValueError(f"a {self.do} step needs sender, to and text")
        if (self.do == "call") is not (self.via is not None):
            raise ValueError("a call step needs via, and no other has it")
        return self

    @property
    def json(self) -> Any:
        """The body to send as JSON, or None."""
        return self.body

    @property
    def urls(self) -> tuple[str, ...]:
        """All that the step visits."""
        return (self.url, self.via) if self.via else (self.url,)


class DeclaredNeed(Written):
    """A need that the owner states, with its source and the day since when it is known."""

    need: Id
    any_of: tuple[Name, ...] = Field(min_length=1)
    """Scopes (aws/dynamodb/us-east-1), host names, capabilities or components."""
    k: int = Field(default=1, ge=1)
    strength: Strength = Strength.HARD
    grace: Duration = 0.0
    known_since: date | None = None
    source: str = ""

    @model_validator(mode="after")
    def _k_can_be_met(self) -> Self:
        if self.k > len(set(self.any_of)):
            raise ValueError(
                f"k is {self.k}, but any_of names only {len(set(self.any_of))} alternatives"
            )
        return self


class Capability(Written):
    """One thing that a service does for its users, and the journey that shows it."""

    id: Id
    title: str = ""
    journey: tuple[Step, ...] = ()
    probes: tuple[Probe, ...] = ()
    """Asked by `watch` besides the journey."""
    every: Duration | None = None
    """Seconds between two probes; else as `watch.every` says."""
    declares: tuple[DeclaredNeed, ...] = ()
    recovery_lag: Duration = 0.0

    def visits(self) -> Iterator[tuple[str, str, Strength]]:
        """(URL, host, strength) of all that is visited; no URL where only the host is asked."""
        for step in self.journey:
            for url in step.urls:
                yield url, (urlsplit(url).hostname or "").lower(), step.strength
        for probe in self.probes:
            yield probe.http or "", probe.host, Strength.HARD


class Component(Written):
    """A private part that capabilities need, such as an origin or a database."""

    id: Name
    title: str = ""
    kind: Id = "component"
    declares: tuple[DeclaredNeed, ...] = ()
    recovery_lag: Duration = 0.0


class Service(Written):
    """Something that a person uses."""

    name: Name
    title: str = ""
    owner: str = ""
    weight: float = Field(default=1.0, ge=0)
    variables: dict[str, str] = Field(default_factory=dict)
    """What the journeys' `${name}` start with, such as a test account."""
    capabilities: tuple[Capability, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _capabilities_differ(self) -> Self:
        _refuse_repeats([c.id for c in self.capabilities], f"capability of {self.name}")
        return self

    def key(self, capability: Capability) -> str:
        """The capability's name everywhere: service/capability."""
        return f"{self.name}/{capability.id}"


class Model(Written):
    """Everything that was written about one's services."""

    services: tuple[Service, ...] = ()
    components: tuple[Component, ...] = ()
    watch: WatchSettings | None = None

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _refuse_repeats([s.name for s in self.services], "service")
        _refuse_repeats([c.id for c in self.components], "component")
        return self

    def capabilities(self) -> Iterator[tuple[str, Service, Capability]]:
        """Each capability with its key and its service, in the order of the files."""
        for service in self.services:
            for capability in service.capabilities:
                yield service.key(capability), service, capability

    def hosts(self) -> tuple[str, ...]:
        """The hosts that journeys and probes visit, each once, in the order of the files."""
        visited = (host for _, _, c in self.capabilities() for _, host, _ in c.visits())
        return tuple(dict.fromkeys(host for host in visited if host))


def _refuse_repeats(names: list[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the {what} {name!r} is there twice")
        seen.add(name)
