"""What a world gives to the applications that run in it: clock, folder, database, client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from aiohttp import web


class ScenarioClock(Protocol):
    """The clock of the scenario, which may run faster than a wall clock."""

    @property
    def speed(self) -> float:
        """Scenario seconds for each wall second."""
        ...

    def now(self) -> float:
        """Scenario time, in seconds since 1970-01-01 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for scenario seconds."""
        ...

    def timeout(self, seconds: float) -> float:
        """Wall seconds to wait for an answer that may take scenario seconds; never too short."""
        ...


class KeyValueUnavailable(Exception):
    """The database cannot be reached or does not answer as it should."""


class Unreachable(Exception):
    """An address of the world could not be reached: no name, no listener, no answer."""


class KeyValueClient(Protocol):
    """A database of tables, each from key to JSON value, private to the host that uses it.

    Tables come into being on first use. Every method raises KeyValueUnavailable
    where the database cannot be reached.
    """

    async def put(self, table: str, key: str, value: Any) -> None:
        """Store a JSON value."""
        ...

    async def get(self, table: str, key: str) -> Any | None:
        """The JSON value, or None where there is none."""
        ...

    async def delete(self, table: str, key: str) -> None:
        """Forget a key; fine where there is none."""
        ...

    async def list(
        self, table: str, prefix: str = "", *, limit: int = 100, newest_first: bool = False
    ) -> list[tuple[str, Any]]:
        """Pairs of key and value in the order of their keys, or the reverse of it."""
        ...


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient(Protocol):
    """Asks for a URL of the world by the world's own resolver; raises Unreachable."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        """Send a request and read the answer; `timeout` in scenario seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing of another host that a page loads."""

    host: str
    element: str = "script"
    """script, stylesheet or image."""
    blocking: bool = False
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account that exists from the start."""

    user: str
    password: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostConfig:
    """What the world file says of one host."""

    host: str
    service: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a provider says of a trouble of its own, at one moment."""

    at: float
    """Scenario time, in seconds since 1970-01-01 UTC."""
    state: str
    """investigating, identified, monitoring or resolved."""
    impact: str
    """none, minor, major or critical."""
    title: str
    text: str
    products: tuple[str, ...] = ()
    """Product ids; empty for all."""
    regions: tuple[str, ...] = ()
    """Region ids; empty for all."""


class Bulletin(Protocol):
    """What the providers have announced so far."""

    def of(self, provider: str) -> tuple[Announcement, ...]:
        """The provider's announcements on its present or last incident, oldest first."""
        ...


class Switchboard(Protocol):
    """Lets a provider's console change how its customers' names lead to them.

    Every method raises KeyError for a host that is no customer of the provider's edge.
    """

    def is_past_edge(self, host: str) -> bool:
        """True where the name leads to the customer's own computers."""
        ...

    def lead(self, host: str, *, past_edge: bool) -> None:
        """Change the name's addresses: the customer's own, or the edge's again."""
        ...


@dataclass(frozen=True, slots=True)
class Platform:
    """What an application may use of the world around it."""

    clock: ScenarioClock
    storage_dir: Path
    """A folder of its own; it exists."""
    keyvalue: KeyValueClient | None
    """The database of the host's keyvalue slot; None where the host has none: then
    `downwind.world.systems.storage.LocalStore(storage_dir)` is the same contract on an
    SQLite file."""
    http: HttpClient
    control: str | None = None
    """Where the control plane of the computers takes orders: https://control.ec2.us-east-1.aws.test;
    None where they have none."""
    bulletin: Bulletin | None = None
    switchboard: Switchboard | None = None
    """Of the edge in front of the host; None without one."""


App: TypeAlias = Callable[[HostConfig, Platform], web.Application]
"""Makes the application of a host; world/apps/__init__.py names them in APPS by kind."""
