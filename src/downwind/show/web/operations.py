"""One operation of the web app: its route, its words, and the shapes that go in and come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from downwind.show.web.access import Right
from downwind.show.web.hub import Hub
from downwind.terms import UsageError
from downwind.watch.picture import Picture, as_seen

JSON = "application/json"
SMALL, LARGE = 64 << 10, 8 << 20
"""Bytes that a body may have: of a person's call, and of a vantage's batch."""
_Body = TypeVar("_Body", bound=BaseModel)


class Refused(UsageError):
    """The request is answered with this status and the reason."""

    def __init__(self, status: int, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in."""

    hub: Hub
    request: Request
    who: str
    """The name of the token; empty where none was asked for."""
    query: Mapping[str, str | int]
    rights: frozenset[Right] = frozenset()
    """What whoever asks may do."""
    body: BaseModel | bytes | None = None

    def picture(self) -> Picture:
        """The picture of now, as it may be shown."""
        return as_seen(self.hub.picture())

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def read(self, shape: type[_Body]) -> _Body:
        """The body, which the operation said to be of that shape."""
        assert isinstance(self.body, shape)
        return self.body


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of the query."""

    name: str
    words: str
    most: int | None = None
    """Where given, it is a whole number from 0 to this."""
    default: int | None = None
    among: tuple[str, ...] = ()
    """Where given, it is one of these."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table of routes."""

    method: str
    path: str
    name: str
    words: str
    answer: Callable[[Call], Awaitable[Any]]
    """Returns a value of `shape`, or a Response where the media type is not JSON."""
    right: Right | None = Right.READ
    """None: it is open to all."""
    shape: type | None = None
    media: str = JSON
    body: type[BaseModel] | None = None
    query: tuple[Param, ...] = ()
    raw: bool = False
    """The body is taken as bytes, up to LARGE of them as sent."""
    fails: Mapping[int, str] = field(default_factory=dict)
    """Statuses of its own, besides those that follow from the rest."""

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return self.path.replace(":path}", "}")

    def failures(self) -> dict[int, str]:
        """Every status with which it may refuse, and when."""
        found = {400: "The request is malformed.", 421: "This server has another name."}
        if self.right is not None:
            found[401] = "No token, or an unknown one."
            found[403] = "The token may not do this."
        if self.method == "POST":
            found[408] = "The body took too long."
            found[413] = "The body is too large."
            found[415] = "The body is of another media type."
            found[503] = "It could not be kept just now."
        return dict(sorted({**found, **self.fails}.items()))
