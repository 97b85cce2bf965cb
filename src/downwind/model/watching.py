"""What `downwind watch` is told besides the services: how often, from where, whom to alert."""

from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from downwind.model.durations import Duration
from downwind.model.written import Id, Name, Written

Url = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
_ROUTES = ("webhook", "alertmanager", "apprise", "smtp")
_PROBES = ("http", "dns", "tls", "tcp")


class Probe(Written):
    """One question about a capability; exactly one of http, dns, tls and tcp."""

    http: Url | None = None
    dns: Name | None = None
    """A host name that must resolve."""
    tls: Name | None = None
    """HOST or HOST:PORT (443) that must show a certificate that is valid for it."""
    tcp: Name | None = None
    """HOST:PORT that must take a connection."""
    status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    """http only: the statuses that count as up; by default every 2xx and 3xx.

    401, 403, 405 and 429 are answers, never outages.
    """
    contains: str | None = None
    """http only: text that the body must hold."""

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        asked = [kind for kind in _PROBES if getattr(self, kind) is not None]
        if len(asked) != 1:
            raise ValueError(f"a probe has exactly one of {', '.join(_PROBES)}")
        if self.http is None and (self.status or self.contains):
            raise ValueError("status and contains belong to a http probe")
        if self.tcp is not None and not self.tcp.rpartition(":")[2].isdigit():
            raise ValueError("tcp wants HOST:PORT")
        return self

    @property
    def kind(self) -> str:
        """http, dns, tls or tcp."""
        return next(kind for kind in _PROBES if getattr(self, kind) is not None)

    @property
    def target(self) -> str:
        """The URL, the name or HOST:PORT."""
        return str(getattr(self, self.kind))

    @property
    def host(self) -> str:
        """The host name that it asks or visits, in small letters."""
        if self.http is not None:
            return (urlsplit(self.http).hostname or "").lower()
        return self.target.partition(":")[0].rstrip(".").lower()


class Route(Written):
    """One way for alerts to reach people; exactly one of webhook, alertmanager, apprise, smtp."""

    name: Id = "route"
    webhook: Url | None = None
    secret: str | None = None
    """webhook only: the body is signed with it (HMAC-SHA256)."""
    alertmanager: Url | None = None
    apprise: str | None = None
    smtp: Name | None = None
    """HOST or HOST:PORT (25) of a mail server."""
    sender: str | None = None
    to: tuple[str, ...] = ()
    user: str | None = None
    password: str | None = None
    starttls: bool = True
    providers: tuple[Name, ...] = ()
    """Whom it takes besides its hosts, as far as you know: slack, aws/ses/eu-west-1."""

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        ways = [way for way in _ROUTES if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError(f"an alert route has exactly one of {', '.join(_ROUTES)}")
        if self.smtp is not None and not (self.sender and self.to):
            raise ValueError("an smtp route needs sender and to")
        return self


class Heartbeat(Written):
    """A URL that is asked while all is well here: who waits for it learns that we fell silent."""

    url: Url
    every: Duration = 60.0


class Place(Written):
    """From where is probed; a node of the graph like any other."""

    name: Id = "here"
    network: str = ""
    """As AS24940; vantages of one network are one vote."""
    provider: str = ""
    """The catalogue's name of who hosts it."""
    region: str = ""
    resolver: str = ""
    """The provider of its resolver, where that is another."""


class Token(Written):
    """A secret, in whose name it speaks, and what it may."""

    name: Id
    token: Annotated[str, Field(min_length=20)]
    may: Literal["", "read", "act", "report"] = ""
    """read: see all; act: that, and tell of deploys and maintenance, and decide; report: send
    evidence as the vantage of its name. Empty: report where a vantage has its name, else act."""


class Feed(Written):
    """A status feed besides those of the catalogue."""

    provider: Id
    url: Url
    format: Id = "statuspage"


class Domains(Written):
    """Until when the domains of the watched hosts are registered: their registries are asked."""

    ask: bool = True
    """One look a day at each domain."""
    bootstrap: Url = "https://data.iana.org/rdap/dns.json"
    """The list of the registries' servers (RFC 9224)."""


class Globalping(Written):
    """Probes of others, asked to look at what seems to fail; they and Globalping learn of it."""

    probes: Annotated[int, Field(ge=1, le=10)] = 3
    """For each look, no two in one network."""
    per_hour: Annotated[int, Field(ge=1)] = 200
    """Probes at most; Globalping itself allows some 250 an hour to who has no token."""
    token: str = ""
    api: Url = "https://api.globalping.io"


class Maintenance(Written):
    """A time in which falls are expected: probing goes on, nobody is woken."""

    service: Name = "*"
    """A service, a capability or a scope of a provider; * for all."""
    begins: datetime
    ends: datetime
    title: str = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.begins.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("write the times with their zone, as 2026-01-31T22:00:00Z")
        if self.ends <= self.begins:
            raise ValueError("it ends before it begins")
        return self


class WatchSettings(Written):
    """The `watch:` part of a model."""

    every: Duration = 30.0
    """Seconds between two probes of one target."""
    timeout: Duration = 10.0
    map_every: Duration = 6 * 3600.0
    """Seconds between two maps; a need that came or went is told. 0 maps once."""
    feeds_every: Duration = 120.0
    place: Place = Place()
    vantages: tuple[Place, ...] = ()
    """The agents that may report; each writes with the token of its name."""
    globalping: Globalping | None = None
    connectivity: tuple[Name, ...] = ()
    """Unrelated hosts: where all of them fail together, the fault is here."""
    tokens: tuple[Token, ...] = ()
    alerts: tuple[Route, ...] = ()
    heartbeat: Heartbeat | None = None
    feeds: tuple[Feed, ...] = ()
    catalog_feeds: bool = True
    """Read the status feeds of the providers that the map finds."""
    domains: Domains = Domains()
    maintenance: tuple[Maintenance, ...] = ()
    quiet: Literal["page", "log"] = "page"
    """log: suspicions below `provider` are kept and shown, and alert nobody."""
    hold_alone: Duration = 0.0
    """Where one voice alone looks: how long the alert on one target that gave no answer waits, and
    is not sent if it is over by then."""
    own_changes_within: Duration = 6 * 3600.0
    """A deploy so shortly before a fall is told with it, and makes an own fault likelier."""

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.every < 1:
            raise ValueError("every: a probe a second is the most")
        if self.timeout >= self.every:
            raise ValueError("timeout must be shorter than every")
        names = [place.name for place in (self.place, *self.vantages)]
        if len(set(names)) < len(names):
            raise ValueError("two vantages have one name")
        if self.globalping and "globalping" in names:
            raise ValueError("globalping is the name of what Globalping sees")
        if len({token.name for token in self.tokens}) < len(self.tokens):
            raise ValueError("two tokens have one name")
        if len({token.token for token in self.tokens}) < len(self.tokens):
            raise ValueError("two tokens have one secret")
        return self
