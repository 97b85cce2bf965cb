"""A client of a messenger: signs in, publishes keys, posts sealed messages and fetches its own."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from downwind.observe import Reply
from downwind.world.people.olm import Device, Identity, Letter, NotGenuine

ONE_TIME_KEYS = 20
_INBOX = 1000
_FETCHES = 20


class Transport(Protocol):
    """The way to the server; raises its own exceptions where the server cannot be reached."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request and read the answer."""
        ...


class ServiceRefused(Exception):
    """The server answered, and not with what was asked for."""

    def __init__(self, method: str, url: str, reply: Reply) -> None:
        self.url = url
        self.reply = reply
        said = said_in(reply)
        self.error = str(said.get("error", ""))
        reason = str(said.get("reason", "")) or "no reason given"
        super().__init__(f"{method} {url} was answered {reply.status}: {reason[:300]}")


class Phone:
    """One user's device at one messenger service."""

    def __init__(self, base: str, user: str, password: str) -> None:
        self._base = base.rstrip("/")
        self._password = password
        self._token = ""
        self._published = False
        self._lock = asyncio.Lock()
        self.device = Device(user, secrets.token_hex(8))
        self.inbox: deque[Letter] = deque(maxlen=_INBOX)

    @property
    def user(self) -> str:
        """Whose phone it is."""
        return self.device.user

    async def make_ready(self, transport: Transport) -> None:
        """Sign in and publish keys, where that was not done before."""
        async with self._lock:
            if not self._published:
                await self._publish(transport)

    def forget_registration(self) -> None:
        """Publish the keys again at the next chance: the server does not know this device."""
        self._published = False

    async def send(
        self, transport: Transport, to: str, text: bytes, device: str | None = None
    ) -> None:
        """Seal a message for the other user's devices, or for one of them, and post it."""
        async with self._lock:
            for name in await self._devices_of(transport, to, device):
                sealed = self.device.encrypt(to, name, text)
                await self._ask(transport, "POST", f"/mailbox/{to}", sealed)

    async def fetch(self, transport: Transport) -> list[NotGenuine]:
        """Put what came into the inbox, and tell what could not be trusted."""
        refused: list[NotGenuine] = []
        path = f"/mailbox/{self.user}?device={self.device.name}"
        async with self._lock:
            for _ in range(_FETCHES):
                said = await self._ask(transport, "GET", path)
                for mail in _listed(said, "messages"):
                    try:
                        self.inbox.append(await self._read(transport, mail))
                    except NotGenuine as error:
                        refused.append(error)
                if said.get("more") is not True:
                    break
            left = said.get("one_time_keys")
            if isinstance(left, int) and left < ONE_TIME_KEYS // 2:
                await self._publish(transport)
        return refused

    async def _read(self, transport: Transport, mail: Mapping[str, Any]) -> Letter:
        sender, device = str(mail.get("sender")), str(mail.get("sender_device"))
        if not self.device.knows(sender, device):
            path = f"/keys/{sender}?claim=no&device={device}"
            said = await self._ask(transport, "GET", path)
            self.device.trust(_card(_first(said, sender, device), sender))
        return self.device.decrypt(mail)

    async def _devices_of(
        self, transport: Transport, to: str, device: str | None
    ) -> tuple[str, ...]:
        names = [device] if device is not None else []
        if device is None:
            said = await self._ask(transport, "GET", f"/keys/{to}?claim=no")
            names = [_card(card, to).device for card in _listed(said, "devices")]
        if not names:
            raise NotGenuine(f"{to} has no device that could read a message")
        for name in names:
            if self.device.has_session(to, name):
                continue
            claimed = await self._ask(transport, "GET", f"/keys/{to}?device={name}")
            self.device.open_session(_first(claimed, to, name))
        return tuple(names)

    async def _publish(self, transport: Transport) -> None:
        body = self.device.identity.to_json() | {
            "one_time_keys": self.device.make_one_time_keys(ONE_TIME_KEYS)
        }
        body.pop("user")
        await self._ask(transport, "PUT", "/keys", body)
        self._published = True

    async def _ask(
        self, transport: Transport, method: str, path: str, body: Any | None = None
    ) -> dict[str, Any]:
        url = self._base + path
        for _ in range(2):
            if not self._token:
                await self._sign_in(transport)
            headers = {"Authorization": f"Bearer {self._token}"}
            reply = await transport.request(method, url, json=body, headers=headers)
            if reply.status != 401:
                break
            self._token = ""
        if reply.status not in (200, 201):
            raise ServiceRefused(method, url, reply)
        return said_in(reply)

    async def _sign_in(self, transport: Transport) -> None:
        url = f"{self._base}/sign-in"
        body = {"user": self.user, "password": self._password}
        reply = await transport.request("POST", url, json=body)
        token = said_in(reply).get("token")
        if reply.status != 200 or not isinstance(token, str):
            raise ServiceRefused("POST", url, reply)
        self._token = token


def _card(card: Mapping[str, Any], user: str) -> Identity:
    """The identity on a card; raises NotGenuine where it is another user's."""
    found = Identity.from_json(card)
    if found.user != user:
        raise NotGenuine(f"the server gave {found.user}'s keys for {user}")
    return found


def _first(said: Mapping[str, Any], user: str, device: str) -> Mapping[str, Any]:
    for card in _listed(said, "devices"):
        if (card.get("user"), card.get("device")) == (user, device):
            return card
    raise NotGenuine(f"the server has no keys of {user}'s device {device}")


def _listed(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = said.get(name)
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []


def said_in(reply: Reply) -> dict[str, Any]:
    """The JSON object that a server answered; empty where it answered none."""
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
