"""A journey's steps as data: what a step says, filled in with variables, and what is expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from downwind.observe.failures import Unread
from downwind.observe.wire import Reply

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
_NOTHING = object()


class Expect(Protocol):
    """What a step's reply must be like (downwind.model.Expect)."""

    @property
    def status(self) -> int: ...
    @property
    def contains(self) -> str | None: ...
    @property
    def json(self) -> Any:
        """Dotted paths into the JSON body, and the values that they must have."""


class Step(Protocol):
    """One thing that a user does (downwind.model.Step)."""

    @property
    def do(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def json(self) -> Any: ...
    @property
    def form(self) -> Mapping[str, str] | None: ...
    @property
    def headers(self) -> Mapping[str, str] | None: ...
    @property
    def expect(self) -> Expect: ...
    @property
    def save(self) -> Mapping[str, str] | None: ...
    @property
    def strength(self) -> str: ...
    @property
    def to(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def via(self) -> str | None: ...


class UnknownVariable(ValueError):
    """A step speaks of a variable that nothing has set."""


def fill(value: Any, variables: Mapping[str, str]) -> Any:
    """Put variables in place of `${name}`, in text, lists and mappings."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _variable(found[1], variables), value)
    if isinstance(value, Mapping):
        return {key: fill(inner, variables) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(inner, variables) for inner in value]
    return value


def _variable(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise UnknownVariable(f"${{{name}}} is not set by the steps before")
    return variables[name]


def dig(body: Any, path: str) -> Any:
    """What lies at a dotted path (`posts.0.id`); raises KeyError where nothing does."""
    at = body
    for part in path.split("."):
        if isinstance(at, Mapping):
            at = at.get(part, _NOTHING)
        elif isinstance(at, list) and re.fullmatch(r"-?\d{1,9}", part):
            place = int(part)
            at = at[place] if -len(at) <= place < len(at) else _NOTHING
        else:
            at = _NOTHING
        if at is _NOTHING:
            raise KeyError(path)
    return at


def shortfall(expect: Expect, reply: Reply, variables: Mapping[str, str]) -> tuple[str, str] | None:
    """The layer and the reason where the reply is not as expected; raises Unread."""
    if reply.status != expect.status:
        # A server that fails is a failing layer; one that declines works, and says no.
        layer = "http" if 500 <= reply.status < 600 else "expect"
        return layer, f"status {reply.status} where {expect.status} was expected"
    if reply.unread and (expect.contains is not None or expect.json is not None):
        raise Unread(reply.problems[0])
    if expect.contains is not None:
        wanted = fill(expect.contains, variables)
        if wanted not in reply.text():
            return "expect", f"the body does not hold {wanted[:80]!r}"
    if expect.json is None:
        return None
    try:
        body = reply.json()
    except ValueError:
        return "expect", "the body is not JSON"
    for path, value in expect.json.items():
        wanted = fill(value, variables)
        try:
            found = dig(body, path)
        except KeyError:
            return "expect", f"the body holds no {path}"
        if found != wanted:
            return "expect", f"{path} is {_short(found)} where {_short(wanted)} was expected"
    return None


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:80]


def saved(save: Mapping[str, str] | None, reply: Reply) -> dict[str, str]:
    """The variables that a step takes from its reply; raises ValueError or KeyError."""
    if not save:
        return {}
    body = reply.json()
    found = {name: dig(body, path) for name, path in save.items()}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in found.items()
    }
