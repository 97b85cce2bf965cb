"""The emulated users of a world's services: who they are, and how one acts as one of them."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from downwind.model import Capability, Step
from downwind.observe import LayerFailed, Session, StepDriver
from downwind.observe.http import follow
from downwind.observe.steps import UnknownVariable, fill, saved, shortfall
from downwind.terms import Strength, UsageError
from downwind.world.form.schema import DemoAccount
from downwind.world.people.calls import CallDriver
from downwind.world.people.e2e import MessageDriver


class Served(BaseModel):
    """What a crowd is told of a service; what else a world file says of it is left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    weight: float = 1.0
    variables: dict[str, str] = {}
    accounts: tuple[DemoAccount, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    gossip: tuple[Step, ...] = ()

    @property
    def is_used(self) -> bool:
        """True where it has users of its own."""
        return self.weight > 0 and any(c.journey for c in self.capabilities)


_SERVICES = TypeAdapter(list[Served])


@dataclass(slots=True)
class User:
    """One emulated user of one service, who stays signed in."""

    service: Served
    number: int
    """From 0, among the users of the service."""
    variables: Mapping[str, str]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One user is about to do one thing."""

    user: User
    capability: Capability
    turn: int
    """The round of the crowd, from 0."""

    @property
    def key(self) -> str:
        """The capability's name: service/capability."""
        return f"{self.user.service.name}/{self.capability.id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: nothing in `by` where all went well."""

    failed: bool = False
    degraded: bool = False
    by: tuple[str, ...] = ()
    """Layer, and status where there was one, of each step that failed: `http 500`, `dns`."""


@dataclass(frozen=True, slots=True)
class _Miss:
    layer: str
    status: int | None = None

    def __str__(self) -> str:
        return self.layer if self.status is None else f"{self.layer} {self.status}"


@dataclass(slots=True)
class Crowd:
    """Users dealt evenly to the services; each round, in a new order, everyone acts once.

    A service without journeys or of weight 0 (a status page, a provider's console) has no users.
    """

    services: Sequence[Served]
    """All that the crowd was told of, those without users as well."""
    users: Sequence[User]
    seed: int
    messages: MessageDriver = field(default_factory=MessageDriver)
    calls: CallDriver = field(init=False)

    def __post_init__(self) -> None:
        self.calls = CallDriver(self.messages)

    @classmethod
    def of(cls, services: Sequence[Any], count: int, seed: int) -> Crowd:
        """As many users as asked for; raises UsageError where no service can have any."""
        try:
            read = _SERVICES.validate_python(services)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UsageError(f"{place}: {first['msg']}.", where="services") from error
        used = [service for service in read if service.is_used]
        if not used:
            raise UsageError(
                "No service has a capability with a journey and a weight above 0.",
                where="services",
                todo="Give the crowd the services of a world file.",
            )
        sizes = [len(range(at, count, len(used))) for at in range(len(used))]
        users = [
            user_of(used[i % len(used)], i // len(used), sizes[i % len(used)]) for i in range(count)
        ]
        return cls(read, users, seed)

    def actions(self) -> Iterator[Action]:
        """Without end: all users in a drawn order, then all in another, and so on."""
        turn = 0
        while True:
            order = list(self.users)
            random.Random(f"{self.seed}/{turn}").shuffle(order)
            for user in order:
                able = [c for c in user.service.capabilities if c.journey]
                yield Action(user, able[(user.number + turn) % len(able)], turn)
            turn += 1

    async def act(self, action: Action, session: Session) -> Outcome:
        """Walk the capability's journey as the user; never raises for what the service does."""
        return await self.walk(action.user, action.capability.journey, session)

    async def walk(
        self, user: User, steps: Sequence[Step], session: Session, **told: str
    ) -> Outcome:
        """Do the steps one by one as the user; `told` are variables besides the user's own."""
        known = {**user.variables, **told, "nonce": secrets.token_hex(8)}
        if user.token is not None:
            known["token"] = user.token
        missed: list[str] = []
        for step in steps:
            if user.token is not None and set(step.save) == {"token"}:
                continue
            miss = await self._try(step, known, session)
            user.token = None if miss and miss.status == 401 else known.get("token")
            if miss is None:
                continue
            missed.append(str(miss))
            if step.strength is Strength.HARD:
                return Outcome(failed=True, by=tuple(missed))
        return Outcome(degraded=bool(missed), by=tuple(missed))

    async def _try(self, step: Step, known: dict[str, str], session: Session) -> _Miss | None:
        network = session.network
        try:
            async with asyncio.timeout(network.step_timeout):
                return await self._do(step, known, session)
        except LayerFailed as failed:
            return _Miss(failed.layer)
        except TimeoutError:
            return _Miss("http")
        except (UnknownVariable, KeyError, ValueError):
            # A journey that speaks of what the service did not give.
            return _Miss("expect")

    async def _do(self, step: Step, known: dict[str, str], session: Session) -> _Miss | None:
        drivers: Mapping[str, StepDriver] = {"message": self.messages, "call": self.calls}
        driver = drivers.get(step.do)
        if driver is not None:
            done = await driver(step, known, session)
            return None if done.ok else _Miss(done.layer or "expect", _status(done.reply))
        url, headers = fill(step.url, known), fill(step.headers, known)
        if step.do == "get" and not 300 <= step.expect.status < 400:
            reply = (await follow(session, url, headers=headers)).reply
        else:
            body, form = fill(step.json, known), fill(step.form, known)
            reply = await session.request(
                step.do.upper(), url, json=body, form=form, headers=headers
            )
        missing = shortfall(step.expect, reply, known)
        if missing is not None:
            return _Miss(missing[0], reply.status)
        known.update(saved(step.save, reply))
        return None


def _status(reply: Any) -> int | None:
    return None if reply is None else int(reply.status)


def user_of(service: Served, number: int, size: int) -> User:
    """A user of a service that has `size` of them.

    A crowd account (`reader*`) gives each user a name, a friend and the password. Without one, all
    users of a service act as its demo user.
    """
    known = {"user": "downwind", **service.variables}
    account = next((a for a in service.accounts if a.user.endswith("*")), None)
    if account is None:
        return User(service, number, known)
    stem = account.user.removesuffix("*")
    friend = (number + 1) % max(2, size)
    mine = {"user": f"{stem}{number}", "friend": f"{stem}{friend}", "password": account.password}
    return User(service, number, known | mine)
